"""A concept against obs columns."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.association import list_categories, list_columns, list_correlations
from tests.store_factory import CELL_TYPES


def test_categories_carry_the_numbers_of_the_store(store):
    rows = {row.category: row for row in list_categories(store, 1, "cell_type")}
    codes = np.asarray(store.array("obs/cell_type/codes"))
    for level, name in enumerate(CELL_TYPES):
        row = rows[name]
        assert row.f1 == pytest.approx(store.array("association/f1")[1, level])
        assert row.auroc == pytest.approx(store.array("association/auroc")[1, level])
        assert row.share == pytest.approx(store.array("association/share")[1, level])
        assert row.n_cells == (codes == level).sum()
        assert row.usual == pytest.approx((codes == level).mean())


def test_the_highest_f1_comes_first(store):
    assert list_categories(store, 3, "cell_type")[0].category == "Monocyte"


def test_shares_of_a_column_add_up(store):
    rows = list_categories(store, 3, "donor")
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert sum(row.usual for row in rows) == pytest.approx(1)


def test_missing_numbers_stay_missing(silent_store):
    rows = list_categories(silent_store, 0, "cell_type")
    assert all(row.f1 is row.auroc is row.share is None for row in rows)


def test_columns_start_with_cell_type_then_condition(store):
    assert [column.key for column in list_columns(store)] == ["cell_type", "condition", "donor"]


@pytest.mark.parametrize("key", ["percent_mito", "nonsense"])
def test_a_column_that_was_not_tested_is_an_error(store, key):
    with pytest.raises(KeyError):
        list_categories(store, 0, key)


def test_correlations_name_their_columns(store):
    (found,) = list_correlations(store, 0)
    assert (found.name, found.rank_correlation) == ("percent_mito", 0.0)
