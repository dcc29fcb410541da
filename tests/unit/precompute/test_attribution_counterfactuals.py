"""Counterfactuals against brute force: which cells, which library size, which donor."""

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.attribution import COUNTERFACTUALS, make_counterfactual, make_population
from precompute.errors import InputError

N_CELLS, N_GENES = 60, 20
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(1.5, (N_CELLS, N_GENES)).astype(np.float32)
LIBRARY = COUNTS.sum(axis=1) + RNG.integers(1, 30, N_CELLS)
EMBEDDINGS = RNG.normal(size=(N_CELLS, 3)).astype(np.float32)
DONORS = np.repeat(["a", "b", "c"], [30, 22, 8])
# Concept 0: the first 12 cells of donors a and b, and 5 of the 8 of c; concept 1: all.
ACTIVE = np.zeros((N_CELLS, 2), bool)
ACTIVE[np.r_[0:12, 30:42, 52:57], 0] = True
ACTIVE[:, 1] = True
INDICES = np.where(ACTIVE, np.arange(2), -1)
VALUES = np.where(ACTIVE, RNG.uniform(1, 2, ACTIVE.shape), 0)
CELLS = np.flatnonzero(ACTIVE[:, 0])


def population(donors=DONORS):
    return make_population(
        sp.csr_matrix(COUNTS), LIBRARY, EMBEDDINGS, INDICES, VALUES, 2, donors=donors
    )


def nearest_by_hand(cell, pool, n):
    distance = np.linalg.norm(EMBEDDINGS[pool] - EMBEDDINGS[cell], axis=1)
    return pool[np.argsort(distance)][:n]


def scaled(source, target):
    return np.log1p(COUNTS[source] * LIBRARY[target] / LIBRARY[source])


def test_neighbours_by_hand(monkeypatch):
    monkeypatch.setattr("precompute.attribution.counterfactuals._DISTANCES_PER_BLOCK", 50)
    kind = make_counterfactual("neighbours", population(), seed=0, n=4)
    profiles = kind.profiles(0, CELLS)
    assert profiles.shape == (1, len(CELLS), N_GENES)
    assert profiles.dtype == np.float32
    silent = np.flatnonzero(~ACTIVE[:, 0])
    for row, cell in enumerate(CELLS):
        own = silent[DONORS[silent] == DONORS[cell]]
        sources = nearest_by_hand(cell, own if len(own) >= 4 else silent, 4)
        expected = np.mean([scaled(source, cell) for source in sources], axis=0)
        assert np.allclose(profiles[0, row], expected, atol=1e-5)
    # Donor c keeps 3 silent cells, too few for 4 neighbours.
    assert np.array_equal(kind.match_levels(0, CELLS), DONORS[CELLS] != "c")


def test_neighbours_without_donors():
    kind = make_counterfactual("neighbours", population(donors=None), seed=0)
    silent = np.flatnonzero(~ACTIVE[:, 0])
    assert (kind.n, kind.n_draws, len(silent)) == (30, 1, 31)
    expected = [nearest_by_hand(cell, silent, 30) for cell in CELLS]
    assert np.array_equal(kind.sources(0, CELLS), expected)
    assert not kind.match_levels(0, CELLS).any()


def test_fewer_cells_than_neighbours():
    kind = make_counterfactual("neighbours", population(), seed=0, n=1000)
    n_silent = (~ACTIVE[:, 0]).sum()
    assert kind.sources(0, CELLS).shape == (len(CELLS), n_silent)
    everyone = [scaled(source, CELLS[0]) for source in np.flatnonzero(~ACTIVE[:, 0])]
    assert np.allclose(kind.profiles(0, CELLS[:1])[0, 0], np.mean(everyone, axis=0), atol=1e-5)


def test_random_matched_draws():
    kind = make_counterfactual("random_matched", population(), seed=0)
    assert kind.n_draws == 4
    sources = kind.sources(0, CELLS)
    profiles = kind.profiles(0, CELLS)
    assert profiles.shape == (4, len(CELLS), N_GENES)
    assert not ACTIVE[sources, 0].any()
    own = DONORS[sources] == DONORS[CELLS][:, None]
    assert own[DONORS[CELLS] != "c"].all()
    assert not own[DONORS[CELLS] == "c"].all()
    assert all(len(set(row)) == 4 for row in sources)
    assert len({tuple(sorted(row)) for row in sources}) > 10
    for draw in range(4):
        expected = [scaled(s, c) for s, c in zip(sources[:, draw], CELLS, strict=True)]
        assert np.allclose(profiles[draw], expected, atol=1e-5)


def test_random_matched_repeats_cells_only_when_it_must():
    kind = make_counterfactual("random_matched", population(), seed=0, n=100)
    assert kind.sources(0, CELLS).shape == (len(CELLS), 100)


@pytest.mark.parametrize("name", sorted(COUNTERFACTUALS))
def test_profile_depends_on_the_cell_only(name):
    kind = make_counterfactual(name, population(), seed=3)
    whole = kind.profiles(0, CELLS)
    parts = [kind.profiles(0, CELLS[start : start + 7]) for start in range(0, len(CELLS), 7)]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    again = make_counterfactual(name, population(), seed=3)
    assert np.array_equal(again.profiles(0, CELLS[::-1])[:, ::-1], whole)


def test_seed_decides_the_draws():
    one, other = (make_counterfactual("random_matched", population(), seed) for seed in (1, 2))
    assert not np.array_equal(one.sources(0, CELLS), other.sources(0, CELLS))


@pytest.mark.parametrize("name", ["neighbours", "nearest", "random_matched", "mean_inactive"])
def test_no_silent_cell_is_refused(name):
    kind = make_counterfactual(name, population(), seed=0)
    with pytest.raises(InputError, match="every cell"):
        kind.profiles(1, np.arange(3))


def test_nearest_is_the_first_neighbour():
    kind = make_counterfactual("nearest", population(), seed=0)
    neighbours = make_counterfactual("neighbours", population(), seed=0, n=3)
    assert kind.n_draws == 1
    own = DONORS[CELLS] != "c"
    assert np.array_equal(
        kind.sources(0, CELLS[own])[:, 0], neighbours.sources(0, CELLS[own])[:, 0]
    )


def test_permuted_takes_other_active_cells():
    kind = make_counterfactual("permuted", population(), seed=0)
    sources = kind.sources(0, CELLS)
    assert ACTIVE[sources, 0].all()
    assert (sources != CELLS[:, None]).all()
    assert (DONORS[sources] == DONORS[CELLS][:, None]).all()


def test_mean_inactive_by_hand(monkeypatch):
    monkeypatch.setattr("precompute.attribution.counterfactuals._CELLS_PER_BLOCK", 7)
    kind = make_counterfactual("mean_inactive", population(), seed=0)
    profiles = kind.profiles(0, CELLS[:2])[0]
    silent = np.flatnonzero(~ACTIVE[:, 0])
    size = np.median(LIBRARY[CELLS])
    mean = np.mean([np.log1p(COUNTS[s] * size / LIBRARY[s]) for s in silent], axis=0)
    for profile, cell in zip(profiles, CELLS, strict=False):
        assert np.allclose(profile, np.log1p(np.expm1(mean) * LIBRARY[cell] / size), atol=1e-5)


def test_zero_takes_everything_away():
    profiles = make_counterfactual("zero", population(), seed=0).profiles(0, CELLS)
    assert profiles.shape == (1, len(CELLS), N_GENES)
    assert not profiles.any()


def test_unknown_names_and_numbers_are_refused():
    with pytest.raises(InputError, match="'nearby'.*neighbours, nearest, random_matched"):
        make_counterfactual("nearby", population(), seed=0)
    with pytest.raises(InputError, match="n = 0"):
        make_counterfactual("neighbours", population(), seed=0, n=0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"library_size": LIBRARY[:-1]}, "59 library_size for 60 cells"),
        ({"library_size": np.where(np.arange(N_CELLS) == 4, 0, LIBRARY)}, "1 cells.*row 4"),
        ({"counts": sp.csr_matrix(-COUNTS)}, "negative"),
        ({"donors": np.array([None, *DONORS[1:]], object)}, "1 cells without a donor"),
        ({"donors": DONORS[:3]}, "3 donors"),
    ],
)
def test_population_refuses(change, words):
    fields = {
        "counts": sp.csr_matrix(COUNTS),
        "library_size": LIBRARY,
        "embeddings": EMBEDDINGS,
        "indices": INDICES,
        "values": VALUES,
        "n_concepts": 2,
        "donors": DONORS,
    }
    with pytest.raises(InputError, match=words):
        make_population(**(fields | change))
