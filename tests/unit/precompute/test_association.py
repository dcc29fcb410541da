"""Association against sklearn, scipy and brute force; the flags and their thresholds."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.stats import spearmanr
from sklearn.metrics import f1_score, roc_auc_score

from precompute.association import Association, associate, find_flags
from precompute.obs import Column, Obs

N_CELLS = 90
RNG = np.random.default_rng(0)
CODES = RNG.integers(-1, 3, N_CELLS).astype(np.int32)
NUMBERS = RNG.normal(size=N_CELLS).astype(np.float32)
NUMBERS[::7] = np.nan
DENSE = RNG.gamma(2, 1, (N_CELLS, 4)) * (RNG.random((N_CELLS, 4)) < [0.1, 0.4, 0.9, 0.5])
DENSE[:, 3] = np.round(DENSE[:, 3])  # ties among the values above 0
DENSE[CODES == 1, 1] += 1
OBS = Obs(
    [
        Column("kind", "kind", "cell_type", ["a", "b", "c"], CODES),
        Column("size", "size", "qc", None, NUMBERS),
        Column("flat", "flat", "other", None, np.ones(N_CELLS, np.float32)),
    ],
    (),
)
FOUND = associate(sp.csc_matrix(DENSE), OBS)


def brute_force_f1(truth, activation) -> float:
    return max(f1_score(truth, activation >= cut) for cut in np.unique(activation[activation > 0]))


@pytest.mark.parametrize("concept", range(4))
@pytest.mark.parametrize("code", range(3))
def test_a_category_of_known_cells(concept, code):
    known = CODES >= 0
    truth, activation = CODES[known] == code, DENSE[known, concept]
    assert FOUND.auroc[concept, code] == pytest.approx(roc_auc_score(truth, activation))
    assert FOUND.f1[concept, code] == pytest.approx(brute_force_f1(truth, activation))
    assert FOUND.share[concept, code] == pytest.approx(truth[activation > 0].mean())


@pytest.mark.parametrize("concept", range(4))
def test_a_number_where_it_is_known(concept):
    known = np.isfinite(NUMBERS)
    expected = spearmanr(DENSE[known, concept], NUMBERS[known]).statistic
    assert FOUND.rank_correlation[concept, 0] == pytest.approx(expected)
    assert np.isnan(FOUND.rank_correlation[concept, 1])


def test_levels_and_numbers_lead_back_to_the_columns():
    assert FOUND.levels.tolist() == [[0, 0], [0, 1], [0, 2]]
    assert FOUND.numeric.tolist() == [1, 2]


def test_equal_activations_pass_a_threshold_together():
    # All four active cells tie, two of them in the category of three: called 4, hits 2,
    # F1 = 2 * 2 / (4 + 3), whichever row comes first.
    codes = np.array([0, 0, 1, 1, 0, 1], np.int32)
    for order in ([0, 1, 2, 3], [2, 3, 0, 1]):
        dense = np.zeros((6, 1))
        dense[order, 0] = 5.0
        obs = Obs([Column("k", "k", "other", ["a", "b"], codes)], ())
        assert associate(sp.csc_matrix(dense), obs).f1[0] == pytest.approx([4 / 7, 4 / 7])


def test_edges():
    obs = Obs(
        [
            Column("one", "one", "other", ["a"], np.zeros(5, np.int32)),
            Column("none", "none", "other", [], np.full(5, -1, np.int32)),
            Column("few", "few", "other", ["a", "b"], np.array([0, 1, -1, -1, -1], np.int32)),
        ],
        (),
    )
    dense = np.zeros((5, 2))
    dense[[2, 3], 0] = 1  # active only where "few" is missing; concept 1 is silent
    found = associate(sp.csc_matrix(dense), obs)
    assert np.isnan(found.auroc[:, 0]).all()  # every cell is in the category
    assert found.f1[0].tolist() == pytest.approx([2 * 2 / (2 + 5), 0, 0])
    assert found.f1[1].tolist() == [0, 0, 0]
    assert found.auroc[0, 1:].tolist() == [0.5, 0.5]
    assert found.share[0].tolist() == [1, 0, 0]


def flags(share=None, rank_correlation=None, **given):
    """Flags of one concept with 100 of 1,000 active cells and nothing wrong but `given`."""
    donors = given.get("donors", np.arange(1000, dtype=np.int32) % 4)
    columns = [
        Column("d", "d", "donor", list("abcd"), donors),
        Column("b", "b", "batch", ["x", "y"], np.arange(1000, dtype=np.int32) % 2),
        Column("library_size", "n", "qc", None, np.ones(1000, np.float32)),
        Column("pct_mt", "pct_mt", "qc", None, np.ones(1000, np.float32)),
        Column("genes_detected", "g", "qc", None, np.ones(1000, np.float32)),
        Column("age", "age", "other", None, np.ones(1000, np.float32)),
        Column("g2m_score", "g2m_score", "qc", None, np.ones(1000, np.float32)),
    ]
    levels = np.array([(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)])
    share = np.array([share or [0.25] * 4 + [0.5] * 2])
    found = Association(
        levels, share, share, share, np.arange(2, 7), np.array([rank_correlation or [0.0] * 5])
    )
    n_active = np.array([given.get("n_active", 100)])
    stability = np.array([given.get("stability", 0.9)])
    held = find_flags(found, Obs(columns, ()), n_active, 1000, stability)
    return {name for name, values in held.items() if values[0]}


def test_nothing_is_flagged_without_reason():
    assert flags() == set()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"n_active": 19}, {"few_cells"}),
        ({"n_active": 20}, set()),
        ({"n_active": 501}, {"dense"}),
        ({"n_active": 500}, set()),
        ({"stability": 0.49}, {"unstable"}),
        ({"stability": 0.5}, set()),
        ({"stability": np.nan}, {"unstable"}),
        ({"share": [0.9, 0.1, 0, 0, 0.5, 0.5]}, {"one_donor"}),
        ({"share": [0.89, 0.11, 0, 0, 0.5, 0.5]}, set()),
        ({"share": [0.25] * 4 + [1.0, 0.0]}, {"one_batch"}),
        ({"rank_correlation": [0.5, 0, 0, 0, 0]}, {"library_size"}),
        ({"rank_correlation": [-0.5, 0, 0, 0, 0]}, {"library_size"}),
        ({"rank_correlation": [0.49, 0.49, 1, 1, 0]}, set()),
        ({"rank_correlation": [0, 0.7, 0, 0, 0]}, {"mitochondrial"}),
        ({"rank_correlation": [0, 0, 0, 0, 0.5]}, {"cell_cycle"}),
        ({"rank_correlation": [0, 0, 0, 0, 0.49]}, set()),
    ],
)
def test_each_flag(given, expected):
    assert flags(**given) == expected


def test_a_donor_that_gives_most_cells_proves_nothing():
    donors = (np.arange(1000) >= 600).astype(np.int32)  # 60 % of the cells are donor a's
    assert flags(share=[0.95, 0.05, 0, 0, 0.5, 0.5], donors=donors) == set()


def test_missing_donors_do_not_make_the_others_rare():
    donors = np.full(1000, -1, np.int32)
    donors[:100] = 0
    donors[100:150] = 1  # of the known cells two thirds are donor a's
    assert flags(share=[1.0, 0, 0, 0, 0.5, 0.5], donors=donors) == set()
