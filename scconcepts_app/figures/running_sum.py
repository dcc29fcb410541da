"""The running sum of a GSEA down a ranking, with a tick for each gene of the set."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.theme import palette, plain, start_figure, with_alpha
from scconcepts_app.views.numbers import format_count, format_number
from scconcepts_app.views.running_sum import Hit, RunningSum

_CURVE, _TICKS = (0.24, 1.0), (0.0, 0.14)


def draw_running_sum(found: RunningSum, theme: str) -> go.Figure:
    """Return the running sum above, and the genes of the set at their places below it.

    Genes of the leading edge are filled in colour, the others are muted; a dotted line stands
    where the values of the ranking pass 0.
    """
    colors = palette(theme)
    figure = start_figure(theme)
    tone = colors.presence if (found.score or 0) >= 0 else colors.absence
    figure.add_trace(
        go.Scatter(
            name="running sum",
            x=found.x,
            y=found.y,
            mode="lines",
            line={"color": tone, "width": 2},
            fill="tozeroy",
            fillcolor=with_alpha(tone, 0.12),
            hoverinfo="skip",
        )
    )
    for name, color, is_leading in (("leading genes", tone, True), ("others", colors.muted, False)):
        hits = [hit for hit in found.hits if hit.is_leading == is_leading]
        figure.add_trace(_draw_hits(hits, name, color, found.n_genes))
    _lay_out(figure, found, theme)
    return figure


def _draw_hits(hits: list[Hit], name: str, color: str, n_genes: int) -> go.Scatter:
    return go.Scatter(
        name=name,
        x=[hit.place for hit in hits],
        y=[0.5] * len(hits),
        yaxis="y2",
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 16, "color": color, "line": {"width": 1.5}},
        customdata=[hit.symbol for hit in hits],
        hovertext=[_describe(hit, n_genes) for hit in hits],
        hoverinfo="text",
    )


def _lay_out(figure: go.Figure, found: RunningSum, theme: str) -> None:
    colors = palette(theme)
    figure.update_layout(
        margin={"l": 56, "r": 16, "t": 20, "b": 40},
        hovermode="closest",
        clickmode="event",
        xaxis={
            "title": {"text": f"place in the ranking, of {format_count(found.n_genes)} genes"},
            "range": [0, found.n_genes],
            "anchor": "y2",
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "nticks": 6,
        },
        yaxis={
            "title": {"text": "running sum"},
            "domain": list(_CURVE),
            "fixedrange": True,
            "nticks": 5,
        },
        yaxis2={
            "domain": list(_TICKS),
            "range": [0, 1],
            "visible": False,
            "fixedrange": True,
        },
    )
    if 0 < found.n_positive < found.n_genes:
        figure.add_vline(
            x=found.n_positive, line={"color": colors.muted, "width": 1, "dash": "dot"}
        )
        is_right = found.n_positive > found.n_genes / 2
        figure.add_annotation(
            text="← values above 0" if is_right else "values below 0 →",
            x=found.n_positive,
            y=1,
            yref="paper",
            xanchor="right" if is_right else "left",
            yanchor="bottom",
            showarrow=False,
            font={"size": 10.5, "color": colors.muted},
        )


def _describe(hit: Hit, n_genes: int) -> str:
    role = "leads" if hit.is_leading else "does not lead"
    return (
        f"<b>{plain(hit.symbol)}</b> {role}<br>place {format_count(hit.place)} of "
        f"{format_count(n_genes)}, value {format_number(hit.value, 3)}"
    )
