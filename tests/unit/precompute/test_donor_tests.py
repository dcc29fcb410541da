"""Association with the donor as the replicate: planted truth, and scipy on donor means."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.stats import (
    false_discovery_control,
    kstest,
    mannwhitneyu,
    spearmanr,
    ttest_1samp,
    ttest_ind,
)

from precompute.donor_tests import (
    CORRELATION,
    FEW_DONORS,
    IS_DONOR,
    NO_DONORS,
    PAIRED,
    UNPAIRED,
    run_donor_tests,
    share_of_variance,
)
from precompute.obs import Column, Obs

N_DONORS, N_EACH = 12, 120
DONORS = np.repeat(np.arange(N_DONORS), N_EACH).astype(np.int32)
TREATED = (DONORS >= N_DONORS // 2).astype(np.int32)  # each donor has one condition
SPLIT = (np.arange(len(DONORS)) % 2).astype(np.int32)  # each donor has both


def make_obs(condition, **columns) -> Obs:
    made = [
        Column("donor", "donor", "donor", [f"d{i}" for i in range(N_DONORS)], DONORS),
        Column("condition", "condition", "condition", ["ctrl", "stim"], condition),
    ]
    return Obs(made + list(columns.values()), ())


def simulate(seed: int, n_concepts: int, condition, effect=0.0) -> np.ndarray:
    """Activations with an effect of each donor, one of donor x condition, and a planted one."""
    rng = np.random.default_rng(seed)
    of_donor = rng.normal(0, 1, (N_DONORS, n_concepts))
    of_sample = rng.normal(0, 1, (N_DONORS, 2, n_concepts))
    mean = 4 + of_donor[DONORS] + of_sample[DONORS, condition] + effect * condition[:, None]
    return np.maximum(mean + rng.normal(0, 1, mean.shape), 0)


def rows_of(tests, column: int, within: int = -1) -> np.ndarray:
    return np.flatnonzero((tests.column == column) & (tests.within == within))


@pytest.mark.parametrize(("condition", "design"), [(TREATED, UNPAIRED), (SPLIT, PAIRED)])
def test_without_an_effect_p_is_uniform_where_cells_as_replicates_find_one(condition, design):
    dense = simulate(1, 300, condition)
    tests = run_donor_tests(sp.csc_matrix(dense), make_obs(condition))
    stim = rows_of(tests, 1)[1]
    assert tests.design[stim] == design
    p = tests.p[:, stim]
    assert kstest(p, "uniform").pvalue > 0.05
    assert (p < 0.05).mean() < 0.09
    assert np.nanmin(tests.q) > 0.05
    of_cells = mannwhitneyu(dense[condition == 1], dense[condition == 0]).pvalue
    assert (of_cells < 0.05).mean() > 0.5
    assert np.median(of_cells) < 0.01


@pytest.mark.parametrize("condition", [TREATED, SPLIT])
def test_a_planted_effect_is_found_and_nothing_else(condition):
    effect = np.where(np.arange(40) < 4, 6.0, 0.0)
    dense = simulate(2, 40, condition, effect)
    tests = run_donor_tests(sp.csc_matrix(dense), make_obs(condition))
    stim = rows_of(tests, 1)[1]
    assert (tests.q[:, stim] < 0.05).tolist() == [True] * 4 + [False] * 36
    assert (tests.effect[:4, stim] > 1).all()
    # The other category is the same test from the other side.
    ctrl = rows_of(tests, 1)[0]
    assert tests.effect[:, ctrl] == pytest.approx(-tests.effect[:, stim])
    assert tests.q[:, ctrl] == pytest.approx(tests.q[:, stim])


def test_a_paired_test_is_a_t_test_of_donor_differences():
    dense = simulate(3, 5, SPLIT, 0.4)
    tests = run_donor_tests(sp.csc_matrix(dense), make_obs(SPLIT))
    stim = rows_of(tests, 1)[1]
    pairs = [(d == DONORS) & (SPLIT == 1) for d in range(N_DONORS)]
    others = [(d == DONORS) & (SPLIT == 0) for d in range(N_DONORS)]
    differences = np.array(
        [dense[a].mean(0) - dense[b].mean(0) for a, b in zip(pairs, others, strict=True)]
    )
    assert tests.p[:, stim] == pytest.approx(ttest_1samp(differences, 0).pvalue)
    assert tests.effect[:, stim] == pytest.approx(differences.mean(0) / dense.std(0))
    assert (tests.n_donors[stim], tests.n_others[stim]) == (N_DONORS, 0)


def test_an_unpaired_test_is_welchs_of_donor_means():
    dense = simulate(4, 5, TREATED)
    tests = run_donor_tests(sp.csc_matrix(dense), make_obs(TREATED))
    stim = rows_of(tests, 1)[1]
    means = np.array([dense[d == DONORS].mean(0) for d in range(N_DONORS)])
    expected = ttest_ind(means[6:], means[:6], equal_var=False).pvalue
    assert tests.p[:, stim] == pytest.approx(expected)
    assert (tests.n_donors[stim], tests.n_others[stim]) == (6, 6)


@pytest.mark.parametrize("condition", [TREATED, SPLIT])
def test_other_proportions_of_cell_types_are_no_effect_of_a_condition(condition):
    rng = np.random.default_rng(5)
    kind = (rng.random(len(DONORS)) < np.where(condition, 0.8, 0.2)).astype(np.int32)
    dense = rng.gamma(4, 1, (len(DONORS), 60)) * kind[:, None]  # active in type 1 alone
    dense += rng.normal(0, 0.2, (N_DONORS, 60))[DONORS] * kind[:, None]
    dense = np.maximum(dense, 0)
    types = Column("t", "t", "cell_type", ["a", "b"], kind)
    blind = run_donor_tests(sp.csc_matrix(dense), make_obs(condition))
    told = run_donor_tests(sp.csc_matrix(dense), make_obs(condition, types=types))
    assert (blind.p[:, rows_of(blind, 1)[1]] < 1e-4).all()
    assert (told.p[:, rows_of(told, 1)[1]] < 0.05).mean() < 0.15


def test_a_condition_is_tested_in_each_cell_type_too():
    rng = np.random.default_rng(6)
    kind = rng.integers(0, 2, len(DONORS)).astype(np.int32)
    dense = rng.gamma(4, 1, (len(DONORS), 1))
    dense[(kind == 1) & (SPLIT == 1)] += 3
    types = Column("t", "t", "cell_type", ["a", "b"], kind)
    tests = run_donor_tests(sp.csc_matrix(dense), make_obs(SPLIT, types=types))
    in_a, in_b = (rows_of(tests, 1, within)[1] for within in (0, 1))
    assert tests.q[0, in_b] < 1e-4 < 0.05 < tests.q[0, in_a]
    # Types themselves are compared over all cells only.
    assert (tests.within[tests.column == 2] == -1).all()
    assert tests.design[rows_of(tests, 2)].tolist() == [PAIRED, PAIRED]


def test_a_number_is_correlated_within_donors():
    rng = np.random.default_rng(7)
    numbers = (rng.normal(0, 1, len(DONORS)) + 5 * DONORS).astype(np.float32)
    numbers[::11] = np.nan
    dense = rng.gamma(2, 1, (len(DONORS), 3)) * (rng.random((len(DONORS), 3)) < 0.4)
    dense[:, 0] += np.where(np.isfinite(numbers), numbers - 5 * DONORS + 3, 0).clip(0)
    dense[:, 1] += DONORS  # higher in the same donors, and that is all
    dense[:, 2] = np.round(dense[:, 2])
    number = Column("n", "n", "qc", None, numbers)
    tests = run_donor_tests(sp.csc_matrix(dense), make_obs(SPLIT, number=number))
    row = rows_of(tests, 2)[0]
    known = np.isfinite(numbers)
    for concept in range(3):
        found = [
            spearmanr(dense[keep, concept], numbers[keep]).statistic
            for keep in (known & (d == DONORS) for d in range(N_DONORS))
        ]
        assert tests.effect[concept, row] == pytest.approx(np.tanh(np.arctanh(found).mean()))
        assert tests.p[concept, row] == pytest.approx(ttest_1samp(np.arctanh(found), 0).pvalue)
    assert tests.design[row] == CORRELATION and tests.n_donors[row] == N_DONORS
    assert tests.q[0, row] < 1e-4 < 0.05 < tests.q[1, row]
    assert spearmanr(dense[known, 1], numbers[known]).statistic > 0.5


def test_q_counts_every_test_once():
    tests = run_donor_tests(sp.csc_matrix(simulate(8, 4, SPLIT, 0.5)), make_obs(SPLIT))
    stim = rows_of(tests, 1)[1]  # of two categories one; donors are not tested
    assert tests.q[:, stim] == pytest.approx(false_discovery_control(tests.p[:, stim]))


def test_what_cannot_be_tested_has_an_effect_and_no_p():
    dense = simulate(9, 3, SPLIT, 1.0)
    obs = make_obs(SPLIT)
    without = Obs([obs.columns[1], Column("n", "n", "qc", None, dense[:, 0])], ())
    tests = run_donor_tests(sp.csc_matrix(dense), without)
    assert set(tests.design.tolist()) == {NO_DONORS}
    assert np.isnan(tests.p).all() and np.isnan(tests.q).all()
    expected = (dense[SPLIT == 1].mean(0) - dense[SPLIT == 0].mean(0)) / dense.std(0)
    assert tests.effect[:, 1] == pytest.approx(expected)
    assert tests.effect[0, 2] == pytest.approx(1)

    two = np.where(DONORS < 2, DONORS, -1).astype(np.int32)
    few = Obs([Column("d", "d", "donor", ["a", "b"], two), obs.columns[1]], ())
    tests = run_donor_tests(sp.csc_matrix(dense), few)
    assert tests.design.tolist() == [IS_DONOR, IS_DONOR, FEW_DONORS, FEW_DONORS]
    assert tests.n_donors[2:].tolist() == [2, 2]
    assert np.isnan(tests.p).all() and np.isfinite(tests.effect).all()


def test_a_silent_concept_says_nothing():
    dense = simulate(10, 2, SPLIT, 1.0)
    dense[:, 1] = 0
    tests = run_donor_tests(sp.csc_matrix(dense), make_obs(SPLIT))
    assert np.isnan(tests.p[1]).all() and np.isnan(tests.effect[1]).all()
    assert np.isfinite(tests.p[0, rows_of(tests, 1)]).all()


def test_share_of_variance_between_categories():
    dense = simulate(11, 3, SPLIT)
    dense[:, 2] = 0
    number = Column("n", "n", "qc", None, dense[:, 0])
    found = share_of_variance(sp.csc_matrix(dense), make_obs(SPLIT, number=number))
    means = np.array([dense[d == DONORS].mean(0) for d in range(N_DONORS)])[DONORS]
    assert found[:2, 0] == pytest.approx(means.var(0)[:2] / dense.var(0)[:2])
    assert np.isnan(found[2]).all() and np.isnan(found[:, 2]).all()


def test_numbers_of_few_donors_have_the_correlation_of_the_pooled_cells():
    dense = simulate(12, 2, SPLIT)
    two = np.where(DONORS < 2, DONORS, -1).astype(np.int32)
    numbers = dense[:, 0].astype(np.float32)
    obs = Obs(
        [Column("d", "d", "donor", ["a", "b"], two), Column("n", "n", "qc", None, numbers)], ()
    )
    tests = run_donor_tests(sp.csc_matrix(dense), obs)
    row = rows_of(tests, 1)[0]
    assert (tests.design[row], tests.n_donors[row]) == (FEW_DONORS, 2)
    expected = [spearmanr(dense[:, concept], numbers).statistic for concept in range(2)]
    assert tests.effect[:, row] == pytest.approx(expected)


def test_no_concepts_at_all():
    number = Column("n", "n", "qc", None, np.ones(len(DONORS), np.float32))
    empty = sp.csc_matrix((len(DONORS), 0))
    tests = run_donor_tests(empty, make_obs(SPLIT, number=number))
    assert tests.p.shape == (0, len(tests.column)) and len(tests.column) > 0
    assert share_of_variance(empty, make_obs(SPLIT)).shape == (0, 2)
