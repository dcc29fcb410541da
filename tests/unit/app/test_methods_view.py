"""The content of the methods page about gene sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.methods import Entry, describe_methods


def libraries(store: ConceptStore, provenance: dict) -> list[Entry]:
    manifest = replace(store.manifest, provenance=provenance)
    sections = describe_methods(ConceptStore(store.path, manifest))
    (sets,) = [section for section in sections if section.title == "Gene sets"]
    return sets.entries[-len(manifest.gene_set_libraries) :]


def test_a_library_has_its_counts_and_digest(store):
    record = {
        "n_gene_sets": 50,
        "n_kept": 42,
        "n_genes": 4384,
        "found": {"symbol": 3499, "table": 82},
        "sha256": "1aa1c20dffa41ac0",
    }
    (found,) = libraries(store, {"gene_sets": [record]})
    assert found.name == "Fixture sets"
    assert found.meaning == (
        "42 of 50 sets have a fitting number of genes that the model reads; 3,581 of 4,384 genes "
        "of the library are among them. sha256 1aa1c20dffa4…"
    )


@pytest.mark.parametrize(
    "provenance",
    [{}, {"gene_sets": None}, {"gene_sets": [3]}, {"gene_sets": [{"found": {"a": "b"}}]}],
)
def test_a_store_that_counts_nothing_says_where_its_sets_come_from(store, provenance):
    (found,) = libraries(store, provenance)
    assert found.name == "Fixture sets" and found.value and found.meaning == ""
