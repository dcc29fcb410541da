"""All gene sets under a test, and one set under all tests."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

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
        assert found.n_found[gene_set] == sum(row[0] <= 0.05 for row in rows)
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
    assert (found.n_found[2], found.n_tested[2], found.best[2]) == (0, 0, -1)
    assert np.isnan(found.best_q[2]) and np.isnan(found.best_statistic[2])


def test_a_missing_q_is_not_found(store):
    test = list_tests(store)[0]
    q = np.full_like(np.array(store.array("enrichment/prerank_presence/q")), np.nan)
    found = summarise_sets(with_arrays(store, {"enrichment/prerank_presence/q": q}), test)
    assert found.n_found.sum() == 0 and (found.best == -1).all()


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
