"""Bars of gene attribution with, on their own axis, differential expression of the same genes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape

import plotly.graph_objects as go

from scconcepts_app.figures.theme import Palette, palette, shorten, start_figure
from scconcepts_app.views.genes import N_GENES, GeneRow, GeneTable
from scconcepts_app.views.numbers import MISSING, format_number, format_p, format_share

MARK = "•"
_LEFT, _RIGHT = (0.0, 0.58), (0.68, 1.0)
_STATISTIC = {"z": "z (Wilcoxon)", "log_fold_change": "log<sub>2</sub> fold change"}


def draw_genes(
    table: GeneTable,
    statistic: str,
    theme: str,
    address_of: Callable[[str], str] | None = None,
    marked: Collection[str] = (),
) -> go.Figure:
    """Return the genes of `table`, strongest on top; their names lead to `address_of` a symbol.

    Left: the effect with its standard error (bar), and the exact swap where it was measured
    (diamond), in units of pre-activation. Right: DE of the same genes, `statistic` ``z`` or
    ``log_fold_change``. A dot stands before the `marked` symbols.
    """
    colors, rows = palette(theme), table.rows
    figure = start_figure(theme)
    positions = list(range(len(rows)))
    hover = [_describe(row) for row in rows]
    symbols = [row.symbol for row in rows]
    common = {"y": positions, "hovertext": hover, "hoverinfo": "text", "customdata": symbols}
    if table.attribution:
        for trace in _effect_traces(table, colors, common):
            figure.add_trace(trace)
    if table.differential:
        values = [getattr(row, statistic) for row in rows]
        figure.add_trace(_bar("DE", values, colors.differential, common, "x2"))
    _note_missing(figure, table, statistic, colors)
    _lay_out(figure, table, statistic, colors)
    names = [_name(row.symbol, address_of, row.symbol in marked, colors) for row in rows]
    figure.update_yaxes(ticktext=names)
    return figure


def _name(
    symbol: str, address_of: Callable[[str], str] | None, is_marked: bool, colors: Palette
) -> str:
    text = escape(shorten(symbol, 10 if is_marked else 11), quote=False)
    linked = f'<a href="{escape(address_of(symbol))}">{text}</a>' if address_of else text
    return (
        f'<b><span style="color:{colors.used}">{MARK}</span></b> {linked}' if is_marked else linked
    )


def _effect_traces(table: GeneTable, colors: Palette, common: dict) -> list[go.Bar | go.Scatter]:
    rows = table.rows
    tone = {"absence": colors.absence, "opposing": colors.opposing}
    effect = _bar(
        "effect ± s.e.",
        [row.effect for row in rows],
        tone.get(table.list_name, colors.presence),
        common,
        "x",
    )
    effect.error_x = {
        "array": [row.standard_error or 0.0 for row in rows],
        "color": colors.text,
        "thickness": 1,
        "width": 2,
    }
    exact = go.Scatter(
        name="exact swap",
        x=[row.exact for row in rows],
        mode="markers",
        marker={
            "size": 9,
            "symbol": "diamond-open",
            "color": colors.text,
            "line": {"width": 1.2},
        },
        **common,
    )
    return [effect, exact]


def _bar(name: str, values: list, color: str, common: dict, axis: str) -> go.Bar:
    return go.Bar(
        name=name,
        x=values,
        orientation="h",
        marker={"color": color, "line": {"width": 0}},
        xaxis=axis,
        showlegend=axis == "x",
        **common,
    )


def _note_missing(figure: go.Figure, table: GeneTable, statistic: str, colors: Palette) -> None:
    columns = [("x", "effect")] if table.attribution else []
    columns += [("x2", statistic)] if table.differential else []
    for axis, name in columns:
        for position, row in enumerate(table.rows):
            if getattr(row, name) is None:
                figure.add_annotation(
                    text=MISSING,
                    x=0,
                    y=position,
                    xref=axis,
                    yref="y",
                    xanchor="left",
                    showarrow=False,
                    font={"size": 11, "color": colors.muted},
                )


def _lay_out(figure: go.Figure, table: GeneTable, statistic: str, colors: Palette) -> None:
    both = bool(table.attribution and table.differential)
    n_slots = max(N_GENES, len(table.rows))
    figure.update_layout(
        margin={"l": 84, "r": 10, "t": 26, "b": 38},
        barmode="overlay",
        showlegend=bool(table.attribution),
        legend={
            "orientation": "h",
            "xref": "container",
            "x": 0.03,
            "yref": "container",
            "y": 1,
            "xanchor": "left",
            "yanchor": "top",
            "itemwidth": 30,
            "font": {"size": 10.5, "color": colors.muted},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        clickmode="event",
        hovermode="closest",
        yaxis={
            "range": [n_slots - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": list(range(len(table.rows))),
            "tickfont": {"size": 11, "color": colors.text},
            "showgrid": False,
            "fixedrange": True,
            "anchor": "x" if table.attribution else "x2",
        },
        xaxis={
            "domain": _LEFT if both else (0.0, 1.0),
            "title": {"text": "effect (units of pre-activation)"},
            "fixedrange": True,
            "nticks": 5,
            "visible": bool(table.attribution),
        },
        xaxis2={
            "domain": _RIGHT if both else (0.0, 1.0),
            "title": {"text": f"DE: {_STATISTIC[statistic]}"},
            "fixedrange": True,
            "nticks": 4,
            "anchor": "y",
            "visible": bool(table.differential),
        },
    )


def _describe(row: GeneRow) -> str:
    return "<br>".join(
        (
            f"<b>{row.symbol}</b>" + (f"  {row.gene_id}" if row.gene_id != row.symbol else ""),
            f"effect {format_number(row.effect, 3)} ± {format_number(row.standard_error, 3)}"
            + (f", q {format_p(row.effect_q)} (permutation)" if row.effect_q is not None else ""),
            f"{format_share(row.share)} of the total effect of all genes",
            _direction(row),
            f"exact swap {format_number(row.exact, 3)}",
            f"DE z {format_number(row.z, 1)}, q {format_p(row.q)}",
            f"log<sub>2</sub> fold change {format_number(row.log_fold_change)}",
            f"expressed in {format_share(row.share_active)} of active, "
            f"{format_share(row.share_rest)} of compared cells",
            "<i>click: colour the map by this gene; its name leads to its page</i>",
        )
    )


def _direction(row: GeneRow) -> str:
    if row.presence is None or row.absence is None:
        return "not attributed: the model does not read it, or it was left out"
    word = "more" if abs(row.presence) >= abs(row.absence) else "less"
    return f"expressed {word} than in the counterfactual"
