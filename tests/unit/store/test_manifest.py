"""manifest.json: all faults in one message, and no JSON value ends in another exception."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scconcepts_app.store.errors import InvalidManifestError, SchemaVersionError, StoreError
from scconcepts_app.store.manifest import Manifest, content_digest, parse_manifest
from scconcepts_app.store.reader import read_manifest


@pytest.fixture(scope="session")
def written(fixture_store) -> dict:
    return json.loads((fixture_store / "manifest.json").read_text())


@pytest.fixture
def body(written) -> dict:
    return copy.deepcopy(written)


def faults_of(body) -> str:
    with pytest.raises(InvalidManifestError) as caught:
        parse_manifest(body, "here")
    return str(caught.value)


def test_reads_what_was_written(fixture_store, body):
    manifest = read_manifest(fixture_store)
    assert isinstance(manifest, Manifest)
    assert manifest.counts["n_cells"] == 60
    assert [column.role for column in manifest.obs] == ["cell_type", "condition", "donor", "qc"]
    assert json.loads(manifest.to_json()) == body


def test_all_structural_faults_in_one_message(body):
    body["nonsense"] = 1
    del body["title"]
    body["obs"][0]["kind"] = 3
    body["maps"] = "none"
    body["arrays"]["embeddings"] = []
    del body["enrichments"][0]["ranking"]
    text = faults_of(body)
    assert text.startswith("here: 6 faults:")
    for expected in (
        "unknown key 'nonsense'",
        "missing key 'title'",
        "obs[0].kind: expected str, found 3",
        "maps: expected a list, found str",
        "arrays['embeddings']: expected an object, found list",
        "enrichments[0]: missing key 'ranking'",
    ):
        assert expected in text


def test_all_broken_rules_in_one_message(body):
    body["counts"]["n_cells"] = -1
    del body["counts"]["k"]
    body["obs"][1]["kind"] = "colour"
    body["obs"][2]["role"] = "owner"
    body["obs"][0]["categories"] = [1]
    body["maps"][0]["bounds"] = [0.0, "x", 1.0]
    body["arrays"]["concepts/colour"] = body["arrays"].pop("concepts/flags")
    text = faults_of(body)
    assert text.startswith("here: 8 faults:")
    for expected in (
        "counts.n_cells: expected a count, found -1",
        "counts.k: expected a count, found None",
        "obs 'condition': unknown kind 'colour'",
        "obs 'donor': unknown role 'owner'",
        "obs 'cell_type': categories are not all texts",
        "maps 'umap': bounds are not three numbers",
        "arrays['concepts/colour']: not in the schema",
        "digest: does not follow",
    ):
        assert expected in text


def test_no_map_is_a_fault(body):
    body["maps"] = []
    assert "a store has at least one map" in faults_of(body)


def test_another_schema_version_is_its_own_error(body):
    body["schema_version"] = 4
    with pytest.raises(SchemaVersionError, match="version 4, this program reads versions 1 to 3"):
        parse_manifest(body, "here")


def test_version_1_has_none_of_what_version_2_added(body):
    added = ("faithfulness", "cell_effects", "set_swaps")
    old = {name: value for name, value in body.items() if name not in added}
    manifest = parse_manifest({**old, "schema_version": 1}, "here")
    assert [getattr(manifest, name) for name in added] == [[], [], []]
    for name in added:
        assert f"{name}: expected a list, found NoneType" in faults_of(old)


def test_faults_of_the_records_of_version_2(body):
    body["faithfulness"][0]["rankings"] = "attribution"
    del body["set_swaps"][0]["differential"]
    body["cell_effects"][0]["n_top"] = 3
    text = faults_of(body)
    assert text.startswith("here: 3 faults:")
    assert "faithfulness[0].rankings: expected list[str], found 'attribution'" in text
    assert "set_swaps[0]: missing key 'differential'" in text
    assert "cell_effects[0]: unknown key 'n_top'" in text


@pytest.mark.parametrize("value", [None, [], "text", 3, {}, {"format": "zarr"}])
def test_other_json_is_no_store(value):
    assert "is not a concept store" in faults_of(value)


def test_digest_follows_the_content_and_not_the_order(fixture_store):
    arrays = read_manifest(fixture_store).arrays
    backwards = dict(reversed(arrays.items()))
    fewer = {name: info for name, info in arrays.items() if name != "embeddings"}
    assert content_digest(backwards) == content_digest(arrays)
    assert content_digest(fewer) != content_digest(arrays)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
ENTRIES = ("title", "counts", "obs", "maps", "enrichments", "concept_flags", "arrays", "digest")


@settings(max_examples=200, deadline=None)
@given(key=st.sampled_from(ENTRIES), inside=st.booleans(), value=JSON)
def test_any_value_is_read_or_refused(written, key, inside, value):
    body = dict(written)
    here = body[key]
    if inside and isinstance(here, list):
        body[key] = [value, *here[1:]]
    elif inside and isinstance(here, dict):
        body[key] = {**here, next(iter(here)): value}
    else:
        body[key] = value
    try:
        parse_manifest(body, "here")
    except StoreError as error:
        assert str(error).startswith("here: ")
