"""What fills the sections on the dictionary: figures in the theme, the table, the verdict."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.quality_tables import baselines_table
from scconcepts_app.figures.baselines import draw_baselines
from scconcepts_app.figures.recurrence import draw_recurrence
from scconcepts_app.figures.sweep import draw_sweep
from scconcepts_app.figures.training import draw_training
from scconcepts_app.labels import read_rows
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, entry_of, pick
from scconcepts_app.views.baselines import (
    MEASURES,
    Baselines,
    describe_evaluation,
    judge,
    list_kinds,
    read_baselines,
)
from scconcepts_app.views.recurrence import read_recurrence
from scconcepts_app.views.sweep import read_sweep
from scconcepts_app.views.training import read_training


def register_callbacks(app: Dash, context: Context) -> None:
    """Register one callback a figure: a store may have only some of them."""
    _register_recurrence(app, context)
    _register_baselines(app, context)
    theme, selection = Input(ids.THEME, "data"), State(ids.SELECTION, "data")

    @app.callback(Output(ids.METHODS_TRAINING, "figure"), theme, selection)
    def draw_curves(theme: str, where: dict[str, Any]) -> go.Figure:
        training = read_training(entry_of(context.library, where, "methods").store)
        if training is None:
            raise PreventUpdate
        return draw_training(training, theme)

    @app.callback(Output(ids.METHODS_SWEEP, "figure"), Input(ids.CHOICES, "data"), theme, selection)
    def draw_settings(choices: dict[str, str], theme: str, where: dict[str, Any]) -> go.Figure:
        view = read_sweep(entry_of(context.library, where, "methods").store)
        if view is None or not view.measures:
            raise PreventUpdate
        measure = pick(choices, "sweep", view.measures, view.measures[0])
        return draw_sweep(view, measure or view.measures[0], theme)


def _register_recurrence(app: Dash, context: Context) -> None:
    app.clientside_callback(
        ClientsideFunction("scconcepts", "openPoint"),
        Output(f"{ids.METHODS_RECURRENCE}-open", "data"),
        Input(ids.METHODS_RECURRENCE, "clickData"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.METHODS_RECURRENCE, "figure"),
        Output(ids.METHODS_RECURRENCE_LEAD, "children"),
        Input(ids.THEME, "data"),
        State(ids.SELECTION, "data"),
    )
    def draw(theme: str, where: dict[str, Any]) -> tuple[go.Figure, str]:
        entry = entry_of(context.library, where, "methods")
        rows, _ = read_rows(context.annotations, entry)
        found = read_recurrence(entry.store, rows)
        return draw_recurrence(found, theme), f"{_ONE_DOT} {found.summary}"


_ONE_DOT = (
    "One dot a concept. Stability is the mean activation correlation of its members over the "
    "seeds, times the share of seeds that have one."
)


def _register_baselines(app: Dash, context: Context) -> None:
    choices, selection = Input(ids.CHOICES, "data"), State(ids.SELECTION, "data")

    @app.callback(
        Output(ids.METHODS_BASELINES_TABLE, "children"),
        Output(ids.METHODS_VERDICT, "children"),
        Output(ids.METHODS_BASELINES_NOTE, "children"),
        choices,
        selection,
    )
    def tell(chosen: dict[str, str], where: dict[str, Any]) -> tuple[html.Div, str, str]:
        found, _ = _read(entry_of(context.library, where, "methods"), chosen)
        return baselines_table(found), judge(found), describe_evaluation(found)

    @app.callback(
        Output(ids.METHODS_BASELINES, "figure"), choices, Input(ids.THEME, "data"), selection
    )
    def draw(chosen: dict[str, str], theme: str, where: dict[str, Any]) -> go.Figure:
        found, measure = _read(entry_of(context.library, where, "methods"), chosen)
        return draw_baselines(found, measure, theme)


def _read(entry: OpenedStore, choices: dict[str, str]) -> tuple[Baselines, str]:
    """Return the comparison and the measure that the address asks for.

    Raises
    ------
    PreventUpdate
        The store was not evaluated.
    """
    kinds = [kind for kind, _ in list_kinds(entry.store)]
    kind = pick(choices, "groups", kinds, kinds[0] if kinds else "")
    found = read_baselines(entry.store, kind or "")
    if found is None:
        raise PreventUpdate
    return found, pick(choices, "measure", MEASURES, "f1") or "f1"
