"""Held-out tests: against brute force on a linear model, and what may not leak into a ranking."""

from dataclasses import replace

import numpy as np
import pytest

from precompute.attribution.concept import mean_effects, rank_correlation
from precompute.attribution.faithfulness import RANKINGS, HeldOutTest, Side, choose_held_out
from precompute.attribution.halves import split_cells, split_donors
from precompute.models.expression import ExpressionModel
from tests.unit.precompute.attribution_case import (
    N_CELLS,
    N_GENES,
    N_PROGRAMMES,
    arguments,
    cells,
    drivers,
    make_case,
    mlp,
)

ATTRIBUTION, DIFFERENTIAL, RANDOM = range(3)
CURVES = ("deletion", "deletion_low", "deletion_high", "insertion", "remaining")


def no_score(chosen):
    return np.zeros((N_PROGRAMMES, N_GENES))


@pytest.fixture(scope="module")
def setting():
    return make_case(n_verify=0)


@pytest.fixture(scope="module")
def found(setting):
    """The tests of all concepts, the drivers first in the ranking to compare with."""
    test = HeldOutTest(setting, lambda chosen: drivers().astype(float))
    assert RANKINGS == ("attribution", "differential", "random")
    assert test.steps == (1, 2, 5, 10, 20, 50, 100)
    return [test.run(concept) for concept in range(N_PROGRAMMES)]


def test_the_attribution_of_a_taught_model_is_faithful(found):
    for concept in found:
        curve = concept.curves.deletion
        assert (curve[ATTRIBUTION, 2:6] > curve[RANDOM, 2:6] + 0.3).all()
        # 6 planted drivers: nearly all is lost with the first 10 genes, and stays lost.
        assert curve[ATTRIBUTION, 3] > 0.8 and curve[ATTRIBUTION, 5] > 0.93
        assert (curve[ATTRIBUTION] >= curve[DIFFERENTIAL] - 0.01).all()
        assert (concept.held_out, concept.curves.n_cells) == (0, 120)
        assert min(concept.split_cells, concept.split_donors) > 0.3
        assert (concept.curves.insertion[ATTRIBUTION, 3:] > 0.8).all()
        assert (concept.curves.remaining[ATTRIBUTION, 3:] < 0.15).all()


def test_random_genes_lose_their_share_of_the_genes(setting):
    """n of 150 genes lose n / 150 of the drop, on average over orders."""
    curves = [
        HeldOutTest(replace(setting, seed=seed), no_score).run(concept).curves.deletion[RANDOM]
        for concept in range(N_PROGRAMMES)
        for seed in range(8)
    ]
    expected = np.array([1, 2, 5, 10, 20, 50, 100]) / N_GENES
    assert np.allclose(np.mean(curves, axis=0), expected, atol=0.06)


class Linear(ExpressionModel):
    """embedding = log counts @ weights, whose drops can be summed up."""

    name = "linear"
    d_embedding = N_PROGRAMMES
    differentiable = "expression"

    def __init__(self):
        first, last = mlp().network[0].weight, mlp().network[2].weight
        self.weights = (last @ first).T.numpy().copy() / 3
        self.genes = mlp().genes

    def embed_log1p(self, log_counts, covariates):
        return log_counts @ log_counts.new_tensor(self.weights)


def linear_case(**change):
    setting = make_case(n_verify=0, split=False, **change)
    setting.readout.model = Linear()
    setting.readout.split = None
    return setting


def score_by_mean(chosen):
    return np.asarray(cells().X[chosen].mean(axis=0)) * np.ones((N_PROGRAMMES, 1))


def lose_by_hand(steps, halves, setting, concept):
    """What each tested cell loses with each ranking, from sums over genes, and what it has.

    A linear model loses slope x difference with each gene.
    """
    slope = setting.readout.model.weights[:, concept].astype(np.float64)
    sides = [Side(halves, which, setting, score_by_mean) for which in (0, 1)]
    lost, full, z, donors = [], [], [], []
    for ranked, tested in ((0, 1), (1, 0)):
        effects = mean_effects(sides[ranked].setting, concept)
        rankings = np.argsort(-effects), np.argsort(-sides[ranked].scores[concept], kind="stable")
        chosen = choose_held_out(sides[tested].setting, concept)
        pairs = sides[tested].setting.pairs(concept, chosen)
        by_gene = slope * (pairs.expression.astype(np.float64) - pairs.profiles[0])
        lost.append(np.array([[by_gene[:, r[:n]].sum(axis=1) for n in steps] for r in rankings]))
        full.append(by_gene.sum(axis=1))
        z.append(pairs.expression @ slope - 0.4)
        whole = sides[tested].setting.population
        donors.append(chosen if whole.donors is None else whole.donors[chosen])
    return np.concatenate(lost, axis=2), *(np.concatenate(x) for x in (full, z, donors))


@pytest.mark.parametrize("donors", [True, False], ids=["donors", "cells"])
def test_curves_of_a_linear_model_by_hand(donors):
    setting = linear_case() if donors else linear_case(donors=None)
    halves = (split_donors if donors else split_cells)(setting.population, setting.seed)
    test, concept = HeldOutTest(setting, score_by_mean), 1
    found = test.run(concept)
    assert found.held_out == (0 if donors else 1)
    assert np.isnan(found.split_donors) == (not donors)
    lost, full, z, _ = lose_by_hand(test.steps, halves, setting, concept)
    share = lost.sum(axis=2) / full.sum()
    assert np.allclose(found.curves.deletion[:2], share, atol=1e-4)
    # In a linear model what the top genes bring is what their replacement takes.
    assert np.allclose(found.curves.insertion[:2], share, atol=1e-4)
    left = np.maximum(z - lost, 0).sum(axis=2) / np.maximum(z, 0).sum()
    assert np.allclose(found.curves.remaining[:2], left, atol=1e-4)


def interval_by_hand(lost, full, units):
    """The 95 % interval of the share, units drawn with replacement."""
    rng = np.random.default_rng(0)
    names = np.unique(units)
    shares = []
    for _ in range(2000):
        drawn = np.concatenate([np.flatnonzero(units == u) for u in rng.choice(names, len(names))])
        shares.append(lost[:, :, drawn].sum(axis=2) / full[drawn].sum())
    return np.quantile(shares, [0.025, 0.975], axis=0)


def test_donors_are_resampled_where_each_side_has_three():
    """8 donors that differ in the concept: their interval is not that of their cells."""
    activity = arguments()["embeddings"][:, 1]
    active = np.flatnonzero(activity > 0.4)
    donors = np.random.default_rng(0).integers(0, 8, N_CELLS)
    donors[active[np.argsort(activity[active])]] = np.arange(len(active)) * 8 // len(active)
    setting = linear_case(donors=donors)
    test = HeldOutTest(setting, score_by_mean)
    halves = split_donors(setting.population, setting.seed)
    lost, full, _, units = lose_by_hand(test.steps, halves, setting, 1)
    assert len(np.unique(units)) == 8
    curves = test.run(1).curves
    found = np.stack([curves.deletion_low[:2], curves.deletion_high[:2]])
    by_donor = interval_by_hand(lost, full, units)
    by_cell = interval_by_hand(lost, full, np.arange(len(full)))
    # 200 draws against 2,000: a few hundredths apart.
    assert np.abs(found - by_donor).mean() < 0.02 < 0.04 < np.abs(found - by_cell).mean()


def test_a_ranking_sees_the_cells_of_its_half_only(setting):
    seen = []

    def score(chosen):
        seen.append(np.array(chosen))
        return np.zeros((N_PROGRAMMES, N_GENES))

    HeldOutTest(setting, score).run(0)
    halves = split_donors(setting.population, setting.seed)
    assert len(seen) == 2
    assert all(np.array_equal(a, b) for a, b in zip(seen, halves.cells, strict=True))


def test_effects_of_a_half_do_not_move_when_the_other_half_is_poisoned(setting):
    halves = split_donors(setting.population, setting.seed)
    counts, embeddings = cells().X.tolil(), arguments()["embeddings"].copy()
    counts[halves.cells[1]] = counts[halves.cells[1]][:, ::-1]
    embeddings[halves.cells[1]] *= -3
    poisoned = make_case(n_verify=0, counts=counts.tocsr(), embeddings=embeddings)
    again = split_donors(poisoned.population, poisoned.seed)
    for which, same in ((0, True), (1, False)):
        one, other = (
            mean_effects(Side(h, which, s, no_score).setting, 2)
            for h, s in ((halves, setting), (again, poisoned))
        )
        assert np.array_equal(one, other) == same


def test_each_half_is_ranked_by_the_scores_of_the_other(setting):
    """Good scores on one half and bad ones on the other: the two ways round add up."""
    first = split_donors(setting.population, setting.seed).cells[0]
    good, bad = drivers().astype(float), -drivers().astype(float)

    def run(on_first, on_second):
        test = HeldOutTest(
            setting, lambda chosen: on_first if np.array_equal(chosen, first) else on_second
        )
        return test.run(0).curves.deletion[DIFFERENTIAL]

    both_good, both_bad = run(good, good), run(bad, bad)
    assert both_good[3] > 0.6 > 0.2 > both_bad[3]
    assert np.allclose(run(good, bad) + run(bad, good), both_good + both_bad, atol=1e-5)
    assert both_bad[3] + 0.1 < run(good, bad)[3] < both_good[3] - 0.1


def test_unknown_scores_come_last(setting):
    unknown = np.where(drivers(), 1.0, np.nan)
    one, other = (
        HeldOutTest(setting, lambda chosen, s=scores: s).run(0).curves.deletion
        for scores in (unknown, drivers().astype(float))
    )
    assert np.array_equal(one, other)


def test_intervals_hold_the_value_and_shrink_with_more_cells(setting, found, monkeypatch):
    for concept in found:
        curves = concept.curves
        inside = (curves.deletion_low <= curves.deletion) & (
            curves.deletion <= curves.deletion_high
        )
        assert inside.mean() > 0.9
        assert (curves.deletion_low <= curves.deletion_high).all()
    wide = [curves_of(found, name) for name in ("deletion_high", "deletion_low")]
    monkeypatch.setattr("precompute.attribution.faithfulness._HELD_OUT_CELLS", 15)
    test = HeldOutTest(setting, lambda chosen: drivers().astype(float))
    fewer = [test.run(concept) for concept in range(N_PROGRAMMES)]
    assert {concept.curves.n_cells for concept in fewer} == {30}
    few = [curves_of(fewer, name) for name in ("deletion_high", "deletion_low")]
    ratio = (few[0] - few[1]).mean() / (wide[0] - wide[1]).mean()
    # A quarter of the cells: twice as wide, up to what cells differ.
    assert 1.5 < ratio < 2.7


def curves_of(found, name) -> np.ndarray:
    return np.stack([getattr(concept.curves, name) for concept in found])


def test_the_interval_covers_the_truth_on_other_cells(setting, monkeypatch):
    """Intervals of 30 cells hold what 400 cells show, mostly."""
    monkeypatch.setattr("precompute.attribution.faithfulness._HELD_OUT_CELLS", 400)
    truth = curves_of([HeldOutTest(setting, no_score).run(c) for c in range(5)], "deletion")
    monkeypatch.setattr("precompute.attribution.faithfulness._HELD_OUT_CELLS", 15)
    few = [HeldOutTest(setting, no_score).run(c) for c in range(5)]
    low, high = curves_of(few, "deletion_low"), curves_of(few, "deletion_high")
    covered = (low <= truth) & (truth <= high)
    assert covered[:, (ATTRIBUTION, RANDOM)].mean() > 0.7


def test_the_same_seed_is_bit_equal(setting, found):
    test = HeldOutTest(setting, lambda chosen: drivers().astype(float))
    again = test.run(3)
    for name in CURVES:
        assert np.array_equal(getattr(again.curves, name), getattr(found[3].curves, name)), name
    assert (again.split_cells, again.split_donors) == (found[3].split_cells, found[3].split_donors)
    other = HeldOutTest(replace(setting, seed=1), no_score).run(3)
    assert not np.array_equal(other.curves.deletion, again.curves.deletion)


def plant(active: np.ndarray) -> dict:
    """Return arguments in which concept 0 is active in these cells, and no other is in any."""
    indices = np.full((N_CELLS, 3), -1, np.int32)
    indices[active, 0] = 0
    return {"indices": indices, "values": np.where(indices >= 0, 1.0, 0.0).astype(np.float32)}


@pytest.mark.parametrize("n_active", [0, 9, N_CELLS - 9, N_CELLS])
def test_too_few_cells_on_one_side_say_nothing(n_active):
    planted = plant(np.arange(N_CELLS) < n_active)
    found = HeldOutTest(make_case(n_verify=0, **planted), no_score).run(0)
    assert (found.held_out, found.curves.n_cells) == (-1, 0)
    for name in CURVES:
        values = getattr(found.curves, name)
        assert values.shape == (3, 7) and np.isnan(values).all(), name
    assert np.isnan([found.split_cells, found.split_donors]).all()


def test_one_donor_holds_out_cells():
    found = HeldOutTest(make_case(n_verify=0, donors=np.full(N_CELLS, "only")), no_score).run(0)
    assert (found.held_out, found.curves.n_cells) == (1, 120)
    assert np.isnan(found.split_donors) and found.split_cells > 0.2
    assert np.isfinite(found.curves.deletion).all()


def test_a_concept_of_one_donor_holds_out_cells():
    donor = cells().obs["donor"].to_numpy()
    active = (donor == donor[0]) & (arguments()["embeddings"][:, 0] > 0.4)
    found = HeldOutTest(make_case(n_verify=0, **plant(active)), no_score).run(0)
    assert (found.held_out, np.isnan(found.split_donors)) == (1, True)
    assert found.curves.n_cells == active.sum() <= 120


def test_split_is_the_rank_correlation_of_the_halves(setting, found):
    halves = split_cells(setting.population, setting.seed)
    effects = [mean_effects(Side(halves, i, setting, no_score).setting, 4) for i in (0, 1)]
    assert found[4].split_cells == rank_correlation(*effects)
    assert rank_correlation(np.arange(5.0), np.arange(5.0) ** 3) == pytest.approx(1)
    assert np.isnan(rank_correlation(np.arange(5.0), np.ones(5)))


def test_a_null_contrast_has_no_share(setting):
    """Against other active cells nothing falls on average: unknown, not zero or infinity."""
    given = arguments()
    silent = HeldOutTest(make_case(n_verify=0, counts=given["counts"] * 0), no_score).run(0)
    assert np.isnan(silent.curves.deletion).all() and silent.held_out == 0
