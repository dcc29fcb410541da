"""All gene sets under a test, and one set under all tests."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from scconcepts_app.views.found import LOWERED, NOT_FOUND, RAISED
from scconcepts_app.views.one_set import (
    address_of_set,
    count_leading,
    describe_set,
    find_in_concepts,
    find_set,
    index_names,
    is_found,
    order_genes,
)
from scconcepts_app.views.set_overview import default_test, list_tests, summarise_sets
from tests.unit.app.conftest import with_arrays


def test_tests_are_enrichments_and_then_swaps(store, plain_store):
    assert [(test.key, test.statistic) for test in list_tests(store)] == [
        ("prerank_presence", "NES"),
        ("prerank_differential", "NES"),
        ("overrepresentation_presence", "odds ratio"),
        ("set-swap:neighbours", "effect"),
    ]
    assert list_tests(store)[3].title == "Set swap, nearest inactive cells"
    assert default_test(store) == "prerank_presence"
    assert list_tests(plain_store) == [] and default_test(plain_store) is None


@pytest.mark.parametrize("place", range(4))
def test_the_overview_agrees_with_a_walk_over_all_rows(store, place):
    test = list_tests(store)[place]
    table = store.set_swap("neighbours") if test.is_swap else store.enrichment(test.key)
    found = summarise_sets(store, test)
    for gene_set in range(6):
        rows = []
        for concept in range(store.n_concepts):
            columns = table.rows(concept)
            at = np.flatnonzero(columns["gene_set"] == gene_set)
            rows += [(columns["q"][i], -columns[test.column][i], concept) for i in at]
        q, statistic, concept = min(rows)
        assert found.n_raised[gene_set] == sum(row[0] < 0.05 for row in rows)
        assert found.n_lowered[gene_set] == 0
        assert found.best_direction[gene_set] == RAISED
        assert found.n_tested[gene_set] == len(rows)
        assert found.best[gene_set] == concept
        assert found.best_q[gene_set] == pytest.approx(q)
        assert found.best_statistic[gene_set] == pytest.approx(-statistic)


def test_a_set_that_was_tested_nowhere_has_no_best(store):
    test = list_tests(store)[0]
    sets = np.array(store.array("enrichment/prerank_presence/gene_set"))
    variant = with_arrays(
        store, {"enrichment/prerank_presence/gene_set": np.where(sets == 2, 3, sets)}
    )
    found = summarise_sets(variant, test)
    assert (found.is_found[2], found.n_tested[2], found.best[2]) == (False, 0, -1)
    assert np.isnan(found.best_q[2]) and np.isnan(found.best_statistic[2])


def with_six(store, statistic: list[float], q: list[float]):
    """The store with these NES and q of the first set on DE, by concept; no other set has rows."""
    key = "enrichment/prerank_differential"
    n_rows = len(store.array(f"{key}/gene_set"))
    arrays = {
        f"{key}/{name}": np.array(store.array(f"{key}/{name}")) for name in ("q", "statistic")
    }
    arrays[f"{key}/q"][:] = np.nan
    sets = np.array(store.array(f"{key}/gene_set"))
    at = np.flatnonzero(sets == 0)
    assert len(at) == 6 and n_rows == 36
    arrays[f"{key}/q"][at], arrays[f"{key}/statistic"][at] = q, statistic
    return with_arrays(store, arrays)


@pytest.mark.parametrize(
    ("statistic", "q", "n_raised", "n_lowered", "best", "direction"),
    [
        # Of raised ones the smallest q, though a lowered one has a smaller.
        ([1, -3, 2, -1, 1, 1], [0.04, 1e-9, 0.01, 0.02, 0.05, 0.5], 2, 2, 2, RAISED),
        # Without a raised one, of lowered ones; of equal q the NES farthest from 0.
        ([1, -2, -3, -1, 1, 1], [0.05, 0.01, 0.01, 0.02, 0.1, 0.5], 0, 3, 2, LOWERED),
        # Found nowhere: the smallest q of all.
        ([1, -2, -3, -1, 1, 1], [0.05, 0.051, 0.2, 0.3, 0.1, 0.5], 0, 0, 0, NOT_FOUND),
    ],
)
def test_the_best_concept_is_one_that_is_raised(
    store, statistic, q, n_raised, n_lowered, best, direction
):
    found = summarise_sets(with_six(store, statistic, q), list_tests(store)[1])
    assert (found.n_raised[0], found.n_lowered[0]) == (n_raised, n_lowered)
    assert (found.best[0], found.best_direction[0]) == (best, direction)
    assert (found.best_q[0], found.best_statistic[0]) == (q[best], statistic[best])
    assert found.is_found.tolist() == [n_raised + n_lowered > 0, *[False] * 5]


def test_directions_of_all_tests_are_joined(store):
    variant = with_six(store, [-2] * 6, [0.01, 0.01, 0.05, 0.9, 0.9, 0.9])
    rows = {row.concept: row for row in find_in_concepts(variant, 0)}
    # Every other test finds the set in the first concept, raised, and the swap in all others.
    assert rows[0].directions == {RAISED, LOWERED}
    assert [rows[c].directions for c in (1, 2)] == [{RAISED, LOWERED}, {RAISED}]
    assert [f.direction for f in rows[0].findings] == [RAISED, LOWERED, RAISED, RAISED]
    assert rows[0].findings[3].quadrant == "opposite"


def test_a_missing_q_is_not_found(store):
    test = list_tests(store)[0]
    q = np.full_like(np.array(store.array("enrichment/prerank_presence/q")), np.nan)
    found = summarise_sets(with_arrays(store, {"enrichment/prerank_presence/q": q}), test)
    assert not found.is_found.any() and (found.best == -1).all()


NAMES = {"Hypoxia": [0], "T cell": [1, 4], "a#2": [2], "a": [3]}


@pytest.mark.parametrize(
    ("address", "index"),
    [
        ("Hypoxia", 0),
        ("T cell", 1),
        ("T cell#2", 4),
        ("T cell#1", 1),
        ("T cell#3", None),
        ("T cell#0", None),
        ("T cell#99999999999", None),
        ("a#2", 2),
        ("hypoxia", None),
        ("", None),
        ("#", None),
    ],
)
def test_a_name_finds_the_first_and_a_number_the_others(address, index):
    assert find_set(NAMES, address) == index


def test_addresses_lead_back():
    for name, same in NAMES.items():
        for index in same:
            assert find_set(NAMES, address_of_set(NAMES, name, index)) == index


def test_a_set_is_described(store):
    names = index_names(store)
    found = describe_set(store, names, 1)
    assert (found.name, found.library, found.number, found.n_same) == (
        "CD4 T cell markers",
        "Fixture sets",
        1,
        1,
    )
    assert [store.gene_symbols[g] for g in found.genes] == ["IL7R", "LTB", "CD3D", "CD3E", "CCR7"]
    assert found.link is None


def test_a_set_under_all_tests(store):
    rows = find_in_concepts(store, 1)
    assert len(rows) == 6 and rows[0].concept == 1
    presence, _, _, swap = rows[0].findings
    assert (presence.statistic, presence.quadrant) == (pytest.approx(2.4), None)
    assert presence.q == pytest.approx(6e-5)
    assert (swap.statistic, swap.quadrant) == (pytest.approx(1.4), "used and differential")
    assert is_found(rows[0]) and rows[0].best_q == pytest.approx(6e-5)
    assert [row.best_q for row in rows] == sorted(row.best_q for row in rows)


def test_where_it_was_not_tested_there_is_no_finding(silent_store):
    rows = find_in_concepts(silent_store, 1)
    assert {row.concept for row in rows} == {1, 2, 3, 4, 5}


def test_leading_genes_are_counted_where_the_set_is_found(store):
    test = list_tests(store)[0]
    counted, n_found = count_leading(store, 2, test)
    assert n_found == 1
    assert counted == Counter({10: 1, 11: 1, 12: 1, 13: 1})
    assert count_leading(store, 2, list_tests(store)[3]) == (Counter(), 0)
    assert count_leading(store, 2, None) == (Counter(), 0)


def test_genes_that_lead_come_first():
    symbols = ["c", "b", "a", "d"]
    assert order_genes([0, 1, 2, 3], Counter({3: 2, 1: 1}), symbols) == [3, 1, 2, 0]
