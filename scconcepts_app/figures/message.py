"""A figure that says in words why there is nothing to draw."""

from __future__ import annotations

import textwrap

import plotly.graph_objects as go

from scconcepts_app.figures.theme import palette, start_figure


def draw_message(text: str, theme: str, width: int = 52) -> go.Figure:
    """Return a figure without axes and with `text` in its middle, wrapped at `width`."""
    figure = start_figure(theme)
    figure.update_layout(
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True},
    )
    if text:
        figure.add_annotation(
            text="<br>".join(textwrap.wrap(text, width)),
            x=0.5,
            y=0.5,
            xref="paper",
            yref="paper",
            showarrow=False,
            font={"size": 13, "color": palette(theme).muted},
        )
    return figure
