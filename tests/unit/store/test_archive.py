"""One archived store of each schema version, written once, read for ever.

`tests/data/stores/v1` was written by `tests/store_factory.py` with 40 cells and 5 other genes
when version 1 was made. It is never written again: code that cannot read it has broken the format.
"""

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore, verify_store
from scconcepts_app.store.schema import CONCEPT_FLAGS, SCHEMA_VERSION
from tests.conftest import ROOT

STORES = ROOT / "tests" / "data" / "stores"
V1 = STORES / "v1"


@pytest.fixture(scope="module")
def v1() -> ConceptStore:
    return verify_store(V1)


def test_every_version_that_is_read_has_an_archived_store():
    assert [path.name for path in STORES.iterdir()] == [f"v{SCHEMA_VERSION}"]


def test_the_archive_is_small():
    assert sum(path.stat().st_size for path in V1.rglob("*") if path.is_file()) < 150_000


def test_v1_is_the_one_that_was_archived(v1):
    expected = "69bb3172dc279fb525f5c1a5188645a185b3e7357bd8ea053db0c3a3231a3666"
    assert v1.manifest.digest == expected


def test_v1_manifest(v1):
    manifest = v1.manifest
    assert manifest.title == "Fixture"
    assert manifest.counts == {
        "n_cells": 40,
        "n_genes": 35,
        "n_concepts": 6,
        "n_gene_sets": 6,
        "d_embedding": 8,
        "k": 2,
    }
    assert manifest.obs[2].categories == ["D1", "D2", "D3", "D4"]
    assert manifest.maps[0].bounds == [-7.0, -7.0, 14.0]
    assert [info.key for info in manifest.attributions if info.default] == ["neighbours"]


def test_flags_keep_their_bits(v1):
    known = v1.manifest.concept_flags
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
