"""Concepts against categories: order, threshold and limit, worked out on small tables."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.category_map import map_categories
from tests.unit.app.conftest import with_arrays

# Rows: concepts; columns: control, stimulated.
VALUES = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.6], [0.3, 0.95], [np.nan, np.nan], [0.1, 0.2]]


@pytest.fixture(scope="module")
def planted(store):
    table = np.array(store.array("association/f1"))
    table[:, 5:7] = VALUES
    return with_arrays(store, {"association/f1": table})


def test_concepts_follow_their_best_category_and_then_their_value(planted):
    found = map_categories(planted, "condition", "f1", 0.0)
    assert found.names == ["control", "stimulated"]
    assert found.concepts.tolist() == [0, 2, 3, 1, 5]
    assert found.values[0].tolist() == pytest.approx([0.9, 0.7, 0.3, 0.2, 0.1])
    assert found.values.shape == (2, 5)


def test_a_concept_without_numbers_is_never_shown(planted):
    assert 4 not in map_categories(planted, "condition", "f1", 0.0).concepts


def test_the_threshold_is_on_the_best_value(planted):
    found = map_categories(planted, "condition", "f1", 0.8)
    assert found.concepts.tolist() == [0, 3, 1]
    assert found.n_passed == 3 and found.n_per_category is None


def test_the_best_concept_of_a_category_does_not_depend_on_the_threshold(planted):
    found = map_categories(planted, "condition", "f1", 2.0)
    assert found.concepts.tolist() == []
    assert found.best.tolist() == [0, 3]
    assert found.best_value.tolist() == pytest.approx([0.9, 0.95])


def test_too_many_concepts_leave_the_best_of_each_category(planted):
    found = map_categories(planted, "condition", "f1", 0.0, most=3)
    # 3 // 2 categories: one each.
    assert found.n_per_category == 1 and found.n_passed == 5
    assert found.concepts.tolist() == [0, 3]


def test_more_categories_than_columns_leave_the_best_of_all(planted):
    found = map_categories(planted, "condition", "f1", 0.0, most=1)
    assert found.concepts.tolist() == [3]


def test_all_three_numbers_come_along(planted, store):
    found = map_categories(planted, "condition", "f1", 0.0)
    auroc = np.asarray(store.array("association/auroc"))[:, 5:7].T[:, found.concepts]
    assert found.numbers[..., 1] == pytest.approx(auroc)
    condition = np.asarray(store.array("obs/condition/codes"))
    assert found.n_cells == [int((condition == 0).sum()), int((condition == 1).sum())]


def test_a_category_without_any_number_has_no_best(store):
    table = np.array(store.array("association/f1"))
    table[:, 5] = np.nan
    found = map_categories(with_arrays(store, {"association/f1": table}), "condition", "f1", 0.0)
    assert found.best[0] == -1 and np.isnan(found.best_value[0])


@pytest.mark.parametrize(("key", "metric"), [("percent_mito", "f1"), ("x", "f1"), ("donor", "x")])
def test_what_there_is_not(store, key, metric):
    with pytest.raises(KeyError):
        map_categories(store, key, metric, 0.0)


def test_a_value_that_is_the_threshold_passes(store):
    table = np.zeros_like(np.array(store.array("association/f1")))
    table[4, 5] = 0.7  # as float32 a little less
    found = map_categories(with_arrays(store, {"association/f1": table}), "condition", "f1", 0.7)
    assert found.concepts.tolist() == [4]
