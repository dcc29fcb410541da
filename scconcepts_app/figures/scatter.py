"""What scatters over genes have in common: colours of the sides, axes, legend and labels."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.labels import Named, place_labels
from scconcepts_app.figures.theme import LEGEND_ABOVE, Palette

# So many genes are tried as labels; those that find no free place go without.
N_LABELS = 16
# Only points beyond this share of an axis are labelled: the crowd in the middle has no room.
FAR_OUT = 0.25


def side_color(side: str, colors: Palette) -> str:
    """Return the colour of presence, absence, or neither."""
    return {"presence": colors.presence, "absence": colors.absence}.get(side, colors.differential)


def lay_out_genes(
    figure: go.Figure,
    colors: Palette,
    limits: tuple[tuple[float, float], tuple[float, float]],
    named: list[Named],
    places: list[tuple[float, float]],
) -> None:
    """Set axes of the given limits, a legend, and the labels that find room.

    Parameters
    ----------
    limits : of x and y.
    named : genes to label, most important first.
    places : of all points, which labels keep clear of.
    """
    x_range, y_range = limits
    figure.update_layout(
        margin={"l": 56, "r": 10, "t": 26, "b": 40},
        showlegend=True,
        legend={
            **LEGEND_ABOVE,
            "font": {"size": 10.5, "color": colors.muted},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        clickmode="event",
        hovermode="closest",
        xaxis={"range": list(x_range), "fixedrange": True, "nticks": 6},
        yaxis={"range": list(y_range), "fixedrange": True, "nticks": 6},
        annotations=place_labels(named, x_range, y_range, colors.text, places),
    )
