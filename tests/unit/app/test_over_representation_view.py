"""Concepts in a set of cells: counts, fold, p, and donors that agree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control, hypergeom

from scconcepts_app.views.breakdown import break_down
from scconcepts_app.views.over_representation import compare_set, count_activity
from tests.unit.app.conftest import with_arrays


@pytest.fixture
def b_cells(store) -> np.ndarray:
    return np.asarray(store.array("obs/cell_type/codes")) == 0


def active(store, concept: int) -> np.ndarray:
    return (np.asarray(store.array("activations/by_cell/concept")) == concept).any(axis=1)


def test_counts_shares_and_means(store, b_cells):
    row = next(r for r in compare_set(store, b_cells, count_activity(store)) if r.id == "c0001")
    on = active(store, 0)
    n, m = int(b_cells.sum()), int((~b_cells).sum())
    a, b = int((on & b_cells).sum()), int((on & ~b_cells).sum())
    assert (row.n_inside, row.n_outside) == (a, b)
    assert row.share_inside == pytest.approx(a / n)
    assert row.fold == pytest.approx(math.log2(((a + 0.5) / (n + 1)) / ((b + 0.5) / (m + 1))))
    concepts = np.asarray(store.array("activations/by_cell/concept"))
    values = np.asarray(store.array("activations/by_cell/value"))
    assert row.mean_inside == pytest.approx(values[b_cells][concepts[b_cells] == 0].mean())
    assert row.mean_outside is None  # active in no other cell
    assert row.p == pytest.approx(2 * hypergeom.sf(a - 1, 300, a + b, n))


def test_fewer_than_by_chance_is_told_as_well(store, b_cells):
    rows = compare_set(store, b_cells, count_activity(store))
    assert [row.fold for row in rows] == sorted((row.fold for row in rows), reverse=True)
    under = next(row for row in rows if row.id == "c0004")
    assert under.n_inside == 0
    assert under.fold < -3
    on = int(active(store, 3).sum())
    assert under.p == pytest.approx(2 * hypergeom.cdf(0, 300, on, int(b_cells.sum())))
    assert (under.donors, under.n_donors) == (4, 4)


def test_q_is_over_all_concepts(store, b_cells):
    rows = compare_set(store, b_cells, count_activity(store))
    wanted = false_discovery_control([row.p for row in rows])
    assert [row.q for row in rows] == pytest.approx(wanted.tolist())


def test_donors_count_where_the_direction_is_the_same(store, b_cells):
    """The set of the second donor holds none of the cells in which the concept is active."""
    donor = np.asarray(store.array("obs/donor/codes"))
    inside = b_cells & ~((donor == 1) & active(store, 0))
    inside |= (donor == 1) & (np.asarray(store.array("obs/cell_type/codes")) == 3)
    row = next(r for r in compare_set(store, inside, count_activity(store)) if r.id == "c0001")
    assert (row.donors, row.n_donors) == (3, 4)


def test_donors_with_few_cells_have_no_say(store, b_cells):
    donor = np.asarray(store.array("obs/donor/codes"))
    inside = b_cells & (donor != 3)
    inside[np.flatnonzero(b_cells & (donor == 3))[:4]] = True
    row = compare_set(store, inside, count_activity(store))[0]
    assert row.n_donors == 3


def test_cells_without_a_donor_are_no_donor(store, b_cells):
    codes = np.array(store.array("obs/donor/codes"))
    codes[codes == 0] = -1
    variant = with_arrays(store, {"obs/donor/codes": codes})
    assert compare_set(variant, b_cells, count_activity(variant))[0].n_donors == 3


def test_either_side_is_counted_alike(store, b_cells):
    everywhere = count_activity(store)
    rows = {row.id: row for row in compare_set(store, b_cells, everywhere)}
    for row in compare_set(store, ~b_cells, everywhere):
        other = rows[row.id]
        assert (row.n_inside, row.n_outside) == (other.n_outside, other.n_inside)
        assert row.fold == pytest.approx(-other.fold)
        assert row.p == pytest.approx(other.p)
        assert row.mean_inside == pytest.approx(other.mean_outside)


def test_all_cells_and_no_cell_have_nothing_to_compare(store):
    everywhere = count_activity(store)
    for inside in (np.ones(300, bool), np.zeros(300, bool)):
        assert compare_set(store, inside, everywhere) == []


def test_many_cells_are_counted_in_chunks(store, monkeypatch):
    whole = count_activity(store)
    monkeypatch.setattr("scconcepts_app.views.over_representation._CELLS_PER_CHUNK", 7)
    chunks = count_activity(store)
    assert (chunks.count == whole.count).all()
    assert chunks.total == pytest.approx(whole.total)
    assert whole.count.sum(axis=0).tolist() == [int(active(store, c).sum()) for c in range(6)]


def test_what_a_set_is_made_of(store, b_cells):
    parts = {(part.column, part.value): part for part in break_down(store, b_cells)}
    n = int(b_cells.sum())
    b = parts["cell_type", "B cell"]
    assert (b.n, b.share, b.taken) == (n, 1.0, 1.0)
    assert b.fold == pytest.approx(300 / n)
    assert parts["cell_type", "NK cell"].n == 0
    donor = np.asarray(store.array("obs/donor/codes"))
    assert parts["donor", "D1"].share_all == pytest.approx((donor == 0).mean())
    mito = np.asarray(store.array("obs/percent_mito/values"))
    assert parts["percent_mito", "median"].median == pytest.approx(np.median(mito[b_cells]))
    assert parts["percent_mito", "median"].median_all == pytest.approx(np.median(mito))


def test_an_empty_set_is_made_of_nothing(store):
    parts = break_down(store, np.zeros(300, bool))
    assert {part.n for part in parts} == {0}
    assert {part.share for part in parts} == {None}
