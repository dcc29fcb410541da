"""Deletion curves against a linear model, where every drop can be written down."""

import numpy as np
import pytest
import torch

from precompute.attribution import ConceptReadout
from precompute.attribution.deletion import deletion_curve
from precompute.dictionary import Dictionary

G, D = 6, 2
WEIGHT = np.array([[3, 2, 1, 0, 0, -1], [0, 0, 0, 1, 1, 1]], np.float32)


class Linear:
    name = "linear"
    d_embedding = D
    differentiable = "expression"
    genes = np.array([f"g{i}" for i in range(G)])

    def embed_log1p(self, log_counts, covariates):
        return log_counts @ torch.from_numpy(WEIGHT.T)


def readout():
    identity = np.eye(D, dtype=np.float32)
    zero = np.zeros(D, np.float32)
    return ConceptReadout(Linear(), Dictionary(identity, zero, identity, zero, 1.0, 1))


def test_drop_by_hand():
    cells = np.ones((2, G), np.float32)
    curve = deletion_curve(
        readout(), 0, cells, np.zeros((3, 2, G), np.float32), np.arange(G), (1, 2, 6)
    )
    # Pre-activation 3 + 2 + 1 - 1 = 5; the first gene takes 3 away, the second 2.
    assert curve.before.tolist() == [5, 5]
    assert curve.after.shape == (3, 3, 2)
    assert curve.after[:, 0, 0].tolist() == [2, 0, 0]
    assert curve.share_of_drop() == pytest.approx([0.6, 1, 1])
    assert curve.remaining() == pytest.approx([0.4, 0, 0])


def test_insertion_is_deletion_of_the_counterfactual():
    cells, other = np.ones((1, G), np.float32), np.zeros((1, G), np.float32)
    curve = deletion_curve(readout(), 0, other, cells[None], np.arange(G), (1, 3))
    assert curve.before.tolist() == [0]
    assert curve.after[:, 0, 0].tolist() == [3, 6]
    assert curve.replaced.tolist() == [[5]]


def test_a_concept_that_does_not_fall_has_no_share():
    cells = np.zeros((1, G), np.float32)
    curve = deletion_curve(readout(), 0, cells, np.ones((1, 1, G), np.float32), np.arange(G), (1,))
    assert np.isnan(curve.share_of_drop()).all()
    assert np.isnan(curve.remaining()).all()


def test_the_order_of_the_ranking_counts_and_the_input_stays():
    rng = np.random.default_rng(0)
    cells = rng.uniform(1, 2, (4, G)).astype(np.float32)
    kept = cells.copy()
    best = deletion_curve(readout(), 0, cells, 0 * cells[None], np.array([0, 1, 2, 3, 4, 5]), (2,))
    worst = deletion_curve(readout(), 0, cells, 0 * cells[None], np.array([5, 4, 3, 2, 1, 0]), (2,))
    assert best.share_of_drop()[0] > 0.7 > 0 > worst.share_of_drop()[0]
    assert np.array_equal(cells, kept)
