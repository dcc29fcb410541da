"""The evaluation of units, against scikit-learn's own metrics and against plain loops."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from precompute.dictionary import Dictionary
from precompute.evaluation import (
    BASELINES,
    Scores,
    activate_units,
    best_cuts,
    divide,
    evaluate,
    finest,
    fit_baselines,
    make_folds,
    match_programmes,
    mean_f1,
    rank_auroc,
)
from precompute.evaluation.probe import probe_fold

RNG = np.random.default_rng(3)
N_CELLS, N_GROUPS = 90, 3
# Many ties, as activations have at 0, and one unit that means a group by its absence.
UNITS = np.round(np.maximum(RNG.normal(size=(N_CELLS, 5)), 0) * 2) / 2
CODES = RNG.integers(-1, N_GROUPS + 1, N_CELLS)  # -1 unknown, N_GROUPS outside of all
UNITS[:, 3] = 2 - 2 * (CODES == 1) + UNITS[:, 3] / 4
UNITS[:, 0] += (CODES == 0) & (RNG.random(N_CELLS) < 0.7)


def brute_f1(group):
    known = CODES >= 0
    inside = CODES[known] == group
    return max(
        f1_score(inside, column >= threshold)
        for unit in UNITS[known].T
        for column in (unit, -unit)
        for threshold in np.unique(column)
    )


@pytest.mark.parametrize("group", range(N_GROUPS))
def test_the_best_cut_is_that_of_a_search_through_all(group):
    cuts = best_cuts(UNITS, CODES, N_GROUPS)
    assert cuts.f1[group] == pytest.approx(brute_f1(group), abs=1e-12)
    known = CODES >= 0
    called = cuts.call(UNITS[known])[:, group]
    assert f1_score(CODES[known] == group, called) == pytest.approx(cuts.f1[group], abs=1e-12)


def test_low_values_may_mean_a_group():
    cuts = best_cuts(UNITS, CODES, N_GROUPS)
    assert (cuts.unit[1], cuts.sign[1]) == (3, -1)


def test_the_order_of_the_cells_changes_no_cut():
    shuffled = RNG.permutation(N_CELLS)
    there = best_cuts(UNITS, CODES, N_GROUPS)
    again = best_cuts(UNITS[shuffled], CODES[shuffled], N_GROUPS)
    assert np.array_equal(there.f1, again.f1)


def test_many_units_are_searched_in_parts(monkeypatch):
    whole = best_cuts(UNITS, CODES, N_GROUPS)
    monkeypatch.setattr("precompute.evaluation.cuts._VALUES_AT_ONCE", 1)
    parts = best_cuts(UNITS, CODES, N_GROUPS)
    assert np.array_equal(whole.f1, parts.f1)
    assert np.array_equal(whole.unit, parts.unit)


def test_a_group_without_cells_is_never_called():
    cuts = best_cuts(UNITS, np.where(CODES == 2, -1, CODES), N_GROUPS)
    assert cuts.f1[2] == 0
    assert not cuts.call(UNITS)[:, 2].any()


def test_auroc_is_that_of_scikit_learn():
    known = CODES >= 0
    found = rank_auroc(UNITS, CODES, N_GROUPS)
    expected = [
        [roc_auc_score(CODES[known] == group, unit) for unit in UNITS[known].T]
        for group in range(N_GROUPS)
    ]
    assert found == pytest.approx(np.array(expected), abs=1e-12)
    assert np.isnan(rank_auroc(UNITS, np.zeros(N_CELLS, int), 1)).all()


def test_the_probe_is_logistic_regression_of_standardised_units():
    held_out = np.arange(N_CELLS) % 3 == 0
    auroc, hits = probe_fold(UNITS, CODES, N_GROUPS, held_out)
    train, test = ~held_out & (CODES >= 0), held_out & (CODES >= 0)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    model.fit(UNITS[train], CODES[train])
    chances, said = model.predict_proba(UNITS[test]), model.predict(UNITS[test])
    for group in range(N_GROUPS):
        inside = CODES[test] == group
        assert auroc[group] == pytest.approx(roc_auc_score(inside, chances[:, group]), abs=1e-6)
        assert hits[group] == (said[inside] == group).sum()


def test_a_threshold_is_chosen_on_other_cells_than_it_is_measured_on():
    """Noise that finds its group by chance in each fold is worth nothing on the next one."""
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 60)
    (division,) = divide({"cell_type": (codes, ["a", "b"])})
    folds = make_folds(120, [division])
    noise = rng.normal(size=(120, 40))
    truth = np.column_stack([noise, codes + rng.normal(0, 0.01, 120)])
    blind = evaluate(noise, truth, None, [division], folds)
    good = evaluate(truth, truth, truth, [division], folds)
    assert best_cuts(noise, codes, 2).f1.mean() > 0.68
    assert blind.auroc.mean() == pytest.approx(0.5, abs=0.12)
    assert good.f1 == pytest.approx([1, 1])
    assert good.auroc == pytest.approx([1, 1])
    assert good.probe_accuracy.mean() > 0.9
    assert good.explained_variance == pytest.approx(1)
    assert np.isnan(blind.explained_variance)


def test_f1_takes_the_calls_of_all_folds_together():
    codes = np.tile([0, 0, 1, 1], 10)
    units = (codes == 1).astype(float)[:, None]
    units[[2, 6], 0] = 0  # two cells of the second group are never found
    (division,) = divide({"condition": (codes, ["a", "b"])}, least_cells=2)
    scores = evaluate(units, units, None, [division], np.arange(40) // 20)
    # Of the second group 18 of 20 are called and right; of the first 20 of 22.
    assert scores.f1 == pytest.approx([2 * 20 / (22 + 20), 2 * 18 / (18 + 20)])
    # Fold 1 misses two of ten, the other none: means over the groups of each fold.
    first = (2 * 10 / (12 + 10) + 2 * 8 / (8 + 10)) / 2
    assert scores.f1_error == pytest.approx([(1 - first) / 2])
    mean, error = mean_f1(scores, [division], "condition")
    assert mean == pytest.approx(scores.f1.mean())
    assert error == scores.f1_error[0]


def test_scores_survive_being_kept():
    (division,) = divide({"cell_type": (np.repeat([0, 1], 45), ["a", "b"])})
    scores = evaluate(UNITS, UNITS, UNITS, [division], np.arange(90) % 2)
    again = Scores.from_arrays(scores.to_arrays())
    assert again.n_units == 5
    assert np.array_equal(again.f1, scores.f1)
    assert np.isnan(again.to_programmes)


def test_groups_are_types_conditions_and_both():
    types = np.array([0] * 50 + [1] * 50 + [2] * 5 + [-1] * 5)
    states = np.tile([0, 1], 55)
    found = divide({"cell_type": (types, ["B", "T", "rare"]), "condition": (states, ["-", "+"])})
    assert [division.kind for division in found] == ["cell_type", "condition", finest(found).kind]
    assert found[0].names == ["B", "T"]  # the rare type is no group, but not a B or T cell either
    assert set(found[0].codes[100:105]) == {2}
    assert set(found[0].codes[105:]) == {-1}
    assert finest(found).names == ["B, -", "B, +", "T, -", "T, +"]
    assert finest(found).sizes.tolist() == [25, 25, 25, 25]
    assert divide({"condition": (np.zeros(50, int), ["all"])}) == []
    assert finest([]) is None


def test_whole_donors_are_held_out_together():
    donors = RNG.integers(0, 7, 200)
    (division,) = divide({"cell_type": (RNG.integers(0, 2, 200), ["a", "b"])})
    folds = make_folds(200, [division], donors)
    assert len(np.unique(folds)) == 5
    assert all(len(np.unique(folds[donors == donor])) == 1 for donor in range(7))
    alone = make_folds(200, [division], np.zeros(200, int))
    assert np.bincount(alone).tolist() == [40] * 5


def test_linear_baselines_at_an_equal_number_of_units():
    rng = np.random.default_rng(1)
    mixed = rng.gamma(1, size=(200, 3)) @ rng.normal(size=(3, 6))
    embeddings = np.column_stack([mixed, np.ones(200)])  # a constant column, rank 3
    found = {name: run() for name, run in fit_baselines(embeddings, 2)}
    assert list(found) == list(BASELINES)
    assert {units.values.shape for units in found.values()} == {(200, 2)}
    scores = {
        n: evaluate(u.values, embeddings, u.rebuilt, [], np.zeros(200)) for n, u in found.items()
    }
    explained = {name: each.explained_variance for name, each in scores.items()}
    assert explained["ica"] == pytest.approx(explained["pca"], abs=1e-6)
    assert max(explained.values()) <= explained["pca"] + 1e-9
    assert min(explained.values()) > 0
    every = {name: run().values.shape[1] for name, run in fit_baselines(embeddings, 50)}
    assert set(every.values()) == {3}


def test_fewer_units_of_a_dictionary_are_those_that_rebuild_most():
    decoder = np.eye(3, dtype=np.float32)
    zero = np.zeros(3, np.float32)
    dictionary = Dictionary(decoder, zero, decoder, zero, 1.0, 2)
    embeddings = np.array([[3, 1, 0], [0, 1, 0.5], [3, 0, 0.9]], np.float32)
    units = activate_units(dictionary, embeddings, 2)
    assert units.values.tolist() == [[3, 1], [0, 1], [3, 0]]  # sums of squares 18, 2, 1.06
    assert units.rebuilt.tolist() == [[3, 1, 0], [0, 1, 0], [3, 0, 0]]
    assert activate_units(dictionary, embeddings).rebuilt == pytest.approx(embeddings)


def test_programmes_are_matched_both_ways():
    rng = np.random.default_rng(2)
    programmes = rng.normal(size=(500, 2))
    units = np.column_stack([-programmes[:, 0], np.zeros(500)])
    to, of = match_programmes(units, programmes)
    assert to == pytest.approx(1)  # the unit that never varies is left out
    assert of == pytest.approx((1 + abs(np.corrcoef(programmes.T)[0, 1])) / 2)
    assert match_programmes(np.zeros((500, 2)), programmes) == (0, 0)
