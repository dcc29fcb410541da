"""What counterfactual cells share with a cell, against brute force over the labels."""

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.attribution import make_counterfactual, make_population
from precompute.errors import InputError

N_CELLS, N_GENES, N_CONCEPTS = 90, 12, 2
RNG = np.random.default_rng(3)
COUNTS = RNG.poisson(1.5, (N_CELLS, N_GENES)).astype(np.float32) + np.eye(N_CELLS, N_GENES)
LIBRARY = COUNTS.sum(axis=1)
EMBEDDINGS = RNG.normal(size=(N_CELLS, 3)).astype(np.float32)
DONOR = RNG.choice(["a", "b", "c"], N_CELLS, p=[0.6, 0.3, 0.1])
BATCH = RNG.choice(["x", "y"], N_CELLS)
CELL_TYPE = RNG.choice(["T", "B", "NK"], N_CELLS, p=[0.6, 0.3, 0.1]).astype(object)
CELL_TYPE[::9] = None
COLUMNS = {"donor": DONOR, "batch": BATCH, "cell_type": CELL_TYPE}
ACTIVE = RNG.random((N_CELLS, N_CONCEPTS)) < 0.4
INDICES = np.where(ACTIVE, np.arange(N_CONCEPTS), -1)
VALUES = np.where(ACTIVE, RNG.uniform(1, 2, ACTIVE.shape), 0)
CELLS = np.flatnonzero(ACTIVE[:, 0])
SILENT = np.flatnonzero(~ACTIVE[:, 0])


def population(match=COLUMNS, donors=DONOR):
    return make_population(
        sp.csr_matrix(COUNTS), LIBRARY, EMBEDDINGS, INDICES, VALUES, N_CONCEPTS, donors, match
    )


def agree(cell, other, columns) -> bool:
    """Whether two cells share known labels in all the columns."""
    labels = [(COLUMNS[name][cell], COLUMNS[name][other]) for name in columns]
    return all(a is not None and a == b for a, b in labels)


def level_by_hand(cell, n, columns=tuple(COLUMNS), pool=SILENT) -> int:
    """The most leading columns in which at least n of the pool agree with the cell."""
    enough = [sum(agree(cell, other, columns[:k]) for other in pool) >= n for k in range(4)]
    return max(k for k in range(len(columns) + 1) if enough[k])


@pytest.mark.parametrize("n", [1, 3, 8])
def test_levels_by_brute_force(n):
    kind = make_counterfactual("neighbours", population(), seed=0, n=n)
    expected = [level_by_hand(cell, n) for cell in CELLS]
    assert kind.match_levels(0, CELLS).tolist() == expected
    assert len(set(expected)) > 1
    sources = kind.sources(0, CELLS)
    for cell, level, chosen in zip(CELLS, expected, sources, strict=True):
        pool = [other for other in SILENT if agree(cell, other, tuple(COLUMNS)[:level])]
        distance = np.linalg.norm(EMBEDDINGS[pool] - EMBEDDINGS[cell], axis=1)
        assert chosen.tolist() == np.array(pool)[np.argsort(distance)[:n]].tolist()


def test_the_first_column_is_the_last_to_be_given_up():
    turned = dict(reversed(COLUMNS.items()))
    kind = make_counterfactual("random_matched", population(turned), seed=0, n=8)
    expected = [level_by_hand(cell, 8, tuple(turned)) for cell in CELLS]
    assert kind.match_levels(0, CELLS).tolist() == expected
    other = make_counterfactual("random_matched", population(), seed=0, n=8)
    assert other.match_levels(0, CELLS).tolist() != expected


def test_missing_labels_match_nothing():
    kind = make_counterfactual("nearest", population({"cell_type": CELL_TYPE}), seed=0)
    missing = np.equal(CELL_TYPE, None)
    assert missing[CELLS].any() and missing[SILENT].any()
    levels = kind.match_levels(0, CELLS)
    assert np.array_equal(levels == 0, missing[CELLS])
    sources = kind.sources(0, CELLS)[:, 0]
    assert np.array_equal(CELL_TYPE[sources[levels == 1]], CELL_TYPE[CELLS[levels == 1]])
    nothing = make_counterfactual("nearest", population({"x": np.full(N_CELLS, np.nan)}), seed=0)
    assert not nothing.match_levels(0, CELLS).any()
    assert np.array_equal(nothing.sources(0, CELLS), far_and_wide())


def far_and_wide() -> np.ndarray:
    """The nearest of all silent cells, by brute force."""
    away = np.linalg.norm(EMBEDDINGS[SILENT] - EMBEDDINGS[CELLS][:, None], axis=2)
    return SILENT[np.argmin(away, axis=1)][:, None]


def test_no_columns():
    kind = make_counterfactual("nearest", population({}), seed=0)
    assert not kind.match_levels(0, CELLS).any()
    assert np.array_equal(kind.sources(0, CELLS), far_and_wide())


def test_donors_are_matched_where_nothing_is_said():
    said = make_counterfactual("nearest", population({"donor": DONOR}), seed=0)
    unsaid = make_counterfactual("nearest", population(None), seed=0)
    assert np.array_equal(said.sources(0, CELLS), unsaid.sources(0, CELLS))
    assert population(None, donors=None).match == {}


@pytest.mark.parametrize("n", [1, 4])
def test_a_cell_is_not_counted_as_its_own_null(n):
    """Among candidates that hold the cell itself, n others must be left."""
    kind = make_counterfactual("permuted", population(), seed=0, n=n)
    expected = [level_by_hand(cell, n, pool=CELLS[cell != CELLS]) for cell in CELLS]
    assert kind.match_levels(0, CELLS).tolist() == expected
    sources = kind.sources(0, CELLS)
    assert (sources != CELLS[:, None]).all() and ACTIVE[sources, 0].all()


def test_a_population_that_was_taken_is_whole():
    """Against one that is made anew of the same cells."""
    chosen = RNG.permutation(N_CELLS)[:50]
    taken = population().take(chosen)
    anew = make_population(
        sp.csr_matrix(COUNTS[chosen]),
        LIBRARY[chosen],
        EMBEDDINGS[chosen],
        INDICES[chosen],
        VALUES[chosen],
        N_CONCEPTS,
        DONOR[chosen],
        {name: labels[chosen] for name, labels in COLUMNS.items()},
    )
    cells = np.arange(50)
    assert np.array_equal(taken.log_counts(cells), anew.log_counts(cells))
    assert np.array_equal(taken.library_size, anew.library_size)
    assert np.array_equal(taken.donors, anew.donors)
    for concept in range(N_CONCEPTS):
        assert np.array_equal(taken.active(concept)[0], anew.active(concept)[0])
        assert np.array_equal(taken.active(concept)[1], anew.active(concept)[1])
        assert np.array_equal(taken.inactive(concept), anew.inactive(concept))
        for name in ("neighbours", "random_matched", "mean_inactive", "permuted"):
            one, other = (
                make_counterfactual(name, p, 0, n=2).profiles(concept, p.active(concept)[0])
                for p in (taken, anew)
            )
            assert np.array_equal(one, other), name


def test_groups_of_a_taken_population_are_its_own():
    """Its groups are not those that the whole population had looked up before."""
    whole = population()
    assert len(whole.match_groups[0]) == N_CELLS
    taken = whole.take(np.arange(10))
    assert [len(groups) for groups in taken.match_groups] == [10] * 4


def test_too_few_labels_are_refused():
    with pytest.raises(InputError, match="3 cell_type for 90 cells"):
        population({"cell_type": CELL_TYPE[:3]})
