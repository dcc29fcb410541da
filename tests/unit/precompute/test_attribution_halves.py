"""Halves of a population: what they share, how they are balanced, what cannot be split."""

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.attribution import make_population
from precompute.attribution.halves import split_cells, split_donors

N_CELLS, N_GENES = 121, 6
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(2, (N_CELLS, N_GENES)).astype(np.float32)
ACTIVE = RNG.random((N_CELLS, 2)) < 0.3
SIZES = [50, 30, 20, 11, 7, 3]
DONORS = RNG.permutation(np.repeat(list("fedcba"), SIZES))


def population(donors=DONORS, active=ACTIVE):
    return make_population(
        sp.csr_matrix(COUNTS),
        COUNTS.sum(axis=1) + 1,
        RNG.normal(size=(N_CELLS, 3)),
        np.where(active, np.arange(2), -1),
        np.where(active, 1.5, 0),
        2,
        donors,
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("split", [split_donors, split_cells])
def test_halves_are_a_partition_with_their_own_populations(split, seed):
    whole = population()
    halves = split(whole, seed)
    assert sorted(np.concatenate(halves.cells)) == list(range(N_CELLS))
    for cells, half in zip(halves.cells, halves.populations, strict=True):
        assert (np.diff(cells) > 0).all()
        assert np.array_equal(half.counts.toarray(), COUNTS[cells])
        assert np.array_equal(half.embeddings, whole.embeddings[cells])
        assert np.array_equal(half.donors, whole.donors[cells])
        assert np.array_equal(half.activations.toarray() > 0, ACTIVE[cells])
    again = split(whole, seed)
    assert np.array_equal(again.cells[0], halves.cells[0])


@pytest.mark.parametrize("seed", range(4))
def test_halves_of_donors_share_no_donor_and_are_balanced(seed):
    halves = split_donors(population(), seed)
    names = [set(DONORS[cells]) for cells in halves.cells]
    assert halves.kind == "donors"
    assert not names[0] & names[1] and len(names[0] | names[1]) == 6
    # 50 | 30 20 | then 11, 7 and 3 go to the smaller: no split is closer than 61 to 60.
    assert sorted(map(len, halves.cells)) == [60, 61]


def test_seeds_split_donors_of_equal_size_differently():
    even = np.repeat(list("abcdefgh"), 16)[:N_CELLS]
    splits = {
        tuple(sorted(set(even[split_donors(population(even), s).cells[0]]))) for s in range(9)
    }
    assert len(splits) > 1


@pytest.mark.parametrize("seed", range(4))
def test_halves_of_cells_are_alike_in_donors(seed):
    halves = split_cells(population(), seed)
    assert halves.kind == "cells"
    counts = np.array([[(DONORS[cells] == d).sum() for d in "abcdef"] for cells in halves.cells])
    assert np.abs(counts[0] - counts[1]).max() <= 1
    assert sorted(counts.sum(axis=1)) == [60, 61]
    other = split_cells(population(), seed + 1)
    assert not np.array_equal(halves.cells[0], other.cells[0])


@pytest.mark.parametrize("donors", [None, np.full(N_CELLS, "only")])
def test_without_a_second_donor_only_cells_are_split(donors):
    assert split_donors(population(donors), 0) is None
    assert sorted(map(len, split_cells(population(donors), 0).cells)) == [60, 61]


def test_five_active_and_five_inactive_cells_on_each_side():
    """Concept 0 in the first n cells of each half, concept 1 in all but n of them."""
    halves = split_cells(population(), 0)
    for n, enough in ((4, False), (5, True)):
        active = np.zeros((N_CELLS, 2), bool)
        for cells in halves.cells:
            active[cells[:n], 0] = True
            active[cells[n:], 1] = True
        planted = split_cells(population(active=active), 0)
        assert [planted.can_hold_out(concept) for concept in (0, 1)] == [enough, enough]
    active[halves.cells[1], 0] = False
    assert not split_cells(population(active=active), 0).can_hold_out(0)
