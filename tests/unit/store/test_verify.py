"""verify: every byte and every index of a store."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore, verify_store
from scconcepts_app.store.errors import ChecksumError, InvalidManifestError
from scconcepts_app.store.manifest import parse_manifest
from scconcepts_app.store.reader import read_manifest
from scconcepts_app.store.writer import StoreWriter


def rewrite(source, target, changed):
    """Write the store anew with some arrays changed, so that every digest fits."""
    store = ConceptStore.open(source)
    with StoreWriter(target) as writer:
        for name in store.manifest.arrays:
            writer.add(name, changed.get(name, store.array(name)))
        return writer.commit(replace(read_manifest(source), arrays={}, digest=""))


def with_value(source, name: str, position, value) -> np.ndarray:
    array = np.array(ConceptStore.open(source).array(name))
    array[position] = value
    return array


def test_a_good_store_is_returned_and_progress_told(fixture_store):
    told = []
    store = verify_store(fixture_store, lambda done, total: told.append((done, total)))
    assert store.n_concepts == 6
    assert told[0] == (1, len(store.manifest.arrays)) and told[-1][0] == told[-1][1]


@pytest.mark.parametrize("name", ["concepts/stability", "payloads/expression/bytes"])
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_a_flipped_bit_is_found(damaged, name, bit):
    path = damaged / f"{name}.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= bit
    path.write_bytes(raw)
    ConceptStore.open(damaged)
    with pytest.raises(ChecksumError, match=f"{name}.npy: sha256 is"):
        verify_store(damaged)


@pytest.mark.parametrize(
    ("name", "position", "value", "words"),
    [
        ("activations/by_concept/offsets", 0, 1, "must start at 0 and never fall"),
        ("activations/by_concept/offsets", 2, 0, "must start at 0 and never fall"),
        ("activations/by_concept/offsets", -1, 10_000, "ends at 10000"),
        ("cells/id/offsets", -1, 10_000, "ends at 10000"),
        ("payloads/expression/offsets", -1, 10**9, "ends at 1000000000"),
        ("enrichment/prerank_presence/leading_offsets", -1, 999, "ends at 999"),
        ("evaluation/baselines/kind", 0, 3, r"outside 0\.\.2"),
        ("association/tests/column", 0, 4, r"values outside 0\.\.3"),
        ("association/tests/design", 0, 6, r"values outside 0\.\.5"),
        ("association/tests/code", 0, 5, "codes that its column has not"),
        ("association/tests/code", 0, -1, "codes that its column has not"),
        ("association/tests/within", 0, 5, r"values outside -1\.\.4"),
        ("sweep/sizes/variant", 0, -1, r"outside 0\.\.1"),
        ("activations/by_concept/cell", 0, 60, r"outside 0\.\.59"),
        ("attribution/neighbours/gene", 3, -1, r"outside 0\.\.59"),
        ("enrichment/prerank_presence/gene_set", 0, 6, r"outside 0\.\.5"),
        ("enrichment/prerank_presence/leading_gene", 0, 60, r"outside 0\.\.59"),
        ("gene_sets/members/gene", 0, 60, r"outside 0\.\.59"),
        ("gene_sets/library", 0, 1, r"outside 0\.\.0"),
        ("activations/by_cell/concept", 0, 6, r"outside -1\.\.5"),
        ("obs/donor/codes", 0, 4, r"outside -1\.\.3"),
        ("set_swap/neighbours/gene_set", 0, 6, r"outside 0\.\.5"),
        ("set_swap/neighbours/offsets", -1, 999, "ends at 999"),
        ("concepts/parent", 1, 6, r"outside -1\.\.5"),
        ("concepts/parent", 2, 2, "its own parent"),
        ("concepts/stability_low", 0, 1.0, "above stability_high"),
        ("latents/closest", 0, 6, r"outside -1\.\.5"),
        ("latents/best_code", (0, 1), 2, "codes that 'condition' has not"),
        ("latents/index", 0, 12, "two of the same seed and index"),
        ("payloads/latents/offsets", -1, 10**9, "ends at 1000000000"),
        ("faithfulness/neighbours/reason/offsets", -1, 10_000, "ends at 10000"),
        ("faithfulness/neighbours/grade", 0, 4, r"codes outside -1\.\.3"),
        ("faithfulness/neighbours/grade", 0, -2, r"codes outside -1\.\.3"),
        ("faithfulness/random_matched/held_out", 0, 2, r"codes outside -1\.\.1"),
        ("cell_effects/neighbours/cell", (0, 0), 60, r"outside -1\.\.59"),
        ("cell_effects/neighbours/gene", (0, 0, 0), -2, r"outside -1\.\.59"),
        ("association/numeric", 0, 4, r"outside 0\.\.3"),
        ("association/level", 0, 3, r"\[3, 3\] is no category of obs"),
    ],
)
def test_what_leads_nowhere_is_found(fixture_store, tmp_path, name, position, value, words):
    array = with_value(fixture_store, name, position, value)
    bad = rewrite(fixture_store, tmp_path / "bad", {name: array})
    with pytest.raises(InvalidManifestError, match=f"{name}.*{words}"):
        verify_store(bad)


def test_all_faults_are_listed(fixture_store, tmp_path):
    changed = {
        "gene_sets/library": np.full(6, 9),
        "obs/donor/codes": np.full(60, -2),
        "activations/by_cell/concept": np.full((60, 2), -1),  # good: no concept
    }
    bad = rewrite(fixture_store, tmp_path / "bad", changed)
    with pytest.raises(InvalidManifestError) as caught:
        verify_store(bad)
    assert str(caught.value).count("holds indices outside") == 2


def test_too_few_leading_offsets_are_found(fixture_store, tmp_path):
    changed = {"enrichment/prerank_presence/leading_offsets": np.array([0, 4 * 36])}
    bad = rewrite(fixture_store, tmp_path / "bad", changed)
    with pytest.raises(InvalidManifestError, match="has 2 offsets, expected 37"):
        verify_store(bad)


@pytest.mark.parametrize("curve", ["deletion", "deletion_high", "insertion", "remaining"])
def test_a_curve_without_its_steps_or_rankings_is_found(fixture_store, tmp_path, curve):
    name = f"faithfulness/neighbours/{curve}"
    whole = np.array(ConceptStore.open(fixture_store).array(name))
    for part, found in ((whole[:, :, 1:], r"\(3, 6\)"), (whole[:, :2], r"\(2, 7\)")):
        target = tmp_path / f"{part.shape[1]}"
        bad = rewrite(fixture_store, target, {name: np.ascontiguousarray(part)})
        with pytest.raises(InvalidManifestError, match=rf"{name}: holds {found} .* \(3, 7\)"):
            verify_store(bad)


@pytest.mark.parametrize("column", ["total", "effect"])
def test_effects_in_cells_that_differ_in_shape_are_found(fixture_store, tmp_path, column):
    name = f"cell_effects/neighbours/{column}"
    whole = np.array(ConceptStore.open(fixture_store).array(name))
    bad = rewrite(fixture_store, tmp_path / "bad", {name: np.ascontiguousarray(whole[:, :2])})
    with pytest.raises(InvalidManifestError, match=f"cell_effects/neighbours: .*{column}.* differ"):
        verify_store(bad)


def test_no_cell_and_no_gene_are_no_fault(fixture_store, tmp_path):
    store = ConceptStore.open(fixture_store)
    names = ("cell_effects/neighbours/cell", "cell_effects/neighbours/gene")
    changed = {name: np.full(store.array(name).shape, -1) for name in names}
    assert verify_store(rewrite(fixture_store, tmp_path / "good", changed)).n_cells == 60


def test_q_of_effects_may_be_left_out(fixture_store, tmp_path):
    source = ConceptStore.open(fixture_store)
    with StoreWriter(tmp_path / "without") as writer:
        for name in source.manifest.arrays:
            if name != "attribution/neighbours/q":
                writer.add(name, source.array(name))
        written = writer.commit(replace(read_manifest(fixture_store), arrays={}, digest=""))
    store = verify_store(written)
    assert "q" not in store.attribution("neighbours").columns
    assert "q" in store.attribution("random_matched").columns


def test_cards_that_the_manifest_names_must_be_there(fixture_store, tmp_path):
    source = ConceptStore.open(fixture_store)
    with StoreWriter(tmp_path / "without") as writer:
        for name in source.manifest.arrays:
            if not name.startswith("faithfulness/neighbours/s"):
                writer.add(name, source.array(name))
        with pytest.raises(InvalidManifestError, match="neighbours/share_top: missing"):
            writer.commit(replace(read_manifest(fixture_store), arrays={}, digest=""))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("n_units", "n_units: has shape .*, expected"),
        ("f1", "f1: has shape .*, expected"),
        ("size", "size: has shape .*, expected"),
    ],
)
def test_an_evaluation_of_other_groups_or_methods_is_found(fixture_store, tmp_path, name, words):
    full = f"evaluation/baselines/{name}"
    cut = {full: ConceptStore.open(fixture_store).array(full)[:-1]}
    with pytest.raises(InvalidManifestError, match=words):
        verify_store(rewrite(fixture_store, tmp_path / "other.store", cut))


def test_a_sweep_whose_columns_differ_in_length_is_found(fixture_store, tmp_path):
    cut = {"sweep/sizes/k": ConceptStore.open(fixture_store).array("sweep/sizes/k")[:2]}
    with pytest.raises(InvalidManifestError, match="columns differ in length") as caught:
        verify_store(rewrite(fixture_store, tmp_path / "other.store", cut))
    assert "setting 2 was chosen of 2" in str(caught.value)


def test_a_store_may_hold_no_evaluation_and_no_sweep(fixture_store, tmp_path):
    store = ConceptStore.open(fixture_store)
    manifest = replace(
        read_manifest(fixture_store), arrays={}, digest="", evaluations=[], sweeps=[]
    )
    left_out = ("evaluation/", "sweep/", "training/")
    with StoreWriter(tmp_path / "bare.store") as writer:
        for name in store.manifest.arrays:
            if not name.startswith(left_out):
                writer.add(name, store.array(name))
        bare = verify_store(writer.commit(manifest))
    assert bare.manifest.evaluations == bare.manifest.sweeps == []


def test_a_manifest_without_the_keys_of_evaluations_is_read(fixture_store):
    """As version 2 wrote it before there were any."""
    raw = json.loads((fixture_store / "manifest.json").read_text())
    for key in ("evaluations", "sweeps"):
        del raw[key]
    manifest = parse_manifest(raw, "manifest.json")
    assert manifest.evaluations == manifest.sweeps == []


def test_tests_of_association_that_do_not_fit_are_found(fixture_store, tmp_path):
    effect = ConceptStore.open(fixture_store).array("association/tests/effect")
    cut = rewrite(fixture_store, tmp_path / "cut.store", {"association/tests/p": effect[:, :3]})
    with pytest.raises(InvalidManifestError, match="tests/p: has shape"):
        verify_store(cut)
    shares = {"association/share_of_variance": np.zeros((6, 3))}
    narrow = rewrite(fixture_store, tmp_path / "narrow.store", shares)
    with pytest.raises(InvalidManifestError, match="share_of_variance: 3 columns, 4 in obs"):
        verify_store(narrow)
