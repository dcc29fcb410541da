"""Gene sets by their score on attribution and on DE, coloured by which of them finds them."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.set_swap import quadrant_styles
from scconcepts_app.figures.theme import LEGEND_ABOVE, palette, plain, start_figure
from scconcepts_app.views.found import say
from scconcepts_app.views.numbers import format_number, format_p
from scconcepts_app.views.rankings import PLACES, RankedSet, RankedTable


def draw_rankings(table: RankedTable, theme: str) -> go.Figure:
    """Return a dot a set: NES of attribution on x, of DE on y; sets known on both are drawn."""
    colors = palette(theme)
    figure = start_figure(theme)
    x, y = table.attribution or 0, table.differential or 0
    for quadrant, (color, symbol, _) in quadrant_styles(colors).items():
        rows = [
            row
            for row in table.rows
            if row.quadrant == quadrant
            and row.statistics[x] is not None
            and row.statistics[y] is not None
        ]
        figure.add_trace(
            go.Scatter(
                name=PLACES[quadrant],
                x=[row.statistics[x] for row in rows],
                y=[row.statistics[y] for row in rows],
                mode="markers",
                marker={"size": 7, "symbol": symbol, "color": color, "opacity": 0.85},
                customdata=[row.name for row in rows],
                hovertext=[_describe(row, table) for row in rows],
                hoverinfo="text",
            )
        )
    axis = {"fixedrange": True, "nticks": 6, "tickangle": 0}
    figure.update_layout(
        margin={"l": 52, "r": 14, "t": 28, "b": 40},
        showlegend=True,
        legend={**LEGEND_ABOVE, "itemclick": False, "itemdoubleclick": False},
        hovermode="closest",
        clickmode="event",
        xaxis={**axis, "title": {"text": "NES of attribution"}},
        yaxis={**axis, "title": {"text": "NES of DE"}},
    )
    return figure


def _describe(row: RankedSet, table: RankedTable) -> str:
    lines = [
        f"{plain(info.title)}: NES {format_number(statistic)}, q {format_p(q)}{_tell(direction)}"
        for info, statistic, q, direction in zip(
            table.rankings, row.statistics, row.qs, row.directions, strict=True
        )
    ]
    return "<br>".join((f"<b>{plain(row.short_name)}</b>, {row.found_by}", *lines))


def _tell(direction: int) -> str:
    return f", {say([direction])}" if direction else ""
