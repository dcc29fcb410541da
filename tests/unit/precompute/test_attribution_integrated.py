"""Integrated gradients against integrals done by hand, and both ways through a model."""

import numpy as np
import pytest
import torch
from torch import nn

from precompute.attribution import METHODS, ConceptReadout, Pairs, integrated_effects
from precompute.attribution import integrated as module
from precompute.attribution.concept import full_drops
from precompute.dictionary import Dictionary
from precompute.models.expression import ExpressionModel
from precompute.models.linear_first import split_layers

N, G, H, D, C, N_COVARIATES = 6, 20, 12, 4, 3, 2
RNG = np.random.default_rng(0)


def draw(*shape, low=0.0, high=3.0) -> np.ndarray:
    return RNG.uniform(low, high, shape).astype(np.float32)


def make_readout(model) -> ConceptReadout:
    rng = np.random.default_rng(1)
    dictionary = Dictionary(
        encoder=rng.normal(size=(C, model.d_embedding)).astype(np.float32),
        encoder_bias=rng.normal(size=C).astype(np.float32),
        decoder=np.eye(C, model.d_embedding, dtype=np.float32),
        center=rng.normal(size=model.d_embedding).astype(np.float32),
        scale=1.7,
        k=2,
    )
    return ConceptReadout(model, dictionary)


class Curved(ExpressionModel):
    """embedding = (log_counts ** power) @ weights: its integral is known."""

    name = "curved"
    d_embedding = D
    differentiable = "expression"
    weights = np.random.default_rng(2).normal(size=(G, D)).astype(np.float32)

    def __init__(self, power: int):
        self.power = power

    def embed_log1p(self, log_counts, covariates):
        return log_counts**self.power @ torch.from_numpy(self.weights)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_equals_the_integral_by_hand(power):
    """Genes do not interact here, so a gene's effect is its own share of the drop."""
    readout, concepts = make_readout(Curved(power)), np.array([0, 1, 2, 2])
    cells, profiles = draw(4, G), draw(3, 4, G)
    effects = integrated_effects(readout, Pairs(concepts, cells, profiles))
    # The integral of power * u^(power-1) from u' to u is u^power - u'^power.
    by_gene = (cells**power - profiles**power).mean(axis=0)
    slope = readout.dictionary.encoder[concepts] @ Curved.weights.T / 1.7
    assert effects.dtype == np.float32
    assert np.allclose(effects, slope * by_gene, rtol=1e-4, atol=1e-3)


class Product(ExpressionModel):
    """embedding = the product of the first two genes: each gets half of what they do together."""

    name = "product"
    d_embedding = D
    differentiable = "expression"

    def embed_log1p(self, log_counts, covariates):
        return (log_counts[:, :1] * log_counts[:, 1:2]).expand(-1, D)


def test_a_product_is_shared_between_its_genes():
    cells = np.zeros((1, G), np.float32)
    cells[0, :2] = 2, 3
    readout = make_readout(Product())
    effects = integrated_effects(readout, Pairs(np.array([0]), cells, 0 * cells[None]))
    # From 0 on the line is (2t)(3t): the integral of 3t * 2 and of 2t * 3 is 3 each, of 6.
    half = 3 * readout.dictionary.encoder[0].sum() / 1.7
    assert effects[0, :2] == pytest.approx([half, half], rel=1e-5)
    assert not effects[0, 2:].any()


class Network(ExpressionModel):
    """A small network that reads covariates, whole or taken apart at its first layer."""

    name = "network"
    d_embedding = D
    differentiable = "expression"

    def __init__(self, split: bool, activation: nn.Module, steep: float = 0.5):
        torch.manual_seed(3)
        first, inner, last = nn.Linear(G + N_COVARIATES, H), nn.Linear(H, H), nn.Linear(H, D)
        for layer in (first, inner, last):
            nn.init.normal_(layer.weight, std=steep)
        middle = (activation, inner, nn.LayerNorm(H), activation)
        self.network = nn.Sequential(first, *middle, last).requires_grad_(False).eval()
        self.linear_first = split_layers([first, *middle], last, G) if split else None

    def embed_log1p(self, log_counts, covariates):
        return self.network(torch.cat([log_counts, covariates], dim=1))


def network_pairs(n_draws: int = 2) -> Pairs:
    rng = np.random.default_rng(4)
    profiles = rng.uniform(0, 3, (n_draws, N, G)).astype(np.float32)
    cells = rng.uniform(0, 3, (N, G)).astype(np.float32)
    profiles[:, :, 7] = cells[:, 7]
    covariates = rng.normal(size=(N, N_COVARIATES)).astype(np.float32)
    return Pairs(np.arange(N) % C, cells, profiles, covariates)


@pytest.mark.parametrize("activation", [nn.SiLU(), nn.ReLU(), nn.Tanh()], ids=type)
@pytest.mark.parametrize("n_draws", [1, 3])
@pytest.mark.parametrize("method", METHODS)
def test_both_ways_through_a_model_agree(method, n_draws, activation):
    pairs = network_pairs(n_draws)
    whole, apart = (
        METHODS[method].effects(make_readout(Network(split, activation)), pairs)
        for split in (False, True)
    )
    assert whole.shape == (N, G) and whole.dtype == apart.dtype == np.float32
    assert np.abs(whole).max() > 0.1
    assert np.allclose(whole, apart, atol=1e-5)
    # The value of this gene is the same in all draws; their mean may be off in the last digit.
    assert max(np.abs(whole[:, 7]).max(), np.abs(apart[:, 7]).max()) < 1e-7


@pytest.mark.parametrize("split", [False, True], ids=["whole", "taken apart"])
@pytest.mark.parametrize("n_draws", [1, 3])
def test_effects_are_complete(split, n_draws):
    readout, pairs = make_readout(Network(split, nn.SiLU())), network_pairs(n_draws)
    drop = full_drops(readout, pairs)
    missing = np.abs(integrated_effects(readout, pairs).sum(axis=1) - drop).sum()
    assert missing <= 0.01 * np.abs(drop).sum()
    gradient = METHODS["gradient"].effects(readout, pairs).sum(axis=1)
    assert np.abs(gradient - drop).sum() > 0.1 * np.abs(drop).sum()


@pytest.mark.parametrize("split", [False, True], ids=["whole", "taken apart"])
def test_steps_double_until_complete(split, monkeypatch):
    """A steep network is not complete after 8 steps, and is after enough of them."""
    asked = []
    legendre = np.polynomial.legendre.leggauss

    def spy(steps):
        asked.append(steps)
        return legendre(steps)

    monkeypatch.setattr(module.np.polynomial.legendre, "leggauss", spy)
    readout = make_readout(Network(split, nn.Tanh(), steep=2))
    pairs = network_pairs(1)
    drop = full_drops(readout, pairs)
    found = integrated_effects(readout, pairs)
    assert len(asked) > 1 and asked == [8 * 2**i for i in range(len(asked))]
    assert np.abs(found.sum(axis=1) - drop).sum() <= 0.01 * np.abs(drop).sum()
    monkeypatch.setattr(module, "_MOST_STEPS", 8)
    asked.clear()
    few = integrated_effects(readout, pairs)
    assert asked == [8]
    assert np.abs(few.sum(axis=1) - drop).sum() > 0.01 * np.abs(drop).sum()


def test_blocks_do_not_matter(monkeypatch):
    readout, pairs = make_readout(Network(True, nn.SiLU())), network_pairs()
    at_once = integrated_effects(readout, pairs)
    monkeypatch.setattr(module, "_HIDDEN_PER_BLOCK", 3 * N * H)
    assert np.allclose(integrated_effects(readout, pairs), at_once, atol=1e-6)


@pytest.mark.parametrize("split", [False, True], ids=["whole", "taken apart"])
def test_a_cell_that_is_its_counterfactual_has_no_effects(split):
    readout, pairs = make_readout(Network(split, nn.SiLU())), network_pairs(1)
    same = pairs._replace(profiles=pairs.expression[None])
    assert not integrated_effects(readout, same).any()
