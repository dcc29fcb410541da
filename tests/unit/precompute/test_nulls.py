"""Random gene sets, shuffled cells, and shares with their intervals."""

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.nulls import (
    bin_genes,
    count_found,
    relabel_sets,
    shuffle_genes,
)
from scconcepts_app.store.shares import Share, difference_interval, wilson


def test_random_sets_keep_sizes_and_what_sets_share():
    members = [np.array([0, 1, 2, 3]), np.array([2, 3, 4]), np.array([7])]
    found = relabel_sets(members, [np.arange(40)], np.random.default_rng(0))
    assert [len(genes) for genes in found] == [4, 3, 1]
    assert len(np.intersect1d(found[0], found[1])) == 2
    assert len(np.intersect1d(found[0], found[2])) == 0
    assert all((np.diff(genes) > 0).all() for genes in found)
    assert [genes.tolist() for genes in found] != [genes.tolist() for genes in members]


def test_genes_swap_within_their_bin_only():
    detection = np.array([5, 90, 6, 80, 7, 70])
    low, high = bin_genes(detection, 2)
    assert (sorted(low), sorted(high)) == ([0, 2, 4], [1, 3, 5])
    for seed in range(5):
        rng = np.random.default_rng(seed)
        (found,) = relabel_sets([np.array([0, 1, 2])], [low, high], rng)
        assert np.isin(found, low).sum() == 2 and np.isin(found, high).sum() == 1


def test_fewer_genes_than_bins_are_bins_of_one():
    assert [found.tolist() for found in bin_genes(np.array([3, 1]), 20)] == [[1], [0]]


def test_cells_of_one_size_swap_counts():
    counts = sp.csr_matrix(np.random.default_rng(0).poisson(1.0, (30, 6)).astype(np.float32))
    shuffled, size = shuffle_genes(counts, np.full(30, 50.0), seed=1)
    assert shuffled.dtype == np.float32 and shuffled.shape == counts.shape
    before, after = counts.toarray(), shuffled.toarray()
    assert np.array_equal(np.sort(before, axis=0), np.sort(after, axis=0))
    assert not np.array_equal(before, after)
    # 50 less what the genes had, and what they have now.
    assert size == pytest.approx(50 - before.sum(axis=1) + after.sum(axis=1))


def test_deep_cells_stay_deep_and_genes_keep_their_means():
    rng = np.random.default_rng(0)
    depth = np.where(np.arange(2000) < 1000, 1.0, 4.0)
    counts = rng.poisson(depth[:, None] * np.array([[0.2, 2.0, 5.0]])).astype(np.float32)
    shuffled, size = shuffle_genes(sp.csr_matrix(counts), 100 * depth, seed=0)
    found = shuffled.toarray()
    assert (found == np.round(found)).all() and found.min() == 0
    for cells in (depth == 1, depth == 4):
        assert found[cells].mean(axis=0) == pytest.approx(counts[cells].mean(axis=0), rel=0.12)
    assert size[depth == 4].min() > size[depth == 1].max()


def test_shuffling_takes_the_correlation_of_genes_away():
    rng = np.random.default_rng(0)
    together = rng.poisson(rng.gamma(1.0, 4.0, (2000, 1)), (2000, 2)).astype(np.float32)
    shuffled, _ = shuffle_genes(sp.csr_matrix(together), np.full(2000, 1000.0), seed=0)
    assert np.corrcoef(together.T)[0, 1] > 0.7
    assert abs(np.corrcoef(shuffled.toarray().T)[0, 1]) < 0.07  # 3 standard errors


def test_a_set_counts_by_q_and_by_its_side():
    # Of four, p = .01 and .02 have q = .04; p = .04 has q = .0533.
    p = np.array([0.01, 0.02, 0.04, 0.9])
    assert count_found(p, np.ones(4)) == 2
    assert count_found(p, np.array([1.0, -1.0, 1.0, 1.0])) == 1


def test_intervals_are_those_of_the_literature():
    # 81 of 263, Newcombe (1998, Stat Med 17:857), table I: .2553 to .3662.
    assert wilson(Share(81, 263)) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    # 56 of 70 against 48 of 80, Newcombe (1998, Stat Med 17:873), table II: .0524 to .3339.
    found = difference_interval(Share(56, 70), Share(48, 80))
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_share_of_all_or_none_has_an_interval():
    assert wilson(Share(0, 10)) == pytest.approx((0.0, 0.2775), abs=5e-5)
    assert wilson(Share(10, 10)) == pytest.approx((0.7225, 1.0), abs=5e-5)
    assert np.isnan(wilson(Share(0, 0))).all() and np.isnan(Share(0, 0).value)
