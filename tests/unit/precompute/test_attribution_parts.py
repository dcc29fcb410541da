"""Gradient, exact swap, choice of cells and sums, each against arithmetic by hand."""

import numpy as np
import pytest
import torch

from precompute.attribution import (
    ConceptReadout,
    Pairs,
    gradient_effects,
    share_of_effect,
    swap_effects,
)
from precompute.attribution.aggregate import EffectSums
from precompute.attribution.sampling import choose_cells, even_quotas
from precompute.dictionary import Dictionary
from precompute.errors import InputError
from precompute.models.expression import ExpressionModel

N, G, D, C = 7, 15, 4, 3
RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(size=(G, D)).astype(np.float32)
SHIFT = RNG.normal(size=(2, D)).astype(np.float32)
LOG_COUNTS = RNG.uniform(0, 3, (N, G)).astype(np.float32)
PROFILES = RNG.uniform(0, 3, (2, N, G)).astype(np.float32)
PROFILES[:, :, 5] = LOG_COUNTS[:, 5]
CONCEPTS = np.array([0, 1, 2, 0, 1, 2, 0])
COVARIATES = RNG.normal(size=(N, 2)).astype(np.float32)
PAIRS = Pairs(CONCEPTS, LOG_COUNTS, PROFILES, COVARIATES)
DICTIONARY = Dictionary(
    encoder=RNG.normal(size=(C, D)).astype(np.float32),
    encoder_bias=RNG.normal(size=C).astype(np.float32),
    decoder=np.eye(C, D, dtype=np.float32),
    center=RNG.normal(size=D).astype(np.float32),
    scale=2.5,
    k=2,
)


class Linear(ExpressionModel):
    """embedding = u @ WEIGHTS + covariates @ SHIFT, with a hook to break it."""

    name = "linear"
    genes = np.array([f"g{gene}" for gene in range(G)])
    d_embedding = D
    differentiable = "expression"

    def __init__(self, after=lambda embeddings: embeddings):
        self.after = after

    def embed_log1p(self, log_counts, covariates):
        embeddings = log_counts @ torch.from_numpy(WEIGHTS)
        if covariates is not None:
            embeddings = embeddings + covariates @ torch.from_numpy(SHIFT)
        return self.after(embeddings)


def readout(after=lambda embeddings: embeddings):
    return ConceptReadout(Linear(after), DICTIONARY)


def call(function, *more, after=lambda embeddings: embeddings):
    return function(readout(after), PAIRS, *more)


def test_readout_is_the_pre_activation():
    tensors = (torch.from_numpy(array) for array in (LOG_COUNTS, COVARIATES, CONCEPTS))
    z = readout()(*tensors).numpy()
    expected = DICTIONARY.pre_activations(LOG_COUNTS @ WEIGHTS + COVARIATES @ SHIFT)
    assert np.allclose(z, expected[np.arange(N), CONCEPTS], atol=1e-4)


def test_linear_model_gradient_swap_and_analysis_agree():
    slope = DICTIONARY.encoder[CONCEPTS] @ WEIGHTS.T / 2.5
    per_draw = slope * (LOG_COUNTS - PROFILES)
    effects = call(gradient_effects)
    assert effects.dtype == PAIRS.differences().dtype == np.float32
    assert np.allclose(effects, per_draw.mean(axis=0), atol=1e-4)
    assert np.allclose(PAIRS.differences(), LOG_COUNTS - PROFILES.mean(axis=0), atol=1e-6)
    exact = call(swap_effects)
    assert np.allclose(exact, per_draw.mean(axis=0), atol=1e-4)
    assert (exact[:, 5] == 0).all()
    some = np.array([14, 0, 5])
    assert np.array_equal(call(swap_effects, some), exact[:, some])


def test_linear_effects_are_complete():
    effects = call(gradient_effects)
    tensors = [torch.from_numpy(array) for array in (COVARIATES, CONCEPTS)]
    at = [readout()(torch.from_numpy(u), *tensors).numpy() for u in (LOG_COUNTS, *PROFILES)]
    assert np.allclose(effects.sum(axis=1), at[0] - (at[1] + at[2]) / 2, atol=1e-4)


def test_swap_equals_a_naive_loop_for_a_curved_model(monkeypatch):
    monkeypatch.setattr("precompute.attribution.swap._VALUES_PER_BATCH", 4 * G)
    genes = np.array([9, 2, 5, 14])
    exact = call(swap_effects, genes, after=torch.tanh)

    def z(u, row):
        embedding = np.tanh(u @ WEIGHTS + COVARIATES[row] @ SHIFT)
        return DICTIONARY.pre_activations(embedding[None])[0, CONCEPTS[row]]

    for row in range(N):
        for column, gene in enumerate(genes):
            drops = []
            for draw in range(2):
                swapped = LOG_COUNTS[row].copy()
                swapped[gene] = PROFILES[draw, row, gene]
                drops.append(z(LOG_COUNTS[row], row) - z(swapped, row))
            assert exact[row, column] == pytest.approx(np.mean(drops), abs=1e-4)


def nan_in_one_row(embeddings):
    return torch.where(torch.arange(len(embeddings))[:, None] == 2, torch.nan, embeddings)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (nan_in_one_row, "'linear'.*1 of 7 embeddings hold NaN"),
        (lambda embeddings: embeddings.detach(), "without gradients"),
        (lambda embeddings: embeddings[:, :2], r"shape \(7, 2\)"),
        (lambda embeddings: (embeddings * 0).sqrt(), "gradients hold NaN"),
    ],
)
def test_broken_models_are_refused(after, words):
    with pytest.raises(InputError, match=words):
        call(gradient_effects, after=after)


def test_models_without_gradient_or_of_other_length_are_refused():
    model = Linear()
    model.differentiable = "none"
    with pytest.raises(InputError, match="only finished embeddings"):
        ConceptReadout(model, DICTIONARY)
    model = Linear()
    model.d_embedding = 9
    with pytest.raises(InputError, match="length 9"):
        ConceptReadout(model, DICTIONARY)


def test_sums_by_donor():
    donors = np.array([4, 2, 9, 2, 4, 2])
    effects, differences = RNG.normal(size=(2, 6, G)).astype(np.float32)
    differences[:, 0] = 0
    sums = EffectSums(donors, 6, G)
    sums.add(effects[:4], differences[:4])
    sums.add(effects[4:], differences[4:])
    summary = sums.summary(np.random.default_rng(5))
    assert sums.unit == "donor"
    effect, more = effects.mean(axis=0), differences.mean(axis=0)
    assert np.allclose(summary.effect, effect, atol=1e-6)
    assert np.allclose(summary.presence, np.where(more > 0, effect, 0), atol=1e-6)
    assert np.allclose(summary.absence, np.where(more < 0, effect, 0), atol=1e-6)
    draws = np.random.default_rng(5).multinomial(3, [1 / 3] * 3, size=200)
    means = []
    for n_2, n_4, n_9 in draws:
        rows = [1, 3, 5] * n_2 + [0, 4] * n_4 + [2] * n_9
        means.append(effects[rows].mean(axis=0))
    assert np.allclose(summary.standard_error, np.std(means, axis=0, ddof=1), atol=1e-5)


@pytest.mark.parametrize("donors", [None, np.array([0, 1] * 100)])
def test_few_donors_resample_cells(donors):
    effects = np.random.default_rng(1).normal(size=(200, G))
    sums = EffectSums(donors, 200, G)
    sums.add(effects, np.zeros_like(effects))
    assert sums.unit == "cell"
    error = sums.summary(np.random.default_rng(0)).standard_error
    # The bootstrap of a mean estimates standard deviation / sqrt(n), here about 1 / 14.
    assert np.allclose(error, effects.std(axis=0) / np.sqrt(200), rtol=0.25)


def test_one_unit_has_no_error():
    sums = EffectSums(None, 1, G)
    sums.add(np.ones((1, G)), np.zeros((1, G)))
    assert np.isnan(sums.summary(np.random.default_rng(0)).standard_error).all()


def test_share_of_effect():
    effect = np.array([[1.0, -3.0], [0.0, 0.0], [np.nan, np.nan]])
    share = share_of_effect(effect)
    assert share[:2].tolist() == [[0.25, 0.75], [0.0, 0.0]]
    assert np.isnan(share[2]).all()


def test_even_quotas():
    assert even_quotas(np.array([10, 2, 7]), 12).tolist() == [5, 2, 5]
    assert even_quotas(np.array([10, 0, 7]), 5).tolist() == [3, 0, 2]
    assert even_quotas(np.array([1, 2]), 9).tolist() == [1, 2]


def test_chosen_cells_are_even_over_donors_and_strata():
    cells = np.arange(100, 400)
    donors = np.repeat([0, 2, 3], [250, 20, 30])
    activations = np.random.default_rng(0).permutation(300).astype(float)
    chosen = choose_cells(cells, activations, donors, 120, np.random.default_rng(1))
    assert np.array_equal(chosen, np.unique(chosen))
    assert np.bincount(donors[chosen - 100]).tolist() == [70, 0, 20, 30]
    ordered = cells[:250][np.argsort(activations[:250])]
    places = np.sort([int(np.flatnonzero(ordered == cell)[0]) for cell in chosen[chosen < 350]])
    assert (np.floor(places * 70 / 250 + 1e-9) <= np.arange(70) + 1).all()
    assert np.diff(places).max() <= 7
    again = choose_cells(cells, activations, donors, 120, np.random.default_rng(1))
    assert np.array_equal(chosen, again)


def test_few_cells_are_all_chosen():
    cells = np.array([5, 3, 9])
    chosen = choose_cells(cells, np.ones(3), None, 3, np.random.default_rng(0))
    assert chosen.tolist() == [3, 5, 9]
