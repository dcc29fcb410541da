"""Concepts with a significant gene set beside chance and neurons: the numbers and the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scconcepts_app.components.quality_tables import nulls_table
from scconcepts_app.library import Library
from scconcepts_app.pages.methods.quality import nulls_section
from scconcepts_app.views.nulls import read_nulls
from tests.unit.app.conftest import with_arrays
from tests.unit.app.test_pages import words


@pytest.fixture
def found(store):
    return read_nulls(store)


def test_every_ranking_has_the_same_columns(store, found):
    assert [row.title for row in found.rankings] == ["GSEA of presence", "GSEA of DE"]
    assert [(a.name, a.is_null) for a in found.against] == [
        ("random sets of any genes", True),
        ("random sets of genes that as many cells express", True),
        ("shuffled cells", True),
        ("neurons", False),
    ]
    n = store.n_concepts
    for row in found.rankings:
        assert (row.value, row.n) == ((n - 1) / n, n)
        # One of two draws finds half of the concepts; 2 of 4 and all but two of the others.
        theirs = [0, n // 2 / 2 / n, 2 / 4, (n - 2) / n]
        assert [c.theirs for c in row.contrasts] == pytest.approx(theirs)
        assert [c.n for c in row.contrasts] == [n, n, 4, n]
        assert [c.value for c in row.contrasts] == pytest.approx([row.value - x for x in theirs])
        assert all(c.low < c.value < c.high for c in row.contrasts)


def test_what_a_store_did_not_count_is_left_out(store):
    infos = [replace(info, reason="No model.", n_cells=0) for info in store.manifest.nulls]
    none = np.empty(0, np.int32)
    arrays = {f"nulls/{info.key}/shuffled": none for info in infos}
    bare = with_arrays(store, {**arrays, "nulls/prerank_presence/neurons": none})
    bare.manifest = replace(store.manifest, nulls=infos)
    found = read_nulls(bare)
    assert [against.name for against in found.against][2:] == ["neurons"]
    assert found.rankings[0].contrasts[2] is None and found.rankings[1].contrasts[2] is not None
    assert found.note.endswith("No model.")
    assert "—" in words(nulls_table(found))
    bare.manifest = replace(store.manifest, nulls=[])
    assert read_nulls(bare) is None
    assert nulls_section(Library([("bare", bare)]).default) == []


def test_each_number_has_its_meaning_and_neurons_are_no_null(found):
    table = nulls_table(found)
    heads = [c for c in table._traverse() if type(c).__name__ == "Th" and c.scope == "col"]
    assert all(head.title for head in heads)
    assert [head.children for head in heads][-2:] == [
        "minus shuffled cells",
        "minus neurons (no null)",
    ]
    said = words(table)
    assert "50 % of 4" in said and "points" in said
