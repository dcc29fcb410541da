"""Gene sets of a concept."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.found import NOT_FOUND, RAISED
from scconcepts_app.views.pathways import (
    choose_for_plot,
    default_enrichment,
    list_pathways,
)
from tests.store_factory import MARKERS
from tests.unit.app.conftest import with_arrays


def test_rows_are_those_of_the_store(store):
    table = list_pathways(store, 2, "prerank_presence")
    values = store.enrichment("prerank_presence").rows(2)
    assert [row.q for row in table.rows] == pytest.approx(values["q"].tolist())
    assert [row.statistic for row in table.rows] == pytest.approx(values["statistic"].tolist())
    first = table.rows[0]
    assert first.name == "CD8 T cell markers"
    assert first.leading == MARKERS["CD8 T cell"][:4]
    assert (first.size, first.n_leading, first.library) == (5, 4, "Fixture sets")
    assert first.minus_log10_q == pytest.approx(-np.log10(6e-5))


def test_significant_sets_are_counted(store):
    table = list_pathways(store, 0, "prerank_presence")
    assert (table.n_raised, table.n_lowered) == (sum(row.q < 0.05 for row in table.rows), 0)
    assert [row.direction for row in table.rows] == [RAISED, *[NOT_FOUND] * 5]


def test_sets_at_the_bottom_are_lowered_by_de_and_nothing_by_presence(store):
    rows = {"statistic": [2, -2, -1, 3, 3, -3], "q": [0.01, 0.02, 0.03, 0.05, 0.06, 0.07]}
    counts = {}
    for key in ("prerank_presence", "prerank_differential"):
        names = {name: f"enrichment/{key}/{name}" for name in rows}
        arrays = {names[name]: np.array(store.array(names[name])) for name in rows}
        for name, values in rows.items():
            arrays[names[name]][:6] = values
        table = list_pathways(with_arrays(store, arrays), 0, key)
        counts[key] = (table.n_raised, table.n_lowered)
    assert counts == {"prerank_presence": (1, 0), "prerank_differential": (1, 2)}


def test_the_default_is_the_one_marked(store, plain_store):
    assert default_enrichment(store).key == "prerank_presence"
    assert default_enrichment(plain_store) is None


def test_a_missing_q_is_missing_and_not_significant(store):
    q = np.array(store.array("enrichment/prerank_presence/q"))
    q[0] = np.nan
    variant = with_arrays(store, {"enrichment/prerank_presence/q": q})
    table = list_pathways(variant, 0, "prerank_presence")
    assert table.rows[0].q is table.rows[0].minus_log10_q is None
    assert (table.n_raised, table.n_lowered) == (0, 0)


def test_the_plot_takes_the_smallest_p_and_orders_by_statistic(store):
    table = list_pathways(store, 0, "prerank_presence")
    chosen = choose_for_plot(table, 3)
    assert {row.name for row in chosen} == {row.name for row in table.rows[:3]}
    assert [row.statistic for row in chosen] == sorted(row.statistic for row in chosen)


def test_an_unknown_test_is_an_error(store):
    with pytest.raises(KeyError):
        list_pathways(store, 0, "nonsense")
