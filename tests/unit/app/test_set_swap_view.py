"""Gene sets that were swapped whole."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.store.schema import QUADRANTS
from scconcepts_app.views.set_swap import (
    QUADRANT_CHOICES,
    choose_swaps_for_plot,
    keep_quadrant,
    list_set_swaps,
    why_no_swap,
)
from tests.unit.app.conftest import with_arrays


def test_rows_are_those_of_the_store(store):
    table = list_set_swaps(store, 2, "neighbours")
    values = store.set_swap("neighbours").rows(2)
    for name in ("effect", "share", "expected", "z", "p", "q", "size", "n_random"):
        assert [getattr(row, name) for row in table.rows] == pytest.approx(values[name].tolist())
    first = table.rows[0]
    assert (first.name, first.library) == ("CD8 T cell markers", "Fixture sets")
    assert first.share == pytest.approx(0.56)
    # q of the two smallest p: .001 * 6 / 1 and .004 * 6 / 2
    assert [row.q for row in table.rows[:2]] == pytest.approx([0.006, 0.012])
    assert (table.n_raised, table.n_lowered) == (2, 0)
    assert first.told == ("↑", "used and DE, raised")


def test_codes_are_quadrants_in_words_and_unknown_ones_none(store):
    found = [row.quadrant for row in list_set_swaps(store, 0, "neighbours").rows]
    assert found == [*(QUADRANTS[code] for code in (3, 2, 1, 0, 0)), None]
    codes = np.full(36, 7, np.int32)
    strange = with_arrays(store, {"set_swap/neighbours/quadrant": codes})
    assert {row.quadrant for row in list_set_swaps(strange, 0, "neighbours").rows} == {None}


def test_a_swap_against_the_direction_of_de_has_its_own_quadrant(store):
    key, first = "set_swap/neighbours/difference", store.set_swap("neighbours").span(0).start
    values = np.array(store.array(key))
    values[first] = -1.2  # the cells have less of the set, whose lack raises the concept
    table = list_set_swaps(with_arrays(store, {key: values}), 0, "neighbours")
    row = table.rows[0]
    assert (row.quadrant, row.direction, row.de_direction) == ("opposite", -1, 1)
    assert row.told == ("↓↑", "in opposite directions: lowered by attribution, raised by DE")
    assert (table.n_raised, table.n_lowered) == (1, 1)
    assert keep_quadrant(table, "opposite").rows == [row]


def test_a_quadrant_without_the_direction_of_de_is_not_known(store):
    sets = store.enrichment("prerank_differential").columns["gene_set"]
    away = {"enrichment/prerank_differential/gene_set": np.where(sets == 0, 5, sets)}
    row = list_set_swaps(with_arrays(store, away), 0, "neighbours").rows[0]
    assert (row.quadrant, row.told) == (None, ("", "not placed"))


def test_sets_that_the_cells_have_less_of_are_marked(store):
    rows = list_set_swaps(store, 0, "neighbours").rows
    assert [row.difference for row in rows[:5]] == pytest.approx([1.2, 0.4, 0.1, -0.1, -0.3])
    assert [row.is_absent for row in rows] == [False, False, False, True, True, False]
    assert rows[0].marked_name == "B cell markers"
    assert rows[3].marked_name == f"▾ {rows[3].short_name}"
    assert rows[5].difference is None


def test_a_quadrant_can_be_chosen(store):
    table = list_set_swaps(store, 0, "neighbours")
    for value, _ in QUADRANT_CHOICES:
        kept = keep_quadrant(table, value).rows
        assert kept == [row for row in table.rows if not value or row.quadrant == value]
    assert [words for _, words in QUADRANT_CHOICES][:2] == ["All sets", "Used and differential"]


def test_the_plot_takes_the_smallest_p_and_orders_by_effect(store):
    table = list_set_swaps(store, 0, "neighbours")
    chosen = choose_swaps_for_plot(table, 3)
    assert {row.name for row in chosen} == {row.name for row in table.rows[:3]}
    assert [row.effect for row in chosen] == sorted(row.effect for row in chosen)


def test_missing_numbers_are_none_and_not_significant(store):
    arrays = {
        f"set_swap/neighbours/{name}": np.full(
            36, np.nan, store.array(f"set_swap/neighbours/{name}").dtype
        )
        for name in ("effect", "share", "difference", "expected", "z", "p", "q")
    }
    table = list_set_swaps(with_arrays(store, arrays), 0, "neighbours")
    row = table.rows[0]
    assert row.effect is row.share is row.expected is row.z is row.p is row.q is None
    assert (table.n_raised, table.n_lowered) == (0, 0)
    assert choose_swaps_for_plot(table, 3) == []


def test_without_a_set_swap(store, old_store):
    with pytest.raises(KeyError):
        list_set_swaps(store, 0, "random_matched")
    assert why_no_swap(old_store, "neighbours") == "This store holds no set swap."
    assert "they were for: Nearest inactive cells" in why_no_swap(store, "random_matched")
    assert "was not attributed" in why_no_swap(store, "neighbours")
