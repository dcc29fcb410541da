"""The concepts against other units: one row a method, one dot a group, a bar for the mean."""

from __future__ import annotations

import math
from collections.abc import Iterable

import plotly.graph_objects as go

from scconcepts_app.figures.theme import palette, plain, start_figure
from scconcepts_app.views.baselines import MEASURES, Baselines
from scconcepts_app.views.numbers import format_number

_SPREAD = 0.28  # of the dots across their row


def draw_baselines(found: Baselines, measure: str, theme: str) -> go.Figure:
    """Return a strip plot of one measure; concepts stand first, in their own colour.

    Methods of which the measure is not known for any group have no row.
    """
    colors = palette(theme)
    figure = start_figure(theme)
    name = MEASURES[measure][0]
    tables = zip(found.methods, found.values[measure].tolist(), strict=True)
    shown = [(method, v) for method, v in tables if any(map(math.isfinite, v))]
    n_methods = len(shown)
    for i, (method, values) in enumerate(shown):
        known = [j for j, value in enumerate(values) if math.isfinite(value)]
        row, color = (
            n_methods - 1 - i,
            colors.presence if method.is_own else colors.differential,
        )
        figure.add_trace(
            go.Scatter(
                name=method.name,
                x=[values[j] for j in known],
                y=[row + _SPREAD * math.sin(2.4 * j) for j in known],  # the same every time
                mode="markers",
                marker={"size": 7, "color": color, "opacity": 0.65},
                text=[plain(found.groups[j]) for j in known],
                customdata=[f"{found.sizes[j]:,}" for j in known],
                hovertemplate=(
                    f"<b>%{{text}}</b>, %{{customdata}} cells<br>{method.name}: {name} %{{x:.3f}}"
                    "<extra></extra>"
                ),
            )
        )
        mean = method.means[measure]
        if mean is not None:
            figure.add_trace(_draw_mean(method.name, mean, row, name, len(known), colors.text))
    figure.update_layout(
        margin={"l": 130, "r": 14, "t": 8, "b": 42},
        hovermode="closest",
        xaxis={
            "title": {"text": f"{name}, held-out; dots: groups, bar: their mean"},
            "range": [_least(found.values[measure].ravel().tolist()) - 0.02, 1.02],
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis={
            "range": [-0.5, n_methods - 0.5],
            "tickmode": "array",
            "tickvals": list(range(n_methods)),
            "ticktext": [plain(method.name) for method, _ in reversed(shown)],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def _least(values: Iterable[float]) -> float:
    """Return where the axis begins: the least value, rounded down to a tenth."""
    known = [value for value in values if math.isfinite(value)]
    return math.floor(10 * min(known)) / 10 if known else 0.0


def _draw_mean(
    method: str, mean: float, row: int, name: str, n_groups: int, color: str
) -> go.Scatter:
    words = f"{method}<br>mean {name} {format_number(mean, 3)} over {n_groups:,} groups"
    return go.Scatter(
        x=[mean, mean, mean],
        y=[row - 0.38, row, row + 0.38],
        mode="lines",
        line={"color": color, "width": 2.5},
        hovertext=words,
        hoverinfo="text",
    )
