"""Settings of the dictionary: how surely concepts come back against what they are worth."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from scconcepts_app.figures.labels import place_labels
from scconcepts_app.figures.theme import LEGEND_ABOVE, palette, start_figure
from scconcepts_app.views.numbers import format_number, format_share
from scconcepts_app.views.sweep import LEAST_SHARE, MEASURES, Setting, SweepView

_SIZES = ((420.0, 240.0), (760.0, 300.0))


def draw_sweep(view: SweepView, measure: str, theme: str) -> go.Figure:
    """Return one circle a setting; a ring marks the recommended one, a square this store's."""
    colors = palette(theme)
    figure = start_figure(theme)
    shown = [
        setting
        for setting in view.settings
        if setting.values["come_back"] is not None and setting.values[measure] is not None
    ]
    palette_of = (colors.presence, colors.absence, colors.used, colors.opposing)
    variants = list(dict.fromkeys(setting.variant for setting in view.settings))
    most = max((setting.n_concepts for setting in shown), default=1.0)
    for i, variant in enumerate(variants):
        figure.add_trace(
            _draw(
                variant,
                [s for s in shown if s.variant == variant],
                measure,
                {"color": palette_of[i % len(palette_of)], "opacity": 0.65},
                most,
            )
        )
    rings = (("recommended", "circle-open", 8), ("this store", "square-open", 14))
    for (name, symbol, larger), is_marked in zip(
        rings, (lambda s: s.is_chosen, lambda s: s.is_shown), strict=True
    ):
        marked = [setting for setting in shown if is_marked(setting)]
        marker = {"color": colors.text, "symbol": symbol, "line": {"width": 2}}
        if marked:
            figure.add_trace(_draw(name, marked, measure, marker, most, larger))
    _lay_out(figure, shown, measure, theme)
    return figure


def _draw(
    name: str,
    settings: list[Setting],
    measure: str,
    marker: dict[str, Any],
    most: float,
    larger: float = 0,
) -> go.Scatter:
    return go.Scatter(
        name=name,
        x=[setting.values["come_back"] for setting in settings],
        y=[setting.values[measure] for setting in settings],
        mode="markers",
        marker={
            "line": {"width": 0},
            **marker,
            "size": [8 + 14 * (s.n_concepts / most) ** 0.5 + larger for s in settings],
        },
        hovertext=[_describe(setting, measure) for setting in settings],
        hoverinfo="text",
    )


def _describe(setting: Setting, measure: str) -> str:
    name = MEASURES[measure][0]
    error = setting.values["f1_error"] if measure == "f1" else None
    lines = [
        f"<b>{setting.name}</b>, {setting.n_latents:,} latents",
        f"{setting.n_concepts:g} concepts, {format_share(setting.values['come_back'])} come back",
        f"{name} {format_number(setting.values[measure], 3)}"
        + (f" ± {format_number(error, 3)}" if error is not None else ""),
        f"dead latents {format_share(setting.values['dead'])}",
    ]
    lines += ["<i>recommended</i>"] if setting.is_chosen else []
    lines += ["<i>setting of this store</i>"] if setting.is_shown else []
    return "<br>".join(lines)


def _lay_out(figure: go.Figure, shown: list[Setting], measure: str, theme: str) -> None:
    colors = palette(theme)
    values = [setting.values[measure] or 0.0 for setting in shown]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.15 * ((high - low) or 0.1)
    shares = [setting.values["come_back"] or 0.0 for setting in shown]
    x_range = (min([LEAST_SHARE, *shares]) - 0.06, 1.06)
    y_range = (low - room, high + room)
    places = [(x, y) for x, y in zip(shares, values, strict=True)]
    ordered = sorted(zip(shown, places, strict=True), key=lambda pair: not pair[0].is_chosen)
    named = [(x, y, f"{s.expansion:g}× k{s.k}") for s, (x, y) in ordered]
    marked = {place for s, place in ordered if s.is_chosen or s.is_shown}
    figure.add_vline(
        x=LEAST_SHARE, line={"color": colors.muted, "width": 1, "dash": "dash"}, layer="below"
    )
    figure.update_layout(
        margin={"l": 60, "r": 14, "t": 30, "b": 42},
        showlegend=True,
        hovermode="closest",
        legend={
            **LEGEND_ABOVE,
            "itemsizing": "constant",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        xaxis={
            "title": {"text": "concepts that come back under other seeds"},
            "range": list(x_range),
            "tickformat": ".0%",
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis={
            "title": {"text": MEASURES[measure][0].lower() if measure != "f1" else "F1, held-out"},
            "range": list(y_range),
            "fixedrange": True,
            "zeroline": False,
            "nticks": 6,
        },
        annotations=[
            _clear_of_circle(note, marked)
            for note in place_labels(named, x_range, y_range, colors.muted, places, _SIZES)
        ],
    )


def _clear_of_circle(note: dict[str, Any], marked: set[tuple[float, float]]) -> dict[str, Any]:
    """Return a name further from its point: circles, and the marks around them, are larger."""
    by = 4.0 if (note["x"], note["y"]) in marked else 2.2
    return {**note, "xshift": by * note["xshift"], "yshift": by * note["yshift"]}
