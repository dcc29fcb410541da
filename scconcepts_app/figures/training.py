"""Training curves: explained variance over epochs, one line a seed."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.theme import palette, start_figure
from scconcepts_app.views.numbers import format_number
from scconcepts_app.views.training import Training


def draw_training(training: Training, theme: str) -> go.Figure:
    """Return the curves; a dotted line is what the concepts explain together."""
    colors = palette(theme)
    figure = start_figure(theme)
    for seed, curve in zip(training.seeds, training.curves, strict=True):
        epochs = list(range(1, len(curve) + 1))
        figure.add_trace(
            go.Scatter(
                name=f"seed {seed}",
                x=epochs,
                y=curve,
                mode="lines+markers" if len(curve) == 1 else "lines",
                line={"color": colors.presence, "width": 1.5},
                opacity=0.7,
                hovertemplate=f"seed {seed}, epoch %{{x}}: %{{y:.3f}}<extra></extra>",
            )
        )
    known = [v for curve in training.curves for v in curve if v is not None]
    if training.consensus is not None:
        known.append(training.consensus)
        figure.add_hline(
            y=training.consensus,
            line={"color": colors.absence, "width": 1.5, "dash": "dot"},
            annotation={
                "text": f"concepts {format_number(training.consensus, 3)}",
                "font": {"size": 11, "color": colors.muted},
            },
            annotation_position="bottom right",
        )
    low, high = min(known, default=0.0), max(known, default=1.0)
    low = max(low, high - 1)  # the first epoch may be worse than nothing
    figure.update_layout(
        margin={"l": 60, "r": 12, "t": 12, "b": 42},
        hovermode="closest",
        xaxis={"title": {"text": "epoch"}, "fixedrange": True, "zeroline": False},
        yaxis={
            "title": {"text": "explained variance"},
            "range": [low - 0.03, min(1.02, high + 0.04)],
            "fixedrange": True,
            "zeroline": False,
            "nticks": 6,
        },
    )
    return figure
