"""Attribution against DE, and the volcano: numbers worked out by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest

from scconcepts_app.views.comparison import compare, correlate_ranks
from scconcepts_app.views.spread import clip_folds, pick_extreme, top_of
from scconcepts_app.views.volcano import list_volcano
from tests.unit.app.conftest import with_arrays, with_rows

# Genes 0 to 3 raise by presence, 4 by absence; 5 was not tested, 6 has no effect in the store.
EFFECTS = {
    "gene": [0, 1, 2, 3, 4, 5],
    "effect": [1.0, 0.5, 0.2, 0.01, 0.4, 0.9],
    "presence": [1.0, 0.5, 0.2, 0.01, 0.0, 0.9],
    "absence": [0.0, 0.0, 0.0, 0.0, 0.4, 0.0],
}
TESTS = {
    "gene": [3, 0, 1, 2, 4, 6],
    "z": [9.0, 8.0, 3.0, 0.5, -7.0, 2.0],
    "q": [1e-9, 1e-8, 0.02, 0.7, 1e-6, 0.3],
    "log_fold_change": [3.0, 2.0, 1.0, 0.1, -25.0, np.nan],
}


@pytest.fixture
def small(store):
    return with_rows(
        with_rows(store, "attribution/neighbours", EFFECTS), "differential/inactive", TESTS
    )


def test_genes_with_both_numbers_are_compared(small):
    table = compare(small, 0, "neighbours", "inactive")
    assert [p.symbol for p in table.points] == small.gene_symbols[:5]
    first, last = table.points[0], table.points[4]
    assert (first.effect, first.z, first.side) == (1.0, 8.0, "presence")
    assert (first.rank_effect, first.rank_z) == (1, 2)
    assert (last.side, last.rank_effect, last.rank_z) == ("absence", 0, 0)
    # 1.0 of 1.0 + .5 + .2 + .01 + .4 + .9: genes without a test count too.
    assert first.share == pytest.approx(1.0 / 3.01)
    assert (last.log_fold_change, last.fold_drawn) == (-25.0, pytest.approx(-3.18))


def test_lists_shorter_than_20_are_compared_once_at_their_length(small):
    (overlap,) = compare(small, 0, "neighbours", "inactive").overlaps
    assert (overlap.n, overlap.shared) == (4, 4)


def test_the_rank_correlation_by_hand(small):
    # Directed effects 1, .5, .2, .01, -.4 have ranks 5 4 3 2 1; z 8, 3, .5, 9, -7: 4 3 2 5 1.
    # Differences 1 1 1 -3 0: 1 - 6 * 12 / (5 * 24) = .4
    assert compare(small, 0, "neighbours", "inactive").rank_correlation == pytest.approx(0.4)


def test_ties_share_their_mean_rank():
    # Ranks 1.5 1.5 3 against 1 2 3: covariance 1.5 over sqrt(1.5 * 2).
    found = correlate_ranks(np.array([0.0, 0.0, 1.0]), np.array([1.0, 2.0, 3.0]))
    assert found == pytest.approx(1.5 / np.sqrt(3))
    assert correlate_ranks(np.zeros(5), np.arange(5.0)) is None
    assert correlate_ranks(np.array([1.0, np.nan]), np.array([1.0, 2.0])) is None


def test_the_sentence_names_genes_on_which_the_two_disagree(small):
    symbols = small.gene_symbols
    assert compare(small, 0, "neighbours", "inactive").sentence == (
        "4 of the top 4 genes by attribution are also among the top 4 by DE. "
        f"{symbols[3]} differs most between the cells, but the model hardly uses it for this "
        "concept (1.0 % of the largest effect). "
        f"{symbols[2]} is number 3 by attribution, yet DE found no difference (q 0.700)."
    )


def test_overlaps_at_the_three_sizes_are_those_of_sets(store):
    table = compare(store, 0, "neighbours", "inactive")
    by_effect = sorted((p for p in table.points if p.rank_effect), key=lambda p: p.rank_effect)
    by_z = sorted((p for p in table.points if p.rank_z), key=lambda p: p.rank_z)
    effects = [p.effect for p in by_effect]
    assert effects == sorted(effects, reverse=True)
    for overlap in table.overlaps:
        shared = {p.symbol for p in by_effect[: overlap.n]} & {p.symbol for p in by_z[: overlap.n]}
        assert overlap.shared == len(shared)
    assert table.overlaps[0].n == 20
    assert [fact.name for fact in table.facts][-2:] == ["Rank correlation", "Genes"]


def test_without_a_gene_in_both_there_is_nothing_to_compare(store, silent_store):
    assert compare(silent_store, 0, "neighbours", "inactive") is None
    apart = with_rows(
        store, "attribution/neighbours", {**EFFECTS, "gene": [10, 11, 12, 13, 14, 15]}
    )
    assert (
        compare(with_rows(apart, "differential/inactive", TESTS), 0, "neighbours", "inactive")
        is None
    )


def test_without_presence_there_are_no_lists(small):
    none = {**EFFECTS, "presence": [0] * 6, "absence": EFFECTS["effect"]}
    table = compare(with_rows(small, "attribution/neighbours", none), 0, "neighbours", "inactive")
    assert table.overlaps == []
    assert table.sentence == (
        "No gene raises the concept by presence, so there are no two lists to compare."
    )


def test_the_volcano_draws_in_what_is_out_of_scale(small):
    q = [1e-9, 0.0, 0.02, 0.7, 1e-6, 0.3]
    variant = with_rows(small, "differential/inactive", {**TESTS, "q": q})
    table = list_volcano(variant, 0, "inactive", "neighbours")
    points = {point.symbol: point for point in table.points}
    symbols = variant.gene_symbols
    assert symbols[6] not in points  # no fold change
    assert (table.n_genes, table.n_significant, table.n_zero, table.n_far) == (5, 4, 1, 1)
    assert points[symbols[3]].height == pytest.approx(9)
    assert points[symbols[0]].is_clipped == "up"
    assert points[symbols[0]].height == table.limit == pytest.approx(1.06 * 9)
    assert (points[symbols[4]].is_clipped, points[symbols[4]].x) == ("left", pytest.approx(-3.18))
    assert points[symbols[4]].log_fold_change == -25


def test_the_first_genes_of_attribution_are_marked(small):
    marks = {p.symbol: p.mark for p in list_volcano(small, 0, "inactive", "neighbours").points}
    symbols = small.gene_symbols
    assert [marks[symbols[i]] for i in range(5)] == ["presence"] * 4 + ["absence"]
    assert {p.mark for p in list_volcano(small, 0, "inactive", None).points} == {""}


def test_an_unknown_key_is_an_error(store):
    with pytest.raises(KeyError):
        compare(store, 0, "nonsense", "inactive")
    with pytest.raises(KeyError):
        list_volcano(store, 0, "nonsense", None)


def test_helpers_of_ranking():
    values = np.array([0.5, np.nan, -1.0, 2.0, 0.0])
    assert top_of(values, 5).tolist() == [3, 0]
    assert top_of(values, 1).tolist() == [3]
    assert pick_extreme(np.array([0.0, 9.0, 1.0]), np.array([5.0, 0.0, 1.0]), 2).tolist() == [0, 1]
    folds, far = clip_folds(np.array([2.0, -4.0, 30.0, np.nan]))
    assert folds[:3].tolist() == pytest.approx([2, -4, 4.24]) and np.isnan(folds[3])
    assert far.tolist() == [False, False, True, False]


def test_2000_genes_are_compared_within_50_ms(store):
    rng, n = np.random.default_rng(0), 2000
    big = with_arrays(store, {})
    big.manifest.counts["n_genes"], kept = n, big.manifest.counts["n_genes"]
    big.__dict__["gene_symbols"] = [f"G{i}" for i in range(n)]
    try:
        effect = rng.normal(0, 1, n)
        rows = {"gene": np.arange(n), "effect": effect, "presence": effect}
        big = with_rows(big, "attribution/neighbours", rows)
        tests = {"gene": np.arange(n), "z": rng.normal(0, 3, n), "q": rng.random(n)}
        big = with_rows(big, "differential/inactive", tests)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            table = compare(big, 0, "neighbours", "inactive")
            list_volcano(big, 0, "inactive", "neighbours")
            times.append(time.perf_counter() - start)
    finally:
        store.manifest.counts["n_genes"] = kept
    assert len(table.points) == n
    assert min(times) < 0.05
