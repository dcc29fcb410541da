"""Curves of a faithfulness card: one line a ranking, its interval as a band."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.theme import (
    LEGEND_ABOVE,
    TRANSPARENT,
    palette,
    start_figure,
    with_alpha,
)
from scconcepts_app.views.curves import Curve, Curves
from scconcepts_app.views.numbers import format_share

_MOST_TICKS = 10
_TITLES = {
    "deletion": "full drop lost",
    "insertion": "full drop back",
    "remaining": "pre-activation left",
}
_AXIS = {
    "deletion": "genes replaced, best first",
    "insertion": "genes put in, best first",
    "remaining": "genes replaced, best first",
}


def draw_curves(curves: Curves, theme: str) -> go.Figure:
    """Return the curves over the number of genes; steps are evenly spaced, as on a log axis."""
    colors = palette(theme)
    figure = start_figure(theme)
    styles = _choose_styles(curves.curves, theme)
    for curve in curves.curves:
        if any(value is not None for value in curve.low):
            figure.add_traces(_draw_band(curve, styles[curve.ranking][0]))
    for curve in curves.curves:
        color, dash = styles[curve.ranking]
        figure.add_trace(
            go.Scatter(
                name=curve.name,
                x=list(range(len(curves.n_replaced))),
                y=curve.values,
                mode="lines+markers",
                line={"color": color, "width": 2, "dash": dash},
                marker={"size": 5, "color": color},
                hovertext=[_describe(curve, curves, i) for i in range(len(curves.n_replaced))],
                hoverinfo="text",
            )
        )
    _lay_out(figure, curves, colors.muted)
    return figure


def _choose_styles(curves: list[Curve], theme: str) -> dict[str, tuple[str, str]]:
    """Return colour and dash of each ranking; an unknown one takes what is left."""
    colors = palette(theme)
    known = {
        "attribution": (colors.presence, "solid"),
        "differential": (colors.text, "solid"),
        "matched": (colors.opposing, "solid"),
        "random": (colors.differential, "dash"),
    }
    others = ((colors.used, "dot"), (colors.opposing, "dot"), (colors.text, "dot"))
    strange = [curve.ranking for curve in curves if curve.ranking not in known]
    return known | {name: others[i % len(others)] for i, name in enumerate(strange)}


def _draw_band(curve: Curve, color: str) -> list[go.Scatter]:
    """Two invisible edges with the area between them filled."""
    edges = (curve.low, curve.high)
    return [
        go.Scatter(
            name=f"{curve.name}, interval",
            x=list(range(len(edge))),
            y=edge,
            mode="lines",
            line={"width": 0, "color": TRANSPARENT},
            fill="tonexty" if edge is curve.high else None,
            fillcolor=with_alpha(color, 0.18),
            hoverinfo="skip",
            showlegend=False,
        )
        for edge in edges
    ]


def _lay_out(figure: go.Figure, curves: Curves, muted: str) -> None:
    n_steps = len(curves.n_replaced)
    every = -(-n_steps // _MOST_TICKS)
    shown = [i for i in range(n_steps) if (n_steps - 1 - i) % every == 0]
    values = [v for c in curves.curves for v in (*c.values, *c.low, *c.high) if v is not None]
    if max(values, default=0.0) > 1:  # some genes hold the concept down: without them it is more
        figure.add_hline(y=1, line={"color": muted, "width": 1, "dash": "dot"}, layer="below")
    figure.update_layout(
        margin={"l": 60, "r": 12, "t": 26, "b": 40},
        showlegend=True,
        hovermode="closest",
        legend={
            **LEGEND_ABOVE,
            "itemwidth": 30,
            "traceorder": "normal",
            "font": {"size": 10, "color": muted},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        xaxis={
            "range": [-0.3, n_steps - 0.7],
            "tickmode": "array",
            "tickvals": shown,
            "ticktext": [f"{curves.n_replaced[i]:,}" for i in shown],
            "tickangle": 0,
            "title": {"text": _AXIS[curves.kind]},
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "range": [min([0.0, *values]) - 0.03, max([1.0, *values]) + 0.03],
            "tickformat": ".0%",
            "nticks": 6,
            "title": {"text": _TITLES[curves.kind]},
            "fixedrange": True,
        },
    )


def _describe(curve: Curve, curves: Curves, at: int) -> str:
    low, high = curve.low[at], curve.high[at]
    lines = [
        f"<b>{curve.name}</b>, {curves.n_replaced[at]:,} genes",
        f"{_TITLES[curves.kind]}: {format_share(curve.values[at])}",
    ]
    if low is not None and high is not None:
        lines.append(f"95 % interval {format_share(low)} to {format_share(high)}")
    return "<br>".join(lines)
