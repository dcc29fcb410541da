"""Dots for gene sets: statistic on x, area for leading genes, colour for -log10 q."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.theme import palette, plain, shorten, start_figure
from scconcepts_app.views.found import say
from scconcepts_app.views.numbers import format_number, format_p
from scconcepts_app.views.pathways import PathwayRow, PathwayTable, choose_for_plot

N_SETS = 12
_LARGEST = 16
_FEWEST_SLOTS = 8
_LABEL_WIDTH = 30


def draw_pathways(table: PathwayTable, theme: str, n: int = N_SETS) -> go.Figure:
    """Return the `n` gene sets of smallest p, the largest statistic on top."""
    colors, rows = palette(theme), choose_for_plot(table, n)
    figure = start_figure(theme)
    most = max([row.n_leading for row in rows], default=1)
    shades = [row.minus_log10_q or 0.0 for row in rows]
    figure.add_trace(
        go.Scatter(
            x=[row.statistic for row in rows],
            y=list(range(len(rows))),
            mode="markers",
            hovertext=[_describe(row, table.info.statistic) for row in rows],
            hoverinfo="text",
            customdata=[row.name for row in rows],
            marker={
                "size": [max(row.n_leading, 1) for row in rows],
                "sizemode": "area",
                "sizeref": 2 * most / _LARGEST**2,
                "sizemin": 4,
                "color": shades,
                "colorscale": [
                    [i / (len(colors.scale) - 1), c] for i, c in enumerate(colors.scale)
                ],
                "cmin": 0,
                "cmax": max([*shades, 2.0]),
                "line": {"width": 1, "color": colors.surface},
                "colorbar": {
                    "title": {"text": "−log<sub>10</sub> q", "side": "top", "font": {"size": 11}},
                    "thickness": 8,
                    "len": 0.75,
                    "outlinewidth": 0,
                    "tickfont": {"size": 10, "color": colors.muted},
                    "nticks": 4,
                    "x": 1.02,
                },
            },
        )
    )
    _lay_out(figure, rows, table, theme)
    return figure


def _lay_out(figure: go.Figure, rows: list[PathwayRow], table: PathwayTable, theme: str) -> None:
    colors = palette(theme)
    free = max(0, _FEWEST_SLOTS - len(rows))
    statistic = table.info.statistic
    reference = 0.0 if table.info.test == "prerank" else 1.0
    figure.update_layout(
        margin={"l": 204, "r": 66, "t": 6, "b": 40},
        hovermode="closest",
        yaxis={
            "range": [-0.6 - free, len(rows) - 0.4],
            "tickmode": "array",
            "tickvals": list(range(len(rows))),
            "ticktext": [shorten(row.short_name, _LABEL_WIDTH) for row in rows],
            "tickfont": {"size": 11, "color": colors.text},
            "zeroline": False,
            "fixedrange": True,
        },
        xaxis={
            "title": {"text": statistic},
            "fixedrange": True,
            "zeroline": False,
            "nticks": 5,
            "tickangle": 0,
        },
    )
    figure.add_vline(x=reference, line={"color": colors.muted, "width": 1})


def _describe(row: PathwayRow, statistic: str) -> str:
    shown = ", ".join(row.leading[:8]) + (" …" if len(row.leading) > 8 else "")
    return "<br>".join(
        (
            f"<b>{plain(shorten(row.name, 70))}</b>",
            row.library,
            f"{statistic} {format_number(row.statistic)}, q {format_p(row.q)}"
            + (f", {say([row.direction])}" if row.direction else ""),
            f"{row.n_leading} leading of {row.size} genes: {shown}",
        )
    )
