"""The tab about faithfulness: how far the attribution of the concept can be believed."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, html

from scconcepts_app.components import ids
from scconcepts_app.components.controls import alternatives
from scconcepts_app.components.graph import graph_slot
from scconcepts_app.components.measures import grade_badge, measures
from scconcepts_app.components.pane import of_tabs, pane, shown_id
from scconcepts_app.figures.faithfulness import draw_curves
from scconcepts_app.figures.message import draw_message
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.workspace.shown import Shown, read_shown
from scconcepts_app.views.curves import find_faithfulness, read_curves
from scconcepts_app.views.faithfulness import describe_faithfulness, why_no_card

TAB = (
    "faithfulness",
    "Faithfulness",
    "How far the attribution can be believed: what happens in the model when its genes are "
    "replaced.",
)
_CURVES = [
    ("deletion", "Deletion", "The first genes of the cell take their counterfactual values."),
    ("insertion", "Insertion", "The first genes of the cell are put into its counterfactual."),
    ("remaining", "Left", "What is left of the positive pre-activation after deletion."),
]

# Characters of a line that fit beside the numbers of the card.
_BESIDE_NUMBERS = 30
_NO_CURVES = "There are no curves: nothing could be replaced in cells of this concept."


def controls() -> html.Div:
    """Return the row of grade and reason."""
    return html.Div(
        html.Div(id=ids.FAITHFULNESS_HEAD, className="sc-grade-line"),
        className="sc-bar is-second",
        **of_tabs("faithfulness"),
    )


def make_pane() -> html.Div:
    """Return the empty pane."""
    beside = [
        alternatives(ids.CURVE, "Curves", _CURVES, "deletion"),
        html.Div(id=ids.FAITHFULNESS_SIDE),
    ]
    return pane(
        "faithfulness",
        graph_slot(ids.FAITHFULNESS, "Deletion and insertion curves"),
        beside=beside,
        caption=ids.FAITHFULNESS_CAPTION,
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the tab."""
    shown = Input(shown_id("faithfulness"), "data")

    @app.callback(
        Output(ids.FAITHFULNESS, "figure"),
        shown,
        Input(ids.CURVE, "value"),
    )
    def draw(data: dict[str, Any] | None, kind: str) -> go.Figure:
        now = read_shown(context, data)
        if find_faithfulness(now.entry.store, now.attribution) is None:
            figure = draw_message(_why(now), now.theme)
        else:
            curves = read_curves(now.entry.store, now.concept, now.attribution or "", kind)
            figure = (
                draw_curves(curves, now.theme)
                if curves.is_known
                else draw_message(_NO_CURVES, now.theme, _BESIDE_NUMBERS)
            )
        return figure.update_layout(meta=now.concept_id)

    @app.callback(
        Output(ids.FAITHFULNESS_HEAD, "children"),
        Output(ids.FAITHFULNESS_SIDE, "children"),
        Output(ids.FAITHFULNESS_CAPTION, "children"),
        shown,
    )
    def tell(data: dict[str, Any] | None) -> tuple[Any, Any, str]:
        now = read_shown(context, data)
        if find_faithfulness(now.entry.store, now.attribution) is None:
            return None, None, ""
        card = describe_faithfulness(now.entry.store, now.concept, now.attribution or "")
        head = [grade_badge(card.grade, card.rule), html.P(card.reason, className="sc-reason")]
        return head, measures(card.facts), card.sentence


def _why(now: Shown) -> str:
    return why_no_card(now.entry.store, now.concept, now.attribution)
