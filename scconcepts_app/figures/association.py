"""Bars of a concept against the categories of an obs column, or against numeric columns."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.theme import palette, plain, shorten, start_figure
from scconcepts_app.views.association import CategoryRow, Correlation
from scconcepts_app.views.numbers import MISSING, format_count, format_number, format_share

N_BARS = 12
_FEWEST_SLOTS = 8
_TITLES = {
    "f1": "best F1 of activation against category",
    "auroc": "AUROC of activation (0.5: no relation)",
    "share": "share of the concept's active cells (tick: share of all cells)",
}


def draw_categories(rows: list[CategoryRow], metric: str, theme: str) -> go.Figure:
    """Return one bar a category, the largest `metric` on top; at most `N_BARS` are shown.

    Parameters
    ----------
    metric : ``f1``, ``auroc`` or ``share``; anything else is taken as ``f1``.
    """
    metric = metric if metric in _TITLES else "f1"
    colors = palette(theme)
    shown = sorted(rows, key=lambda r: -_value(r, metric))[:N_BARS]
    figure = start_figure(theme)
    positions = list(range(len(shown)))
    values = [getattr(row, metric) for row in shown]
    base = 0.5 if metric == "auroc" else 0.0
    figure.add_trace(
        go.Bar(
            y=positions,
            x=[None if value is None else value - base for value in values],
            base=base,
            orientation="h",
            marker={"color": colors.presence},
            hovertext=[_describe(row) for row in shown],
            hoverinfo="text",
        )
    )
    if metric == "share":
        figure.add_trace(
            go.Scatter(
                y=positions,
                x=[row.usual for row in shown],
                mode="markers",
                marker={"symbol": "line-ns-open", "size": 14, "color": colors.text},
                hoverinfo="skip",
            )
        )
    names = [row.category for row in shown]
    texts = [format_number(value) for value in values]
    _lay_out(figure, names, texts, _TITLES[metric], (0.0, 1.0), theme)
    if metric == "auroc":
        figure.add_vline(x=0.5, line={"color": colors.muted, "width": 1})
    if len(rows) > len(shown):
        figure.layout.xaxis.title.text += f" · {len(shown)} of {len(rows)} categories"
    return figure


def draw_correlations(rows: list[Correlation], theme: str) -> go.Figure:
    """Return Spearman's correlation of a concept with each numeric column."""
    colors, shown = palette(theme), rows[:N_BARS]
    figure = start_figure(theme)
    figure.add_trace(
        go.Bar(
            y=list(range(len(shown))),
            x=[row.rank_correlation for row in shown],
            orientation="h",
            marker={"color": colors.presence},
            hoverinfo="skip",
        )
    )
    texts = [format_number(row.rank_correlation) for row in shown]
    title = "Spearman's correlation with activation, over all cells"
    _lay_out(figure, [row.name for row in shown], texts, title, (-1.0, 1.0), theme)
    figure.add_vline(x=0, line={"color": colors.muted, "width": 1})
    return figure


def _lay_out(
    figure: go.Figure,
    names: list[str],
    texts: list[str],
    title: str,
    limits: tuple[float, float],
    theme: str,
) -> None:
    colors = palette(theme)
    n_slots = max(_FEWEST_SLOTS, len(names))
    figure.update_layout(
        margin={"l": 186, "r": 52, "t": 6, "b": 40},
        hovermode="closest",
        yaxis={
            "range": [n_slots - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": list(range(len(names))),
            "ticktext": [shorten(name, 25) for name in names],
            "tickfont": {"size": 11, "color": colors.text},
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        xaxis={"range": list(limits), "title": {"text": title}, "fixedrange": True},
    )
    for position, text in enumerate(texts):
        figure.add_annotation(
            text=text,
            x=1.01,
            y=position,
            xref="paper",
            yref="y",
            xanchor="left",
            showarrow=False,
            font={"size": 11, "color": colors.muted if text == MISSING else colors.text},
        )


def _value(row: CategoryRow, metric: str) -> float:
    value = getattr(row, metric)
    return -1.0 if value is None else value


def _describe(row: CategoryRow) -> str:
    return "<br>".join(
        (
            f"<b>{plain(row.category)}</b> ({format_count(row.n_cells)} cells)",
            f"F1 {format_number(row.f1)}",
            f"AUROC {format_number(row.auroc)}",
            f"{format_share(row.share)} of active cells, {format_share(row.usual)} of all cells",
        )
    )
