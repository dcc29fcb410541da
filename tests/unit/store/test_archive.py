"""One archived store of each schema version, written once, read for ever.

Each was written by `tests/store_factory.py` with 40 cells and 5 other genes when its version was
made. They are never written again: code that cannot read one has broken the format.
"""

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore, verify_store
from scconcepts_app.store.payload import decode_payload
from scconcepts_app.store.schema import CONCEPT_FLAGS, READABLE_VERSIONS
from tests.conftest import ROOT

STORES = ROOT / "tests" / "data" / "stores"
DIGESTS = {
    "v1": "69bb3172dc279fb525f5c1a5188645a185b3e7357bd8ea053db0c3a3231a3666",
    "v2": "8cf67ca140e085202d8751f1bc6ff7d838125a70da79ff890407e92707ae2d24",
    "v3": "1be5b02ee1c86639711c4a15992b7bf65df6bdd3aae479051ae5e144ff0073b2",
}


@pytest.fixture(scope="module")
def v1() -> ConceptStore:
    return verify_store(STORES / "v1")


@pytest.fixture(scope="module")
def v2() -> ConceptStore:
    return verify_store(STORES / "v2")


@pytest.fixture(scope="module")
def v3() -> ConceptStore:
    return verify_store(STORES / "v3")


def test_every_version_that_is_read_has_an_archived_store():
    found = sorted(path.name for path in STORES.iterdir())
    assert found == [f"v{version}" for version in READABLE_VERSIONS] == list(DIGESTS)


@pytest.mark.parametrize("version", DIGESTS)
def test_the_archive_is_small(version):
    files = [path for path in (STORES / version).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 150_000


@pytest.mark.parametrize("version", DIGESTS)
def test_it_is_the_one_that_was_archived(version, request):
    assert request.getfixturevalue(version).manifest.digest == DIGESTS[version]


@pytest.mark.parametrize("version", DIGESTS)
def test_manifest(version, request):
    manifest = request.getfixturevalue(version).manifest
    assert manifest.title == "Fixture"
    assert manifest.counts == {
        "n_cells": 40,
        "n_genes": 35,
        "n_concepts": 6,
        "n_latents": 4 if version == "v3" else 0,
        "n_gene_sets": 6,
        "d_embedding": 8,
        "k": 2,
    }
    assert manifest.obs[2].categories == ["D1", "D2", "D3", "D4"]
    assert manifest.maps[0].bounds == [-7.0, -7.0, 14.0]
    assert [info.key for info in manifest.attributions if info.default] == ["neighbours"]


@pytest.mark.parametrize("version", DIGESTS)
def test_flags_keep_their_bits(version, request):
    known = request.getfixturevalue(version).manifest.concept_flags
    assert list(CONCEPT_FLAGS[: len(known)]) == known


def test_v1_arrays(v1):
    assert v1.strings("cells/id")[39] == "CELL0039"
    assert v1.array("cells/library_size")[:3].tolist() == [53, 44, 34]
    assert v1.array("concepts/flags").tolist() == [0, 0, 0, 0, 1, 64]
    rows = v1.activations.rows(5)
    assert rows["cell"][:4].tolist() == [36, 8, 34, 18]
    assert np.allclose(rows["value"][:2], [2.8849773, 2.2195885])
    assert v1.enrichment("prerank_presence").rows(2)["gene_set"][0] == 2
    assert v1.leading_genes("prerank_presence", 0).tolist() == [0, 1, 2, 3]


def test_v1_payloads(v1):
    cells, values = v1.expression(25)
    assert cells[:4].tolist() == [0, 1, 3, 4]
    assert np.allclose(values[:2], [6.847221, 6.8179593], atol=1e-5)


def test_v1_holds_nothing_of_version_2(v1):
    manifest = v1.manifest
    assert manifest.faithfulness == manifest.cell_effects == manifest.set_swaps == []
    assert "q" not in v1.attribution("neighbours").columns
    assert [n for n in manifest.arrays if n.startswith(("faithfulness", "cell_e", "set_s"))] == []


def test_v2_manifest(v2):
    manifest = v2.manifest
    assert [info.key for info in manifest.faithfulness] == ["neighbours", "random_matched"]
    assert manifest.faithfulness[0].rankings == ["attribution", "differential", "random"]
    assert manifest.faithfulness[0].rule.startswith("A: its first genes take more")
    assert [info.key for info in manifest.cell_effects] == ["neighbours"]
    (swap,) = manifest.set_swaps
    assert (swap.key, swap.differential) == ("neighbours", "prerank_differential")


def test_v2_faithfulness(v2):
    folder = "faithfulness/neighbours"
    assert v2.array(f"{folder}/n_replaced").tolist() == [1, 2, 5, 10, 20, 32]
    assert v2.array(f"{folder}/grade").tolist() == [0, 0, 1, 3, -1, 2]
    assert v2.array(f"{folder}/held_out").tolist() == [0, 0, 0, 0, -1, 1]
    deletion = v2.array(f"{folder}/deletion")
    assert np.allclose(deletion[0, :, 3], [0.69053245, 0.462735, 0.3442696])
    assert np.isnan(deletion[4]).all()
    assert v2.strings(f"{folder}/reason")[3].startswith("Replacing its first genes takes hardly")


def test_v2_cell_effects(v2):
    folder = "cell_effects/neighbours"
    assert v2.array(f"{folder}/cell")[4].tolist() == [32, 39, -1]
    assert v2.array(f"{folder}/gene")[4, 0, :3].tolist() == [21, 20, 23]
    assert np.allclose(v2.array(f"{folder}/total")[4, :2], [2.4989073, 2.8338194])


def test_v2_set_swap_q_and_flags(v2):
    rows = v2.set_swap("neighbours").rows(2)
    assert rows["gene_set"][:3].tolist() == [2, 0, 1]
    assert rows["quadrant"].tolist() == [3, 2, 1, 0, 0, -1]
    assert np.allclose(rows["share"][:2], [0.56, 0.12])
    q = v2.attribution("neighbours").rows(0)["q"]
    assert np.allclose(np.log10(q[:2]), [-19.99079, -16.73543], atol=1e-4)
    assert v2.array("concepts/flags").tolist() == [0, 0, 0, 128, 1, 64]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_older_ones_hold_nothing_of_version_3(version, request):
    store = request.getfixturevalue(version)
    assert store.n_latents == 0 and store.latent_ids == []
    assert store.find_latent("s0-003") is None
    for name in ("stability_low", "stability_high", "parent"):
        assert store.optional(f"concepts/{name}") is None


def test_v3_intervals_and_parents(v3):
    assert np.allclose(v3.array("concepts/stability_low")[[0, 5]], [0.97, 0.25])
    assert np.allclose(v3.array("concepts/stability_high")[[0, 5]], [0.99, 0.85])
    assert v3.array("concepts/parent").tolist() == [-1, -1, -1, -1, -1, 0]


def test_v3_latents(v3):
    assert v3.latent_ids == ["s0-003", "s0-012", "s3-007", "s4-015"]
    assert v3.find_latent("s3-007") == 2
    assert v3.array("latents/n_active").tolist() == [8, 7, 6, 5]
    assert v3.array("latents/closest").tolist() == [5, 5, 0, 3]
    assert v3.array("latents/best_code")[2].tolist() == [0, 1, 3]
    cells, values = decode_payload(v3.payload("latents", 2))
    assert cells.tolist() == [0, 7, 14, 21, 28, 35]
    assert np.allclose(values[[0, -1]], [2, 1], atol=0.005)


@pytest.mark.parametrize("version", DIGESTS)
def test_no_archived_store_holds_tests_by_donor(version, request):
    store = request.getfixturevalue(version)
    assert store.optional("association/tests/p") is None
    assert store.optional("association/share_of_variance") is None
