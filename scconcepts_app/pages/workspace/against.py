"""Two tabs about differential expression: attribution against it, and the volcano."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, html

from scconcepts_app.components import ids
from scconcepts_app.components.graph import graph_slot
from scconcepts_app.components.measures import facts_row
from scconcepts_app.components.pane import lead, pane, shown_id
from scconcepts_app.figures.comparison import draw_comparison
from scconcepts_app.figures.message import draw_message
from scconcepts_app.figures.volcano import draw_volcano
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.workspace.shown import Shown, read_shown
from scconcepts_app.views.comparison import Comparison, compare
from scconcepts_app.views.genes import why_no_attribution
from scconcepts_app.views.numbers import format_count
from scconcepts_app.views.volcano import N_MARKED, Volcano, list_volcano

COMPARISON_TAB = (
    "against",
    "vs DE",
    "What moves the model's concept against what differs between cells, gene by gene.",
)
VOLCANO_TAB = (
    "volcano",
    "Volcano",
    "Differential expression, with the first genes of attribution.",
)


def make_panes() -> list[html.Div]:
    """Return the two empty panes."""
    comparison = pane(
        "against",
        graph_slot(ids.COMPARISON, "Attribution against differential expression"),
        above=[
            lead(ids.COMPARISON_LEAD),
            html.Dl(id=ids.COMPARISON_FACTS, className="sc-numbers"),
        ],
        caption=ids.COMPARISON_CAPTION,
    )
    volcano = pane(
        "volcano",
        graph_slot(ids.VOLCANO, "Volcano of differential expression"),
        caption=ids.VOLCANO_CAPTION,
    )
    return [comparison, volcano]


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of both tabs."""
    _register_comparison(app, context)
    _register_volcano(app, context)


def _register_comparison(app: Dash, context: Context) -> None:
    @app.callback(Output(ids.COMPARISON, "figure"), Input(shown_id("against"), "data"))
    def draw(data: dict[str, Any] | None) -> go.Figure:
        now = read_shown(context, data)
        table = _compare(now)
        figure = (
            draw_comparison(table, now.statistic, now.theme)
            if table
            else draw_message(_why_no_comparison(now), now.theme)
        )
        return figure.update_layout(meta=now.concept_id)

    @app.callback(
        Output(ids.COMPARISON_LEAD, "children"),
        Output(ids.COMPARISON_FACTS, "children"),
        Output(ids.COMPARISON_CAPTION, "children"),
        Input(shown_id("against"), "data"),
    )
    def tell(data: dict[str, Any] | None) -> tuple[str, Any, str]:
        now = read_shown(context, data)
        table = _compare(now)
        if table is None:
            return "", None, ""
        return table.sentence, facts_row(table.facts), _caption_comparison(table)


def _register_volcano(app: Dash, context: Context) -> None:
    def read(now: Shown) -> Volcano | None:
        if not now.differential:
            return None
        table = list_volcano(now.entry.store, now.concept, now.differential, now.attribution)
        return table if table.points else None

    @app.callback(Output(ids.VOLCANO, "figure"), Input(shown_id("volcano"), "data"))
    def draw(data: dict[str, Any] | None) -> go.Figure:
        now = read_shown(context, data)
        table = read(now)
        figure = (
            draw_volcano(table, now.theme) if table else draw_message(_why_no_test(now), now.theme)
        )
        return figure.update_layout(meta=now.concept_id)

    @app.callback(Output(ids.VOLCANO_CAPTION, "children"), Input(shown_id("volcano"), "data"))
    def tell(data: dict[str, Any] | None) -> str:
        now = read_shown(context, data)
        table = read(now)
        return _caption_volcano(table, now) if table else ""


def _compare(now: Shown) -> Comparison | None:
    if not now.attribution or not now.differential:
        return None
    return compare(now.entry.store, now.concept, now.attribution, now.differential)


def _why_no_comparison(now: Shown) -> str:
    if now.is_silent:
        return "This concept is active in no cell, so there are no genes to compare."
    if not now.differential:
        return _why_no_test(now)
    return why_no_attribution(now.entry.store, now.concept)


def _why_no_test(now: Shown) -> str:
    if now.is_silent:
        return "This concept is active in no cell, so no gene was tested."
    if not now.entry.store.manifest.differentials:
        return "This store holds no differential expression."
    return "No gene was tested for this concept."


def _caption_comparison(table: Comparison) -> str:
    return (
        "Lists: effect by presence and z, each in falling order. Attribution says what moves the "
        "model's concept, DE says what differs between cells; neither promises better markers."
        + _say_left_out(len(table.points), table.n_genes)
    )


def _caption_volcano(table: Volcano, now: Shown) -> str:
    text = (
        f"{format_count(table.n_significant)} of {format_count(table.n_genes)} genes have q ≤ 0.05 "
        "(dotted line)."
    )
    if any(point.mark for point in table.points):
        text += f" In colour: the first {N_MARKED} genes of attribution by presence and by absence."
    if table.n_zero:
        text += f" Triangles on top: {format_count(table.n_zero)} genes whose q is 0."
    if table.n_far:
        text += f" At the sides: {format_count(table.n_far)} genes beyond ±10."
    return text + _say_left_out(len(table.points), table.n_genes)


def _say_left_out(n_drawn: int, n_genes: int) -> str:
    if n_drawn == n_genes:
        return ""
    return f" {format_count(n_genes - n_drawn)} genes in the middle are not drawn."
