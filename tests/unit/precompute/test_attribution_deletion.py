"""Deletion and insertion against a linear model, where every drop can be written down."""

import numpy as np
import pytest
import torch
from torch import nn

from precompute.attribution import ConceptReadout, Pairs
from precompute.attribution.deletion import deletion_curve
from precompute.dictionary import Dictionary
from precompute.models.expression import ExpressionModel
from precompute.models.linear_first import split_layers

G, D = 6, 2
WEIGHT = np.array([[3, 2, 1, 0, 0, -1], [0, 0, 0, 1, 1, 1]], np.float32)


class Linear(ExpressionModel):
    name = "linear"
    d_embedding = D
    differentiable = "expression"
    genes = np.array([f"g{i}" for i in range(G)])

    def embed_log1p(self, log_counts, covariates):
        return log_counts @ torch.from_numpy(WEIGHT.T)


def readout(model=None):
    identity = np.eye(D, dtype=np.float32)
    zero = np.zeros(D, np.float32)
    return ConceptReadout(model or Linear(), Dictionary(identity, zero, identity, zero, 1.0, 1))


def pairs(cells, profiles) -> Pairs:
    cells = np.asarray(cells, np.float32)
    return Pairs(np.zeros(len(cells), int), cells, np.asarray(profiles, np.float32))


def test_deletion_and_insertion_by_hand():
    curve = deletion_curve(
        readout(), pairs(np.ones((2, G)), np.zeros((3, 2, G))), np.arange(G), (1, 2, 6)
    )
    # Pre-activation 3 + 2 + 1 - 1 = 5; the first gene takes 3 away, the second 2, and the last
    # gives 1 back, which makes 0 again.
    assert curve.before.tolist() == [5, 5]
    assert curve.replaced.tolist() == [[0, 0]] * 3
    assert curve.after.shape == curve.inserted.shape == (3, 3, 2)
    assert curve.after[:, 0, 0].tolist() == [2, 0, 0]
    assert curve.inserted[:, 0, 0].tolist() == [3, 5, 5]
    assert curve.share_of_drop() == pytest.approx([0.6, 1, 1])
    assert curve.remaining() == pytest.approx([0.4, 0, 0])
    assert curve.full_drop().tolist() == [5, 5]
    assert curve.lost().tolist() == [[3, 3], [5, 5], [5, 5]]
    assert curve.regained().tolist() == [[3, 3], [5, 5], [5, 5]]
    assert curve.left().tolist() == [[2, 2], [0, 0], [0, 0]]


def test_draws_and_cells_are_kept_apart():
    cells = np.stack([np.ones(G), 2 * np.ones(G)])
    # Against 0 a cell of ones has 5 to lose, against ones nothing.
    profiles = np.stack([np.zeros((2, G)), np.ones((2, G))])
    curve = deletion_curve(readout(), pairs(cells, profiles), np.array([0, 5]), (1, 2))
    assert curve.before.tolist() == [5, 10]
    assert curve.replaced.tolist() == [[0, 0], [5, 5]]
    assert curve.after[0].tolist() == [[2, 4], [5, 7]]
    # Without the fifth gene, which lowers it: 5 - 3 + 1 and 10 - 6 + 2, and so on.
    assert curve.after[1].tolist() == [[3, 6], [5, 8]]
    assert curve.full_drop().tolist() == [2.5, 7.5]
    assert curve.lost()[0].tolist() == [1.5, 4.5]
    assert curve.share_of_drop()[0] == pytest.approx(6 / 10)


def test_what_is_left_counts_where_it_is_positive_only():
    # Cells of 5 and of -5; the second has no activation to lose.
    cells = np.stack([np.ones(G), -np.ones(G)])
    curve = deletion_curve(readout(), pairs(cells, np.zeros((1, 2, G))), np.arange(G), (1,))
    assert curve.before.tolist() == [5, -5]
    assert curve.left().tolist() == [[2, 0]]
    assert curve.remaining() == pytest.approx([2 / 5])


def test_insertion_is_deletion_of_the_counterfactual():
    cells, other = np.ones((1, G)), np.full((1, G), 0.25)
    ranking = np.array([2, 0, 4])
    there = deletion_curve(readout(), pairs(cells, other[None]), ranking, (1, 3))
    back = deletion_curve(readout(), pairs(other, cells[None]), ranking, (1, 3))
    assert np.allclose(there.inserted, back.after)
    assert np.allclose(there.after, back.inserted)


def test_a_concept_that_does_not_fall_has_no_share():
    curve = deletion_curve(
        readout(), pairs(np.zeros((1, G)), np.ones((1, 1, G))), np.arange(G), (1,)
    )
    assert np.isnan(curve.share_of_drop()).all()
    assert np.isnan(curve.remaining()).all()


def test_the_order_of_the_ranking_counts_and_the_input_stays():
    cells = np.random.default_rng(0).uniform(1, 2, (4, G)).astype(np.float32)
    given = pairs(cells, 0 * cells[None])
    kept = cells.copy()
    best = deletion_curve(readout(), given, np.array([0, 1, 2, 3, 4, 5]), (2,))
    worst = deletion_curve(readout(), given, np.array([5, 4, 3, 2, 1, 0]), (2,))
    assert best.share_of_drop()[0] > 0.7 > 0 > worst.share_of_drop()[0]
    assert np.array_equal(given.expression, kept) and not given.profiles.any()


class Network(ExpressionModel):
    """Two layers with covariates, whole or taken apart."""

    name = "network"
    d_embedding = D
    differentiable = "expression"
    genes = Linear.genes

    def __init__(self, split: bool):
        torch.manual_seed(0)
        first, last = nn.Linear(G + 1, 8), nn.Linear(8, D)
        self.network = nn.Sequential(first, nn.SiLU(), last).requires_grad_(False)
        self.linear_first = split_layers([first, nn.SiLU()], last, G) if split else None

    def embed_log1p(self, log_counts, covariates):
        return self.network(torch.cat([log_counts, covariates], dim=1))


def test_both_ways_through_a_network_agree():
    rng = np.random.default_rng(1)
    given = Pairs(
        np.array([0, 1, 1]),
        rng.uniform(0, 2, (3, G)).astype(np.float32),
        rng.uniform(0, 2, (2, 3, G)).astype(np.float32),
        rng.normal(size=(3, 1)).astype(np.float32),
    )
    ranking = np.array([3, 0, 5, 1, 4, 2])
    whole, apart = (
        deletion_curve(readout(Network(split)), given, ranking, (1, 3, 6))
        for split in (False, True)
    )
    for name in ("before", "after", "inserted", "replaced"):
        assert np.allclose(getattr(whole, name), getattr(apart, name), atol=1e-5), name
    # All genes replaced is all genes replaced.
    assert np.allclose(whole.after[-1], whole.replaced, atol=1e-5)
    assert np.allclose(whole.inserted[-1], whole.before, atol=1e-5)
