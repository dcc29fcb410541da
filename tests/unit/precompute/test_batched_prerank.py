"""Batched GSEA: against gseapy, brute force and what can be counted out; same in any company."""

from itertools import combinations

import gseapy
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, kstest, spearmanr

from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.gene_sets import MatchedSets, match_sets, read_gmt
from precompute.enrichment.null import choose_grid, make_draws
from precompute.enrichment.prerank import break_ties, clean, prerank_scores
from precompute.enrichment.running_sum import LANES
from precompute.enrichment.splitting import (
    draw_below,
    draw_sets,
    find_place,
    replace_member,
    score_one,
)

RNG = np.random.default_rng(0)
N_GENES = 300
RANKINGS = np.stack([RNG.normal(size=N_GENES), RNG.standard_t(2, N_GENES) + 0.3])


def matched(members) -> MatchedSets:
    names = [f"s{i}" for i in range(len(members))]
    members = [np.sort(np.asarray(found)) for found in members]
    return MatchedSets((), np.zeros(len(names), int), names, [""] * len(names), members)


def planted(values, n_sets=40) -> MatchedSets:
    """Sets of many sizes, some of them leaning to one end of the ranking."""
    order, rng = np.argsort(-values), np.random.default_rng(1)
    members = []
    for number in range(n_sets):
        ahead = order[::-1] if number % 2 else order
        pool = ahead[: int(N_GENES * (0.4 + 0.6 * (number % 5) / 4))]
        members.append(rng.choice(pool, 5 + 2 * number, replace=False))
    return matched(members)


SETS = planted(RANKINGS[0])


def by_gseapy(values, sets, n_permutations=1000):
    strict = break_ties(clean(values), 0)
    ranking = pd.Series(strict, [f"g{i}" for i in range(len(values))])
    names = {f"s{i}": [f"g{g}" for g in found] for i, found in enumerate(sets.members)}
    table = gseapy.prerank(
        ranking.sort_values(ascending=False),
        names,
        min_size=1,
        max_size=len(values),
        permutation_num=n_permutations,
        seed=1,
        threads=1,
        outdir=None,
        no_plot=True,
    ).res2d
    return table.set_index("Term").loc[list(names)]


def check_against_gseapy(values, sets, scores):
    theirs = by_gseapy(values, sets)
    assert np.allclose(scores.es, theirs["ES"].astype(float), atol=1e-9, rtol=0)
    for genes, found in zip(theirs["Lead_genes"], scores.leading, strict=True):
        assert genes.split(";") == [f"g{g}" for g in found]
    assert spearmanr(scores.nes, theirs["NES"].astype(float)).statistic > 0.99
    p = theirs["NOM p-val"].to_numpy(float)
    spread = np.sqrt(np.maximum(scores.p * (1 - scores.p), 1e-3) / 300)  # of few draws on a side
    assert np.all(np.abs(p - scores.p) < 5 * spread)


@pytest.mark.parametrize("number", range(len(RANKINGS)))
def test_scores_are_those_of_gseapy(number):
    values = RANKINGS[number]
    check_against_gseapy(values, SETS, next(BatchedPrerank(SETS, N_GENES, 0).score([values])))


def test_ties_are_broken_as_for_gseapy():
    values = np.round(RANKINGS[1])
    values[:100] = 0
    check_against_gseapy(values, SETS, next(BatchedPrerank(SETS, N_GENES, 0).score([values])))


@pytest.mark.shared
def test_real_sets_on_a_ranking_with_many_zeros(shared_data):
    libraries = [read_gmt(shared_data / "hallmark_msigdb_v7.0.gmt")]
    genes = sorted({gene for found in libraries[0].gene_sets for gene in found.genes})[::2]
    sets = match_sets(libraries, genes, 10, 500)
    rng = np.random.default_rng(2)
    values = np.where(rng.random(len(genes)) < 0.3, 0, rng.standard_t(3, len(genes)))
    largest = int(np.argmax([len(found) for found in sets.members]))
    values[sets.members[largest]] += 0.8
    batched = next(BatchedPrerank(sets, len(genes), 0).score(values[None]))
    check_against_gseapy(values, sets, batched)
    multilevel = prerank_scores(values, sets, 0)
    assert np.argmin(batched.p) == np.argmin(multilevel.p) == largest
    assert np.allclose(np.log10(batched.p), np.log10(multilevel.p), atol=0.7)


def test_leading_genes_stand_nearest_to_the_end_first():
    values = np.arange(20, 0, -1.0) - 10.5
    sets = matched([[0, 1, 3, 12], [19, 17, 18, 5]])
    up, down = next(BatchedPrerank(sets, 20, 0, n_draws=200).score([values])).leading
    assert up.tolist() == [0, 1, 3]
    assert down.tolist() == [19, 18, 17]


def test_p_is_the_share_of_all_sets_that_score_as_high():
    """All 560 sets of 3 genes out of 16 counted, from the middle to the last of them."""
    values = np.random.default_rng(5).normal(size=16)
    every = [list(found) for found in combinations(range(16), 3)]
    sets = matched(every)
    found = next(BatchedPrerank(sets, 16, 3).score([values]))
    side = found.es > 0
    for positive in (True, False):
        own = np.abs(found.es[side == positive])
        truth = (own[None] >= own[:, None] - 1e-9).sum(axis=1) / len(own)
        # 5,000 draws on a side; those below 25 by levels of 100 samples.
        error = np.log(found.p[side == positive]) - np.log(truth)
        assert np.all(np.abs(error) < 5 * np.sqrt(1 / (5000 * truth)) + 0.02)
        mean = found.es[side == positive].mean()
        assert np.allclose(
            found.nes[side == positive] * abs(mean), found.es[side == positive], rtol=0.05
        )


def test_the_last_of_many_sets_has_its_true_p():
    """One set of 142,506 has the highest score, which 10,000 draws hardly ever hold."""
    values = np.concatenate([np.arange(5, 0, -1.0) + 10, -np.arange(1, 26) / 25])
    logs = []
    for seed in range(30):
        found = next(BatchedPrerank(matched([range(5)]), 30, seed).score([values]))
        assert found.es[0] == pytest.approx(1)
        logs.append(np.log(found.p[0]))
    every = np.array(list(combinations(range(30), 5)))
    ordered = np.abs(np.sort(break_ties(values, 0))[::-1])
    draws = np.random.default_rng(0).choice(every, 4000)
    tops, lows = np.array([score_one(ordered, row) for row in draws]).T
    truth = np.log(1 / 142_506 / (tops > -lows).mean())
    assert np.mean(logs) == pytest.approx(truth, abs=0.25)
    assert np.std(logs) < 0.8


def test_p_against_brute_force_between_sizes_of_the_grid():
    sizes = [8, 9, 12, 14, 17, 20, 24, 28, 33, 37, 40]
    rng = np.random.default_rng(8)
    pool = np.argsort(-RANKINGS[1])[:220]
    sets = matched([rng.choice(pool, size, replace=False) for size in sizes])
    assert len(choose_grid(np.array(sizes))) < len(sizes)
    found = next(BatchedPrerank(sets, N_GENES, 0).score(RANKINGS[1:]))
    weights = np.abs(np.sort(break_ties(RANKINGS[1], 0))[::-1])
    for number, size in enumerate(sizes):
        drawn = np.empty((10_000, size), np.int32)
        draw_sets(N_GENES, drawn, np.array([number], np.uint64))
        drawn.sort(axis=1)
        tops, lows = np.array([score_one(weights, row) for row in drawn]).T
        scores = np.where(tops > -lows, tops, lows) * np.sign(found.es[number])
        own = scores[scores > 0]
        truth = (own >= abs(found.es[number])).mean()
        error = 5 * np.sqrt(truth * (1 - truth) * 2 / len(own))
        assert found.p[number] == pytest.approx(truth, abs=error + 0.01)
        assert abs(found.nes[number]) == pytest.approx(abs(found.es[number]) / own.mean(), rel=0.05)


def test_p_is_uniform_on_random_rankings():
    rng = np.random.default_rng(4)
    sets = matched([rng.choice(N_GENES, 10 + i % 30, replace=False) for i in range(40)])
    rankings = rng.standard_t(3, (60, N_GENES))
    p = np.array([found.p for found in BatchedPrerank(sets, N_GENES, 0).score(rankings)])
    assert kstest(p[:, ::5].ravel(), "uniform").pvalue > 1e-3
    assert 0.03 < (p < 0.05).mean() < 0.07


def test_few_random_rankings_have_a_set_below_5_percent_of_false_ones():
    rng = np.random.default_rng(5)
    sets = matched([rng.choice(N_GENES, 10 + i % 40, replace=False) for i in range(100)])
    found = BatchedPrerank(sets, N_GENES, 0).score(rng.standard_normal((300, N_GENES)))
    q = false_discovery_control([scores.p for scores in found], axis=1)
    assert 0.01 < (q < 0.05).any(axis=1).mean() < 0.09  # .05, and three standard errors of 300


def test_company_and_threads_change_nothing():
    rng = np.random.default_rng(6)
    rankings = rng.normal(size=(LANES + 3, N_GENES))
    rankings[[1, LANES + 1]] = RANKINGS
    alone = [next(BatchedPrerank(SETS, N_GENES, 9, n_draws=500).score([r])) for r in RANKINGS]
    both = BatchedPrerank(SETS, N_GENES, 9, threads=2, n_draws=500)
    crowd = list(both.score(rankings))
    assert len(crowd) == len(rankings)
    for one, many in zip(alone, (crowd[1], crowd[LANES + 1]), strict=True):
        for name in ("es", "nes", "p"):
            assert getattr(one, name).tolist() == getattr(many, name).tolist()
        assert [a.tolist() for a in one.leading] == [b.tolist() for b in many.leading]


def test_nan_is_zero_and_no_spread_is_no_enrichment():
    holes = RANKINGS[0].copy()
    holes[:40] = np.nan
    flat, nothing = np.full(N_GENES, 2.0), np.full(N_GENES, np.nan)
    batch = BatchedPrerank(SETS, N_GENES, 0, n_draws=500)
    found = list(batch.score(np.stack([holes, np.nan_to_num(holes), flat, nothing])))
    assert found[0].p.tolist() == found[1].p.tolist()
    for empty in found[2:]:
        assert set(empty.p) == {1.0} and set(empty.nes) == {0.0} and set(empty.es) == {0.0}
        assert all(len(genes) == 0 for genes in empty.leading)


def test_a_set_of_the_whole_background_says_nothing():
    found = next(
        BatchedPrerank(matched([range(N_GENES), range(9)]), N_GENES, 0, n_draws=500).score(RANKINGS)
    )
    assert (found.es[0], found.nes[0], found.p[0], len(found.leading[0])) == (0, 0, 1, 0)
    assert found.es[1] != 0 and len(found.leading[1])


def test_tables_are_ordered_by_p():
    first = next(BatchedPrerank(SETS, N_GENES, 0, n_draws=500).test(RANKINGS))
    assert np.all(np.diff(first.p) >= 0) and np.all(first.q >= first.p)
    assert first.size.tolist() == [len(SETS.members[i]) for i in first.gene_set]


def test_random_sets_are_uniform():
    drawn = np.empty((20_000, 3), np.int32)
    draw_sets(8, drawn, np.array([1], np.uint64))
    drawn.sort(axis=1)
    assert np.all(np.diff(drawn, axis=1) > 0)
    counts = pd.Series(map(tuple, drawn)).value_counts()
    assert len(counts) == 56
    expected = 20_000 / 56
    assert ((counts - expected) ** 2 / expected).sum() < 100  # chi-squared, 55 degrees: 1e-4 at 98


def test_random_numbers_fill_their_range():
    state = np.array([7], np.uint64)
    found = np.bincount([draw_below(state, 5) for _ in range(5000)], minlength=5)
    assert len(found) == 5 and found.min() > 880 and found.max() < 1120


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_a_member_is_replaced_in_its_place(data):
    members = np.array(sorted(data.draw(st.sets(st.integers(0, 30), min_size=1, max_size=9))))
    old = data.draw(st.integers(0, len(members) - 1))
    place = data.draw(st.integers(0, 30).filter(lambda value: value not in members))
    expected = sorted({*members.tolist(), place} - {int(members[old])})
    at = replace_member(members, old, int(np.sum(members < place)), place)
    assert members.tolist() == expected and members[at] == place


@given(st.sets(st.integers(0, 60), min_size=1, max_size=40), st.integers(0, 61))
@settings(deadline=None)
def test_a_place_is_found_among_members(members, place):
    expected = sum(member < place for member in members)
    assert find_place(np.array(sorted(members)), place) == expected


@given(st.sets(st.integers(2, 2000), min_size=1, max_size=60))
def test_the_grid_spans_the_sizes(sizes):
    grid = choose_grid(np.array(sorted(sizes)))
    assert grid[0] == min(sizes) and grid[-1] == max(sizes)
    assert np.all(np.diff(grid) > 0) and len(grid) <= 20


def test_a_size_lies_between_its_neighbours():
    draws = make_draws(np.arange(4, 30), 50, 0, n_draws=3)
    sizes = np.arange(4, 30)
    before, after, way = draws.neighbours(sizes)
    assert np.allclose((1 - way) * draws.sizes[before] + way * draws.sizes[after], sizes)
    assert np.all((way >= 0) & (way < 1))
