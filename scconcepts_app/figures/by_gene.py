"""Scatter of one gene over concepts: its effect against its differential expression."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from scconcepts_app.figures.labels import pad, place_labels
from scconcepts_app.figures.theme import Palette, palette, plain, shorten, start_figure
from scconcepts_app.views.by_gene import ConceptPoint

N_NAMED = 8
_SIDES = {
    "presence": "by presence",
    "absence": "by absence",
    "opposing": "opposing",
    "": "no effect",
}


def draw_gene(
    symbol: str,
    points: Sequence[ConceptPoint],
    concept_ids: Sequence[str],
    labels: Sequence[str],
    theme: str,
) -> go.Figure:
    """Return effect over DE z, one point a concept; a click opens the concept.

    Parameters
    ----------
    points : largest effect first.
    concept_ids, labels : of all concepts of the store.
    """
    colors = palette(theme)
    figure = start_figure(theme)
    for side, name in _SIDES.items():
        shown = [point for point in points if point.side == side]
        figure.add_trace(
            go.Scatter(
                name=name,
                x=[point.z for point in shown],
                y=[point.effect for point in shown],
                mode="markers",
                marker={
                    "size": 8,
                    "color": _color(side, colors),
                    "opacity": [0.95 if point.is_moved else 0.4 for point in shown],
                },
                customdata=[
                    f"{concept_ids[point.concept]} {plain(shorten(labels[point.concept], 48))}"
                    for point in shown
                ],
                hovertemplate=_HOVER,
                showlegend=bool(shown),
            )
        )
    limits = pad([point.z for point in points]), pad([point.effect for point in points])
    named = [(point.z, point.effect, concept_ids[point.concept]) for point in points[:N_NAMED]]
    places = [(point.z, point.effect) for point in points]
    figure.update_layout(
        margin={"l": 58, "r": 10, "t": 28, "b": 40},
        showlegend=True,
        legend={
            "orientation": "h",
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "x": 0,
            "font": {"size": 10.5, "color": colors.muted},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        hovermode="closest",
        clickmode="event",
        xaxis={
            "range": list(limits[0]),
            "title": {"text": f"DE of {symbol}: z (Wilcoxon)"},
            "fixedrange": True,
            "nticks": 6,
        },
        yaxis={
            "range": list(limits[1]),
            "title": {"text": "effect (pre-activation)"},
            "fixedrange": True,
            "nticks": 6,
        },
        annotations=place_labels(named, *limits, colors.text, places),
        meta=symbol,
    )
    return figure


_HOVER = (
    "<b>%{customdata}</b><br>effect %{y:.3f}, DE z %{x:.1f}<br>"
    "<i>click: open the concept</i><extra></extra>"
)


def _color(side: str, colors: Palette) -> str:
    return {
        "presence": colors.presence,
        "absence": colors.absence,
        "opposing": colors.opposing,
    }.get(side, colors.differential)
