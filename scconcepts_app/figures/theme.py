"""Colours and fonts of every figure, once, for the light and the dark theme.

The neutral colours are those of assets/tokens.css; a test keeps the two equal. Series colours are
Okabe and Ito's (2008), lightened on dark; scales are viridis (Smith and van der Walt 2015), cut so
that both ends stand out from the ground. Both can be told apart with every common colour vision.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cache

import plotly.graph_objects as go

FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", '
    '"Liberation Sans", Arial, sans-serif'
)
TRANSPARENT = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Palette:
    """Colours of one theme."""

    surface: str
    text: str
    muted: str
    border: str
    accent: str
    presence: str
    absence: str
    opposing: str
    differential: str
    used: str
    scale: tuple[str, ...]


LIGHT = Palette(
    surface="#ffffff",
    text="#1b2330",
    muted="#566174",
    border="#d9dee6",
    accent="#1f5fc4",
    presence="#0072b2",
    absence="#d55e00",
    opposing="#a04a86",
    differential="#7d8a9c",
    used="#00805a",
    scale=("#b5de2b", "#4ac16d", "#1fa187", "#2a788e", "#414487", "#440154"),
)
DARK = Palette(
    surface="#171c24",
    text="#e7ebf2",
    muted="#a3aebf",
    border="#2f3846",
    accent="#7fb0ff",
    presence="#56b4e9",
    absence="#f0894a",
    opposing="#d893c2",
    differential="#8b98ab",
    used="#35c494",
    scale=("#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#fde725"),
)


def palette(theme: str) -> Palette:
    """Return the colours of a theme; light for anything but ``dark``."""
    return DARK if theme == "dark" else LIGHT


@cache
def template(theme: str) -> go.layout.Template:
    """Return the plotly template of a theme: transparent, quiet grid, small type."""
    colors = palette(theme)
    axis = {
        "gridcolor": colors.border,
        "linecolor": colors.border,
        "zerolinecolor": colors.muted,
        "zerolinewidth": 1,
        "tickcolor": colors.border,
        "tickfont": {"size": 11, "color": colors.muted},
        "title": {"font": {"size": 11, "color": colors.muted}, "standoff": 6},
        "automargin": False,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 12, "color": colors.text},
            "paper_bgcolor": TRANSPARENT,
            "plot_bgcolor": TRANSPARENT,
            "xaxis": axis,
            "yaxis": {**axis, "ticklabelstandoff": 5},
            "hoverlabel": {
                "bgcolor": colors.surface,
                "bordercolor": colors.border,
                "font": {"family": FONT, "size": 12, "color": colors.text},
                "align": "left",
            },
            "legend": {"font": {"size": 11, "color": colors.muted}, "bgcolor": TRANSPARENT},
            "colorway": [colors.presence, colors.absence, colors.differential],
        }
    )


# In one row over the plot, from the left edge of the figure.
LEGEND_ABOVE = {
    "orientation": "h",
    "xref": "container",
    "x": 0.02,
    "yref": "container",
    "y": 1,
    "xanchor": "left",
    "yanchor": "top",
}


def start_figure(theme: str) -> go.Figure:
    """Return an empty figure in a theme, without junk axes."""
    figure = go.Figure()
    figure.update_layout(
        template=template(theme),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        dragmode=False,
        bargap=0.3,
    )
    return figure


def with_alpha(color: str, alpha: float) -> str:
    """Return a ``#rrggbb`` colour that lets the ground shine through."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def shorten(text: str, width: int) -> str:
    """Return a text of at most `width` characters, with an ellipsis where it was cut."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def plain(text: str) -> str:
    """Return a text as plotly is to show it: it takes some tags of HTML for markup."""
    return html.escape(text, quote=False)
