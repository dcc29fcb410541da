"""Stability of all concepts: one dot each, stacked as in a histogram, named where it is pointed."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.theme import LEGEND_ABOVE, palette, plain, shorten, start_figure
from scconcepts_app.views.numbers import format_number
from scconcepts_app.views.recurrence import Recurrence, StablePoint

_ROOM = 150  # pixels for the stacks


def draw_recurrence(found: Recurrence, theme: str) -> go.Figure:
    """Return the dots; those flagged as unstable have the warning's colour."""
    colors = palette(theme)
    figure = start_figure(theme)
    tallest = max((point.height for point in found.points), default=1)
    size = max(2.5, min(11.0, _ROOM / tallest))
    kinds = (("", colors.presence, False), ("flagged as unstable", colors.absence, True))
    for name, color, is_unstable in kinds:
        shown = [point for point in found.points if point.is_unstable == is_unstable]
        figure.add_trace(
            go.Scatter(
                name=name,
                x=[point.stability for point in shown],
                y=[point.height for point in shown],
                mode="markers",
                marker={"size": size, "color": color, "opacity": 0.85},
                customdata=[f"{point.id} {point.label}" for point in shown],
                hovertext=[_describe(point, found) for point in shown],
                hoverinfo="text",
                showlegend=bool(name and shown),
            )
        )
    figure.update_layout(
        margin={"l": 60, "r": 14, "t": 28, "b": 42},
        showlegend=True,
        hovermode="closest",
        clickmode="event",
        legend={
            **LEGEND_ABOVE,
            "itemclick": False,
            "itemdoubleclick": False,
        },
        xaxis={
            "title": {"text": "stability"},
            "range": [-0.02, 1.03],
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis={
            "title": {"text": "concepts"},
            "range": [0, max(6.0, tallest + 1.0)],
            "fixedrange": True,
            "nticks": 5,
            "tickformat": "d",
        },
    )
    return figure


def _describe(point: StablePoint, found: Recurrence) -> str:
    of_all = f" of {found.n_seeds}" if found.n_seeds else ""
    return (
        f"<b>{point.id}</b> {plain(shorten(point.label, 60))}<br>stability "
        f"{format_number(point.stability)}, in {point.n_seeds}{of_all} seeds<br>"
        "<i>click: open the concept</i>"
    )
