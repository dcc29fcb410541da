"""Which found gene sets stand within stronger ones. Overlaps are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.exports import pathway_rows
from scconcepts_app.views.pathways import list_pathways
from scconcepts_app.views.redundancy import Redundancy, find_redundancy
from scconcepts_app.views.set_swap import list_set_swaps
from tests.unit.app.conftest import with_arrays

MEMBERS = [
    [0, 1, 2, 3, 4],
    [0, 1, 2, 5, 6],  # 3 of 5 with the first
    [0, 1, 10, 11, 12],  # 2 of 5 with the first and with the second
    [0, 1, 2, 10, 11],  # 3 of 5 with the first, 4 of 5 with the third
    [0, 1, 2, 3, 20],  # 4 of 5 with the first, but on the other side
    [0, 1, 2, 3, 4],  # the first again, but not found
]


@pytest.fixture(scope="module")
def overlapping(store: ConceptStore) -> ConceptStore:
    """The sets of the first concept overlap; all but the last are found, the fifth below 0."""
    key = "enrichment/prerank_differential"
    q, statistic = (np.array(store.array(f"{key}/{name}")) for name in ("q", "statistic"))
    q[:6], statistic[:6] = [0.01] * 5 + [0.5], [2, 2, 2, 2, -2, 2]
    return with_arrays(
        store,
        {
            "gene_sets/members/gene": np.concatenate(MEMBERS),
            f"{key}/q": q,
            f"{key}/statistic": statistic,
        },
    )


def test_the_weaker_stands_within_the_stronger_of_largest_overlap(overlapping):
    table = list_pathways(overlapping, 0, "prerank_differential")
    assert [row.gene_set for row in table.rows] == [0, 1, 2, 3, 4, 5]
    found = find_redundancy(overlapping, table.rows)
    assert found.parent == [None, 0, None, 2, None, None]
    assert found.overlap == [None, pytest.approx(0.6), None, pytest.approx(0.8), None, None]
    assert found.n_within == 2
    assert found.order(distinct=True) == [0, 2, 4, 5]


def test_the_download_has_the_set_that_a_row_stands_within(overlapping):
    header, *rows = pathway_rows(overlapping, 0)
    place = header.index("within")
    first = [row for row in rows if row[1] == "differential"]
    assert [row[place] for row in first] == [None, first[0][2], None, first[2][2], None, None]
    assert first[3][place + 1] == pytest.approx(0.8)
    assert {len(row) for row in rows} == {len(header)}


def test_the_smaller_set_is_what_the_overlap_is_of(store):
    sizes = np.array(store.array("gene_sets/members/offsets"))
    sizes[1:] = [5, 7, 12, 17, 22, 27]  # the second set has 2 genes, the others 5
    genes = np.concatenate([[0, 1, 2, 3, 4], [0, 30], np.arange(40, 60)])
    key = "enrichment/prerank_presence"
    q = np.array(store.array(f"{key}/q"))
    q[:6] = 0.01
    variant = with_arrays(
        store,
        {"gene_sets/members/offsets": sizes, "gene_sets/members/gene": genes, f"{key}/q": q},
    )
    rows = [
        row for row in list_pathways(variant, 0, "prerank_presence").rows if row.gene_set in (0, 1)
    ]
    found = find_redundancy(variant, rows)
    assert found.parent == [None, 0] and found.overlap[1] == pytest.approx(0.5)


def test_rows_within_another_follow_it():
    found = Redundancy([None, None, 0, 1, 0], [None, None, 0.5, 0.6, 0.7])
    assert found.order(distinct=False) == [0, 2, 4, 1, 3]
    assert found.order(distinct=True) == [0, 1]


def test_nothing_found_and_no_rows(store):
    assert find_redundancy(store, []).order(distinct=True) == []
    rows = list_pathways(store, 0, "prerank_presence").rows[1:]
    assert find_redundancy(store, rows).parent == [None] * len(rows)


def test_sets_that_were_swapped_must_agree_in_effect_and_difference(store):
    table = list_set_swaps(store, 0, "neighbours")
    sides = {(row.effect >= 0, row.is_absent): row.side for row in table.rows}
    assert len(set(sides.values())) == len(sides) > 1
    variant = with_arrays(store, {"gene_sets/members/gene": np.tile(np.arange(5), 6)})
    found = find_redundancy(variant, list_set_swaps(variant, 0, "neighbours").rows)
    for position, parent in enumerate(found.parent):
        if parent is not None:
            assert table.rows[position].side == table.rows[parent].side
            assert found.overlap[position] == pytest.approx(1)
