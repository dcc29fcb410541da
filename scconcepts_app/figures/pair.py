"""Scatter of the effects of genes on two concepts."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.labels import pad, place_labels
from scconcepts_app.figures.scatter import N_LABELS
from scconcepts_app.figures.theme import palette, shorten, start_figure, with_alpha
from scconcepts_app.views.pair import GenePair


def draw_pair(pair: GenePair, name_a: str, name_b: str, theme: str) -> go.Figure:
    """Return effects on B over effects on A, one point a gene; the same scale on both axes."""
    colors = palette(theme)
    x, y = pair.a[pair.drawn], pair.b[pair.drawn]
    symbols = [pair.symbols[i] for i in pair.drawn]
    limits = pad([*x.tolist(), *y.tolist()])
    figure = start_figure(theme)
    figure.add_trace(
        go.Scatter(
            name="equal",
            x=list(limits),
            y=list(limits),
            mode="lines",
            line={"color": colors.muted, "width": 1, "dash": "dot"},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            name="genes",
            x=x,
            y=y,
            mode="markers",
            marker={"size": 5.5, "color": with_alpha(colors.presence, 0.7)},
            customdata=symbols,
            hovertemplate="<b>%{customdata}</b><br>A %{x:.3f} · B %{y:.3f}<br>"
            "<i>click: all concepts of this gene</i><extra></extra>",
        )
    )
    far = sorted(range(len(symbols)), key=lambda i: -max(abs(x[i]), abs(y[i])))[:N_LABELS]
    named = [(float(x[i]), float(y[i]), shorten(symbols[i], 12)) for i in far]
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    axis = {"range": list(limits), "fixedrange": True, "nticks": 6}
    figure.update_layout(
        margin={"l": 60, "r": 10, "t": 8, "b": 42},
        hovermode="closest",
        clickmode="event",
        xaxis={**axis, "title": {"text": f"effect on A, {shorten(name_a, 44)}"}},
        yaxis={**axis, "title": {"text": f"effect on B, {shorten(name_b, 32)}"}},
        annotations=place_labels(named, limits, limits, colors.text, points),
        meta=f"{name_a} {name_b}",
    )
    return figure
