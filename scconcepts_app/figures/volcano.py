"""Differential expression as a volcano, the first genes of attribution in colour."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from scconcepts_app.figures.labels import pad
from scconcepts_app.figures.scatter import FAR_OUT, N_LABELS, lay_out_genes, side_color
from scconcepts_app.figures.theme import palette, shorten, start_figure
from scconcepts_app.views.numbers import format_number, format_p, minus_log10
from scconcepts_app.views.statistics import SIGNIFICANT_Q
from scconcepts_app.views.volcano import Volcano, VolcanoPoint


def draw_volcano(table: Volcano, theme: str) -> go.Figure:
    """Return -log10 q over the fold change; the first genes of attribution are coloured."""
    colors = palette(theme)
    figure = start_figure(theme)
    names = {"": "", "absence": "first by absence", "presence": "first by presence"}
    for mark, name in names.items():
        shown = [p for p in table.points if p.mark == mark and not p.is_clipped]
        marker: dict[str, Any] = {
            "size": 7 if mark else 5,
            "opacity": 0.9 if mark else 0.5,
            "color": side_color(mark, colors),
        }
        figure.add_trace(_draw(shown, name, marker))
    clipped = [point for point in table.points if point.is_clipped]
    marker = {
        "size": 8,
        "symbol": [f"triangle-{point.is_clipped}" for point in clipped],
        "opacity": 0.8,
        "color": [side_color(point.mark, colors) for point in clipped],
    }
    figure.add_trace(_draw(clipped, "", marker))
    x_range = pad([point.x for point in table.points])
    y_range = (-0.02 * table.limit, 1.08 * table.limit)
    far_out = [point for point in table.points if point.height > FAR_OUT * table.limit]
    ordered = sorted(far_out, key=lambda p: (not p.mark, -p.height))
    named = [(p.x, p.height, shorten(p.symbol, 12)) for p in ordered[:N_LABELS]]
    places = [(point.x, point.height) for point in table.points]
    lay_out_genes(figure, colors, (x_range, y_range), named, places)
    figure.add_hline(
        y=minus_log10(SIGNIFICANT_Q),
        line={"color": colors.muted, "width": 1, "dash": "dot"},
        layer="below",
    )
    figure.update_layout(
        legend={"traceorder": "reversed"},
        xaxis={"title": {"text": "log<sub>2</sub> fold change, active against compared cells"}},
        yaxis={"title": {"text": "−log<sub>10</sub> q"}},
    )
    return figure


def _draw(shown: list[VolcanoPoint], name: str, marker: dict[str, Any]) -> go.Scatter:
    return go.Scatter(
        name=name,
        x=[point.x for point in shown],
        y=[point.height for point in shown],
        mode="markers",
        marker=marker,
        customdata=[point.symbol for point in shown],
        text=[_tell(point) for point in shown],
        hovertemplate=_HOVER,
        showlegend=bool(name and shown),
    )


_HOVER = (
    "<b>%{customdata}</b><br>log<sub>2</sub> fold change %{text}<br>"
    "<i>click: colour the map by this gene</i><extra></extra>"
)


def _tell(point: VolcanoPoint) -> str:
    q = "0, smaller than a number can say" if point.q <= 0 else format_p(point.q)
    mark = f"<br>among the first genes of attribution, by {point.mark}" if point.mark else ""
    return f"{format_number(point.log_fold_change)}<br>q {q}{mark}"
