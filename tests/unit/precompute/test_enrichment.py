"""Prerank against gseapy's permutations, overrepresentation against scipy and by hand, q."""

import os

import gseapy
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import fisher_exact, hypergeom

from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.overrepresentation import overrepresentation_all
from precompute.enrichment.prerank import break_ties, prerank_scores
from precompute.enrichment.results import Enrichment, make_enrichment, no_scores

N_GENES = 400
RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=N_GENES)
RANKED = np.argsort(-VALUES)
MEMBERS = [
    RANKED[:20],
    RANKED[-20:],
    RNG.choice(RANKED[:150], 25, replace=False),
    RNG.choice(N_GENES, 30, replace=False),
    RNG.choice(RANKED[200:], 15, replace=False),
]


def matched(members) -> MatchedSets:
    names = [f"s{i}" for i in range(len(members))]
    members = [np.sort(found) for found in members]
    return MatchedSets((), np.zeros(len(names), int), names, [""] * len(names), members)


SETS = matched(MEMBERS)
MILD = matched(MEMBERS[2:])  # without the sets of p = 1e-34, for which gseapy works longest


def prerank(values, sets: MatchedSets, seed: int) -> Enrichment:
    """The table that a run makes of a ranking, by gseapy."""
    return prerank_scores(values, sets, seed).tabulate(np.array([len(m) for m in sets.members]))


def overrepresentation(chosen, n_background: int, sets: MatchedSets) -> Enrichment:
    return next(overrepresentation_all([chosen], n_background, sets))


def in_order_of_sets(table):
    order = np.argsort(table.gene_set)
    return table.statistic[order], table.p[order], [table.leading[i] for i in order]


def running_sum(values, members) -> np.ndarray:
    """The running sum of Subramanian et al. 2005 down the ranking, step by step."""
    order = np.argsort(-values)
    inside = np.isin(order, members)
    weight = np.abs(values[order]) * inside
    return np.cumsum(weight / weight.sum() - ~inside / (~inside).sum())


def test_prerank_agrees_with_permutations():
    ranking = pd.Series(VALUES, [f"g{i}" for i in range(N_GENES)]).sort_values(ascending=False)
    names = {f"s{i}": [f"g{g}" for g in found] for i, found in enumerate(MEMBERS)}
    theirs = (
        gseapy.prerank(
            ranking, names, min_size=1, permutation_num=2000, seed=1, threads=1, outdir=None
        )
        .res2d.set_index("Term")
        .loc[list(names)]
    )
    nes, p, _ = in_order_of_sets(prerank(VALUES, SETS, seed=0))
    assert np.array_equal(np.sign(nes), np.sign(theirs["ES"].astype(float)))
    assert np.allclose(nes, theirs["NES"].astype(float), rtol=0.05)
    assert np.allclose(p, theirs["NOM p-val"].astype(float), atol=0.05)


def test_prerank_leads_with_the_genes_up_to_the_peak():
    nes, _, leading = in_order_of_sets(prerank(VALUES, SETS, seed=0))
    for value, found, members in zip(nes, leading, MEMBERS, strict=True):
        path = running_sum(VALUES, members)
        peak = int(np.argmax(np.abs(path)))
        assert np.sign(path[peak]) == np.sign(value)
        side = RANKED[: peak + 1] if value > 0 else RANKED[peak + 1 :]
        assert set(found) == set(side) & set(members)


def test_prerank_is_ordered_by_p_and_repeats_itself():
    first, again = prerank(VALUES, MILD, seed=3), prerank(VALUES, MILD, seed=3)
    assert np.all(np.diff(first.p) >= 0)
    assert first.gene_set.tolist() == again.gene_set.tolist()
    assert first.p.tolist() == again.p.tolist()
    assert first.size.tolist() == [len(MILD.members[i]) for i in first.gene_set]


def test_a_large_seed_is_fine():
    assert len(prerank(VALUES, MILD, seed=(2**32 - 1) * 100_003).p) == 3


def test_nan_is_no_evidence_either_way():
    holes = VALUES.copy()
    holes[RANKED[200:210]] = np.nan
    zeros = np.nan_to_num(holes)
    assert prerank(holes, MILD, 0).p.tolist() == prerank(zeros, MILD, 0).p.tolist()


def test_no_spread_is_no_enrichment():
    table = prerank(np.full(N_GENES, 2.0), SETS, seed=0)
    assert table.p.tolist() == [1.0] * 5 and table.statistic.tolist() == [0.0] * 5


@pytest.mark.parametrize("whole", [[range(N_GENES), MEMBERS[3]], [range(N_GENES)] * 2])
def test_a_set_of_the_whole_background_says_nothing(whole):
    """gseapy drops it, and gives up where it is the only one."""
    found = prerank_scores(VALUES, matched([list(members) for members in whole]), seed=0)
    assert (found.es[0], found.nes[0], found.p[0], len(found.leading[0])) == (0, 0, 1, 0)
    own = prerank_scores(VALUES, matched([MEMBERS[3]]), seed=0)
    expected = own if len(whole[1]) < N_GENES else no_scores(1)
    for name in ("es", "nes", "p"):
        assert getattr(found, name)[1] == getattr(expected, name)[0]
    assert found.leading[1].tolist() == expected.leading[0].tolist()


def test_neighbours_among_ties_are_not_enriched():
    """A family of genes that stand together, all with value 0, is no finding."""
    values = np.zeros(1000)
    values[:150] = np.random.default_rng(1).gamma(1, 1, 150)
    families = matched([np.arange(150, 170), np.arange(980, 1000), np.arange(500, 520)])
    p = [in_order_of_sets(prerank(values, families, seed))[1] for seed in range(20)]
    assert np.all(np.median(p, axis=0) > 0.1)
    assert np.min(p) > 1e-4


def test_a_random_set_without_any_weight_does_not_stop_the_sampling():
    """A concept of one cell gives a ranking of few values, some of them 0."""
    values = np.repeat(
        [-1.6, -1.3, -0.9, -0.3, 0.0, 0.3, 0.6, 0.9, 1.6], [17, 30, 30, 8, 9, 2, 2, 1, 1]
    )
    sets = matched([[99, 98, 97, 20]])
    assert all(0 < prerank(values, sets, seed).p[0] < 1 for seed in range(20))


def test_the_shell_stays_silent_and_keeps_its_stderr(capfd):
    prerank(VALUES, matched([RANKED[:2], RANKED[5:8]]), seed=0)
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


@given(hnp.arrays(np.float64, st.integers(1, 50), elements=st.integers(-3, 3)), st.integers(0, 9))
def test_breaking_ties_keeps_the_order_of_what_differs(values, seed):
    strict = break_ties(values, seed)
    if np.any(values):
        assert len(np.unique(strict)) == len(values)
    assert np.allclose(strict, values, atol=1e-6)
    higher = values[:, None] > values[None, :]
    assert np.all((strict[:, None] > strict[None, :])[higher])


def test_ties_come_in_an_order_that_the_seed_fixes():
    values = np.zeros(50)
    values[0] = 1
    orders = [np.argsort(-break_ties(values, seed)).tolist() for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0][0] == 0 and orders[0] != list(range(50))


def test_overrepresentation_by_hand():
    # 10 genes, 4 listed, a set of 3 with 2 of them listed: expected 4 * 3 / 10 = 1.2, so
    # fold 2 / 1.2. p = P(X >= 2) = (C(3,2) C(7,2) + C(3,3) C(7,1)) / C(10,4) = (63 + 7) / 210.
    table = overrepresentation(np.array([7, 2, 0, 5]), 10, matched([[0, 7, 9]]))
    assert table.statistic[0] == pytest.approx(2 / 1.2)
    assert table.p[0] == pytest.approx(70 / 210)
    assert table.leading[0].tolist() == [7, 0]
    assert table.size.tolist() == [3]


def test_overrepresentation_is_fishers_test():
    chosen = RNG.choice(N_GENES, 50, replace=False)
    _, p, leading = in_order_of_sets(overrepresentation(chosen, N_GENES, SETS))
    for found, members, value in zip(leading, MEMBERS, p, strict=True):
        both = len(set(chosen) & set(members))
        rest = N_GENES - 50 - len(members) + both
        square = [[both, 50 - both], [len(members) - both, rest]]
        assert value == pytest.approx(fisher_exact(square, "greater").pvalue)
        assert set(found) == set(chosen) & set(members)


def test_many_lists_at_once_are_scipy_one_by_one():
    lists = [RNG.choice(N_GENES, n, replace=False) for n in (0, 1, 30, 30, 399, 400)]
    tables = list(overrepresentation_all(lists, N_GENES, SETS))
    assert len(tables) == len(lists)
    for chosen, table in zip(lists, tables, strict=True):
        alone = overrepresentation(chosen, N_GENES, SETS)
        assert table.p.tolist() == alone.p.tolist()
        assert table.gene_set.tolist() == alone.gene_set.tolist()
        for row, number in enumerate(table.gene_set):
            members = SETS.members[number]
            shared = [gene for gene in chosen if gene in members]
            assert table.leading[row].tolist() == shared
            p = hypergeom.sf(len(shared) - 1, N_GENES, len(members), len(chosen))
            assert table.p[row] == p


def test_nothing_chosen_is_no_enrichment():
    table = overrepresentation(np.empty(0, np.int64), N_GENES, SETS)
    assert table.p.tolist() == [1.0] * 5 and table.statistic.tolist() == [0.0] * 5


def test_q_by_hand():
    # Sorted .01 .02 .03 .5 times 4 / rank: .04 .04 .04 .5; the smallest from the right stays.
    p = np.array([0.5, 0.03, 0.01, 0.02])
    table = make_enrichment(np.arange(4), np.ones(4), p, np.full(4, 9), [p] * 4)
    assert table.gene_set.tolist() == [2, 3, 1, 0]
    assert np.allclose(table.q, [0.04, 0.04, 0.04, 0.5])


def test_no_set_is_no_row():
    nothing = np.empty(0)
    assert len(make_enrichment(nothing, nothing, nothing, nothing, []).q) == 0


def test_rows_are_ordered_by_p_then_by_size_of_the_statistic():
    p, statistic = np.array([0.2, 0.1, 0.1, 0.1]), np.array([9.0, 1.0, -3.0, 1.0])
    leading = [np.array([i]) for i in range(4)]
    table = make_enrichment(np.arange(4), statistic, p, np.arange(4), leading)
    assert table.gene_set.tolist() == [2, 1, 3, 0]
    assert [found[0] for found in table.leading] == [2, 1, 3, 0]
    head = table.head(2)
    assert head.gene_set.tolist() == [2, 1]
    # q still counts four sets: .1 * 4 / 3.
    assert np.allclose(head.q, 0.4 / 3)
