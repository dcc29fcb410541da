"""The table of concepts against the arrays of the store."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.concepts import list_concepts, with_labels
from tests.store_factory import CELL_TYPES, INTERFERON, MARKERS


def test_every_concept_has_a_row(store):
    rows = list_concepts(store)
    assert [row.id for row in rows] == [f"c{i:04d}" for i in range(1, 7)]
    assert [row.label for row in rows] == [*CELL_TYPES, "Interferon response"]


def test_share_is_active_cells_of_all_cells(store):
    by_cell = np.asarray(store.array("activations/by_cell/concept"))
    for concept, row in enumerate(list_concepts(store)):
        assert row.n_active == (by_cell == concept).any(axis=1).sum()
        assert row.share == pytest.approx(row.n_active / 300)


def test_best_cell_type_is_the_one_of_highest_f1(store):
    f1 = np.asarray(store.array("association/f1"))
    for concept, row in enumerate(list_concepts(store)):
        best = f1[concept, : len(CELL_TYPES)].argmax()
        assert row.category == CELL_TYPES[best]
        assert row.f1 == pytest.approx(f1[concept, best])


def test_first_genes_are_those_of_largest_presence(store):
    rows = list_concepts(store)
    assert rows[0].genes == MARKERS["B cell"]
    assert rows[5].genes == INTERFERON
    assert "ISG15" in rows[5].search


def test_flags_are_decoded_from_their_bits(store):
    rows = list_concepts(store)
    assert rows[0].flags == []
    assert rows[3].flag_names == "attribution not faithful"
    assert rows[4].flags == ["few_cells"]
    assert rows[5].flags == ["unstable"]


def test_grades_are_told_for_each_attribution_that_has_cards(store, old_store):
    found = [row.grades["neighbours"] for row in list_concepts(store)]
    assert found == ["A", "A", "B", "D", None, "C"]
    assert list_concepts(store)[0].grades == {"neighbours": "A", "random_matched": "B"}
    assert {str(row.grades) for row in list_concepts(old_store)} == {"{}"}


def test_an_expert_label_replaces_the_proposed_one(store):
    rows = with_labels(list_concepts(store), {"c0002": ("Naive T", "Ada")})
    assert (rows[1].label, rows[1].proposed, rows[1].author) == ("Naive T", "CD4 T cell", "Ada")
    assert rows[0].author == ""


def test_a_label_taken_back_gives_the_proposed_one_again(store):
    rows = with_labels(list_concepts(store), {"c0002": ("", "Ada")})
    assert (rows[1].label, rows[1].author) == ("CD4 T cell", "")


def test_a_concept_without_cells_has_missing_numbers_not_zeros(silent_store):
    row = list_concepts(silent_store)[0]
    assert row.n_active == 0
    assert row.genes == []
    assert row.category is row.f1 is row.stability is None


def test_without_attribution_the_genes_are_those_of_largest_z(plain_store):
    assert set(list_concepts(plain_store)[0].genes) == set(MARKERS["B cell"])
