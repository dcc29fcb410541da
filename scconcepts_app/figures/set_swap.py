"""Dots for gene sets that were swapped whole: effect on x, what random sets do as a tick."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.theme import Palette, palette, plain, shorten, start_figure
from scconcepts_app.views.found import OPPOSITE
from scconcepts_app.views.numbers import format_number, format_p, format_share
from scconcepts_app.views.set_swap import (
    NOT_PLACED,
    SHORT_NAMES,
    SwapRow,
    SwapTable,
    choose_swaps_for_plot,
)

N_SETS = 12
_FEWEST_SLOTS = 8
_LABEL_WIDTH = 26


def quadrant_styles(colors: Palette) -> dict[str, tuple[str, str, str]]:
    """Return colour, symbol and name in the legend of each quadrant, the most telling first."""
    marks = {
        "used and differential": (colors.used, "circle"),
        OPPOSITE: (colors.text, "x"),
        "used only": (colors.opposing, "diamond"),
        "only differential": (colors.differential, "square"),
        "neither": (colors.muted, "circle-open"),
    }
    return {quadrant: (*mark, SHORT_NAMES[quadrant]) for quadrant, mark in marks.items()}


def draw_set_swaps(table: SwapTable, theme: str, n: int = N_SETS) -> go.Figure:
    """Return the `n` gene sets of smallest p, the largest effect on top, coloured by quadrant."""
    colors, rows = palette(theme), choose_swaps_for_plot(table, n)
    figure = start_figure(theme)
    figure.add_trace(
        go.Scatter(
            name="random sets",
            x=[row.expected for row in rows],
            y=list(range(len(rows))),
            mode="markers",
            marker={
                "symbol": "line-ns-open",
                "size": 10,
                "color": colors.muted,
                "line": {"width": 1.5},
            },
            hoverinfo="skip",
        )
    )
    unknown = (colors.muted, "x-thin-open", NOT_PLACED)
    styles = quadrant_styles(colors) | {NOT_PLACED: unknown}
    for quadrant, (color, symbol, name) in styles.items():
        shown = [(y, row) for y, row in enumerate(rows) if _place_of(row) == quadrant]
        if shown:
            figure.add_trace(_draw_quadrant(shown, name, color, symbol))
    _lay_out(figure, rows, colors)
    return figure


def _place_of(row: SwapRow) -> str:
    return row.quadrant or NOT_PLACED


def _draw_quadrant(
    shown: list[tuple[int, SwapRow]], name: str, color: str, symbol: str
) -> go.Scatter:
    return go.Scatter(
        name=name,
        x=[row.effect for _, row in shown],
        y=[y for y, _ in shown],
        mode="markers",
        marker={
            "size": 9,
            "symbol": symbol,
            "color": color,
            "line": {"width": 1.4, "color": color},
        },
        hovertext=[_describe(row) for _, row in shown],
        hoverinfo="text",
    )


def _lay_out(figure: go.Figure, rows: list[SwapRow], colors: Palette) -> None:
    free = max(0, _FEWEST_SLOTS - len(rows))
    figure.update_layout(
        margin={"l": 178, "r": 14, "t": 44, "b": 40},
        showlegend=True,
        legend={
            "orientation": "h",
            "xref": "container",
            "x": 0.01,
            "yref": "container",
            "y": 1,
            "xanchor": "left",
            "yanchor": "top",
            "entrywidth": 66,
            "font": {"size": 10.5, "color": colors.muted},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        hovermode="closest",
        yaxis={
            "range": [-0.6 - free, len(rows) - 0.4],
            "tickmode": "array",
            "tickvals": list(range(len(rows))),
            "ticktext": [shorten(row.marked_name, _LABEL_WIDTH) for row in rows],
            "tickfont": {"size": 11, "color": colors.text},
            "zeroline": False,
            "fixedrange": True,
        },
        xaxis={
            "title": {"text": "effect (pre-activation)"},
            "fixedrange": True,
            "nticks": 5,
            "tickangle": 0,
        },
    )


def _describe(row: SwapRow) -> str:
    return "<br>".join(
        (
            f"<b>{plain(shorten(row.name, 70))}</b>",
            f"{row.library}, {row.size} genes",
            f"{'less' if row.is_absent else 'more'} expressed than in the counterfactual "
            f"({format_number(row.difference)} in log1p counts)",
            f"effect {format_number(row.effect, 3)}, {format_share(row.share)} of the full drop",
            f"random sets {format_number(row.expected, 3)} (mean of {row.n_random:,})",
            f"z {format_number(row.z, 1)}, p {format_p(row.p)}, q {format_p(row.q)}",
            row.told[1],
        )
    )
