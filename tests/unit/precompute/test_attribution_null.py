"""False discovery rates of effects: their definition, their calibration, their power."""

import numpy as np
import pytest

from precompute.attribution import attribute
from precompute.attribution.aggregate import EffectSums, null_rate
from precompute.attribution.concept import attribute_concept
from tests.unit.precompute.attribution_case import N_PROGRAMMES, arguments, drivers, make_case

N_NULL = 20  # as many as a run draws


def rate_by_hand(effect, error, null_effect, null_error) -> np.ndarray:
    """For each gene the least, over thresholds up to its own value, of expected null over found.

    Genes and null values are compared one with the other, without any sorting.
    """
    added = np.median(error[effect != 0])
    null_added = np.median(null_error[null_effect != 0])
    found = np.abs(effect) / (error + added)
    null = np.abs(null_effect) / (null_error + null_added)
    q = np.ones(len(effect))
    for gene, own in enumerate(found):
        rates = [
            (null >= level).sum() / len(null) / (found >= level).sum()
            for level in found
            if level <= own and level > 0
        ]
        if own > 0:
            q[gene] = min(1, *rates)
    return q


def draw_case(seed, n_genes=60):
    rng = np.random.default_rng(seed)
    effect, null_effect = rng.normal(size=n_genes), rng.normal(size=(N_NULL, n_genes))
    effect[:6] += 9
    effect[10:20], null_effect[:, 12:15] = 0, 0
    errors = rng.uniform(0.5, 1.5, (1 + N_NULL, n_genes))
    return effect, errors[0], null_effect, errors[1:]


@pytest.mark.parametrize("seed", range(5))
def test_equals_its_definition(seed):
    case = draw_case(seed)
    q = null_rate(*case)
    assert np.allclose(q, rate_by_hand(*case), atol=1e-12)
    assert (q[10:20] == 1).all()
    assert q[:6].max() < 0.05 < np.median(q[20:])


def test_equal_genes_have_equal_rates():
    effect, error = np.array([3.0, 1, 3, 1, 2]), np.ones(5)
    null = np.array([[0.5, 1.0, 2.5, 0, 0]])
    q = null_rate(effect, error, null, np.ones((1, 5)))
    # 0 null values reach 3 (2 genes), 1 reaches 2 (3 genes), 2 reach 1 (5 genes).
    assert q == pytest.approx([0, 2 / 5, 0, 2 / 5, 1 / 3])


def test_a_larger_effect_has_no_larger_rate():
    effect, error, null_effect, null_error = draw_case(7)
    q = null_rate(effect, error, null_effect, null_error)
    size = np.abs(effect) / (error + np.median(error[effect != 0]))
    assert (np.diff(q[np.argsort(-size)]) >= 0).all()


def test_without_a_null_or_errors_nothing_is_known():
    effect, error, null_effect, null_error = draw_case(0)
    assert np.isnan(null_rate(effect, error, null_effect[:0], null_error[:0])).all()
    unknown = np.full_like(error, np.nan)
    assert np.isnan(null_rate(effect, unknown, null_effect, null_error)).all()


def test_no_effect_at_all():
    q = null_rate(np.zeros(5), np.zeros(5), np.zeros((2, 5)), np.zeros((2, 5)))
    assert (q == 1).all()


def summarise(effects, null, donors):
    n_cells, n_genes = effects.shape
    sums = EffectSums(donors, n_cells, n_genes, len(null))
    half = n_cells // 2
    for rows in (slice(0, half), slice(half, None)):
        sums.add(effects[rows], np.ones_like(effects[rows]), null[:, rows])
    return sums.summary(np.random.default_rng(0))


def draw_noise(rng, donors, n_cells=160, n_genes=300) -> np.ndarray:
    """Effects without a contrast: cells differ, and donors too where there are any."""
    noise = rng.normal(0, 1, (n_cells, n_genes))
    if donors is None:
        return noise
    return noise + rng.normal(0, 0.3, (donors.max() + 1, n_genes))[donors]


@pytest.mark.parametrize("n_donors", [8, 0], ids=["donors", "cells"])
def test_few_findings_where_there_is_nothing(n_donors):
    """At most one run in 1 + N_NULL has a gene above all null values, and so a rate of 0."""
    donors = np.repeat(np.arange(n_donors), 160 // n_donors) if n_donors else None
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        null = np.stack([draw_noise(rng, donors) for _ in range(N_NULL)])
        found.append(summarise(draw_noise(rng, donors), null, donors).q < 0.05)
    assert np.mean(found) < 0.003
    assert np.any(found, axis=1).sum() <= 4


@pytest.mark.parametrize("n_donors", [8, 0], ids=["donors", "cells"])
def test_planted_effects_are_found_at_the_rate_that_is_promised(n_donors):
    donors = np.repeat(np.arange(n_donors), 160 // n_donors) if n_donors else None
    recovered, false = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        null = np.stack([draw_noise(rng, donors) for _ in range(N_NULL)])
        effects = draw_noise(rng, donors)
        effects[:, :40] += 1
        found = summarise(effects, null, donors).q < 0.05
        recovered.append(found[:40].mean())
        false.append(found[40:].sum() / max(1, found.sum()))
    assert np.mean(recovered) > 0.9
    assert 0.01 < np.mean(false) < 0.08


def test_the_null_is_resampled_with_the_effects():
    """Null draws that are the effects themselves have their standard errors: every q is 1."""
    rng = np.random.default_rng(0)
    effects = rng.normal(1, 1, (60, 30))
    found = summarise(effects, np.stack([effects] * N_NULL), np.repeat(np.arange(6), 10))
    assert (found.q == 1).all()


def test_permuted_cells_as_counterfactual_give_no_small_rates():
    null = attribute(**arguments(counterfactual="permuted"))
    contrast = attribute(**arguments(counterfactual="random_matched"))
    assert (null.q < 0.05).mean() < 0.01
    assert (contrast.q < 0.05).mean() > 0.05
    strongest = drivers()[:N_PROGRAMMES] & (contrast.share > 0.03)
    assert (strongest.sum(axis=1) >= 2).all()
    assert (contrast.q[strongest] < 0.05).mean() > 0.6


def test_the_null_takes_no_further_pass_through_the_model(monkeypatch):
    setting = make_case(method="gradient", max_cells=30)
    counted = []
    slopes = setting.readout.slopes
    monkeypatch.setattr(
        setting.readout, "slopes", lambda *inputs: counted.append(len(inputs[0])) or slopes(*inputs)
    )
    found = attribute_concept(setting, 1)
    assert setting.n_null == N_NULL and np.isfinite(found.summary.q).all()
    assert sum(counted) == found.n_cells_used  # once a cell
