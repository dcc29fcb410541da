"""The tab about cells: the concept against the columns of obs."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, html

from scconcepts_app.components import ids
from scconcepts_app.components.controls import alternatives, choice
from scconcepts_app.components.graph import graph_slot
from scconcepts_app.components.pane import of_tabs, pane, shown_id
from scconcepts_app.figures.association import draw_categories, draw_correlations
from scconcepts_app.figures.donor_tests import draw_donor_tests
from scconcepts_app.figures.message import draw_message
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, own
from scconcepts_app.pages.workspace.shown import Shown, read_shown
from scconcepts_app.views.association import list_categories, list_columns, list_correlations
from scconcepts_app.views.donor_tests import (
    DonorTest,
    has_donor_tests,
    list_donor_tests,
    list_number_tests,
    say_tests,
)

NUMERIC = "(numeric columns)"
TAB = ("annotations", "Cells", "The concept against what is known about the cells.")
BY_DONOR = "donors"
_METRICS = [
    ("f1", "F1", "Best F1 of the activation, over thresholds, against the category."),
    ("auroc", "AUROC", "Chance that a cell of the category has the higher activation."),
    ("share", "Share", "Share of the concept's active cells in the category."),
]
_BY_DONOR = (
    BY_DONOR,
    "By donor",
    "Effect, q and donors of a test in which each donor counts once. Of a condition in all cells "
    "and in each cell type; numbers within donors.",
)


def controls(entry: OpenedStore) -> html.Div:
    """Return the row with the choices of column and measure."""
    columns = [(column.key, column.name) for column in list_columns(entry.store)]
    if len(entry.store.array("association/numeric")):
        columns.append((NUMERIC, "Numeric columns"))
    columns = columns or [("", "none in this store")]
    return html.Div(
        [
            choice(ids.OBS_COLUMN, "Column", columns, columns[0][0], "Column of the cells"),
            alternatives(ids.METRIC, "Measure", _list_metrics(entry), "f1"),
        ],
        className="sc-bar is-second",
        **of_tabs("annotations"),
    )


def _list_metrics(entry: OpenedStore) -> list[tuple[str, str, str]]:
    return [*_METRICS, *([_BY_DONOR] if has_donor_tests(entry.store) else [])]


def make_pane() -> html.Div:
    """Return the empty pane."""
    return pane(
        "annotations",
        graph_slot(ids.ASSOCIATION, "Concept against cell annotations"),
        caption=ids.ASSOCIATION_CAPTION,
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the tab."""
    inputs = (
        Input(shown_id("annotations"), "data"),
        Input(ids.OBS_COLUMN, "value"),
        Input(ids.METRIC, "value"),
    )

    @app.callback(Output(ids.ASSOCIATION_CAPTION, "children"), *inputs)
    def tell(data: dict[str, Any] | None, column: str, metric: str) -> str:
        now = read_shown(context, data)
        tests = _read_tests(now, column, metric)
        return say_tests(tests, now.concept_id) if tests else ""

    @app.callback(Output(ids.ASSOCIATION, "figure"), *inputs)
    def draw(data: dict[str, Any] | None, column: str, metric: str) -> go.Figure:
        now = read_shown(context, data)
        if not column:
            return draw_message("This store holds no column to compare with.", now.theme)
        tests = _read_tests(now, column, metric)
        if tests:
            return draw_donor_tests(tests, now.theme)
        if column == NUMERIC:
            return draw_correlations(list_correlations(now.entry.store, now.concept), now.theme)
        own(column, list_columns(now.entry.store))
        return draw_categories(
            list_categories(now.entry.store, now.concept, column), metric, now.theme
        )


def _read_tests(now: Shown, column: str, metric: str) -> list[DonorTest]:
    """Return the tests by donor where they are asked for and there are some."""
    store = now.entry.store
    if metric != BY_DONOR or not column or not has_donor_tests(store):
        return []
    if column == NUMERIC:
        return list_number_tests(store, now.concept)
    own(column, list_columns(store))
    return list_donor_tests(store, now.concept, column)
