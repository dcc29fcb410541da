"""Heatmap of concepts against categories, with its scale."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from scconcepts_app.figures.theme import palette, plain, shorten, start_figure
from scconcepts_app.views.category_map import CategoryMap

# Metric -> its name, and the range of its scale; AUROC 0.5 is no relation.
SCALES = {
    "f1": ("F1", 0.0, 1.0),
    "auroc": ("AUROC", 0.5, 1.0),
    "share": ("share of active cells", 0.0, 1.0),
}
# Up to so many columns carry labels, up to so many ids; beyond, they are read by pointing.
_MOST_LABELS, _MOST_IDS = 48, 120
_LABEL_WIDTH, _NAME_WIDTH = 30, 30


def draw_category_map(
    table: CategoryMap, metric: str, ids: Sequence[str], labels: Sequence[str], theme: str
) -> go.Figure:
    """Return the heatmap; a cell holds the concept's id and label as x, so a click can find it.

    Parameters
    ----------
    ids, labels : of the concepts shown, in the order of the table.
    """
    colors = palette(theme)
    title, low, high = SCALES[metric]
    names = [plain(f"{concept} {label}") for concept, label in zip(ids, labels, strict=True)]
    rows = list(range(len(table.names)))
    figure = start_figure(theme)
    figure.add_trace(
        go.Heatmap(
            x=names,
            y=rows,
            z=table.values,
            text=[[plain(name)] * len(names) for name in table.names],
            customdata=table.numbers,
            zmin=low,
            zmax=high,
            colorscale=_scale(colors.scale, colors.surface),
            xgap=1,
            ygap=1,
            hoverongaps=False,
            hovertemplate=_HOVER,
            colorbar={
                "title": {"text": title, "side": "right", "font": {"size": 11}},
                "thickness": 10,
                "outlinewidth": 0,
                "tickfont": {"size": 11, "color": colors.muted},
                "tickvals": [low, (low + high) / 2, high],
                "ticktext": [f"≤ {low:g}" if low else "0", f"{(low + high) / 2:g}", f"{high:g}"],
                "len": 0.6,
                "y": 1,
                "yanchor": "top",
                "x": 1.005,
            },
        )
    )
    shown = _ticks(names, ids)
    figure.update_layout(
        margin={"l": 200, "r": 66, "t": 10, "b": _bottom(shown)},
        hovermode="closest",
        clickmode="event",
        xaxis={
            "type": "category",
            "tickmode": "array",
            "tickvals": list(range(len(names))) if shown else [],
            "ticktext": shown,
            "tickangle": -90,
            "tickfont": {"size": 10.5 if len(names) <= _MOST_LABELS else 9},
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={
            "range": [len(rows) - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": rows,
            "ticktext": [shorten(name, _NAME_WIDTH) for name in table.names],
            "tickfont": {"size": 11, "color": colors.text},
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    )
    return figure


_HOVER = (
    "<b>%{text}</b><br>%{x}<br>F1 %{customdata[0]:.2f} · AUROC %{customdata[1]:.2f} · "
    "%{customdata[2]:.0%} of active cells<br><i>click: open the concept</i><extra></extra>"
)


def _scale(colors: Sequence[str], ground: str) -> list[list]:
    """Return a colour scale that begins in the ground: what is 0 is not seen."""
    steps = [ground, *colors]
    return [[i / (len(steps) - 1), color] for i, color in enumerate(steps)]


def _ticks(names: list[str], ids: Sequence[str]) -> list[str]:
    if len(names) <= _MOST_LABELS:
        return [shorten(name, _LABEL_WIDTH) for name in names]
    return list(ids) if len(names) <= _MOST_IDS else []


def _bottom(ticks: list[str]) -> int:
    """Return the room that the longest tick needs, in pixels."""
    return 12 + int(6.2 * max(map(len, ticks), default=0))
