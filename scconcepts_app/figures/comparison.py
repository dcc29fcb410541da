"""Scatter of attribution against differential expression, one point a gene."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.labels import pad
from scconcepts_app.figures.scatter import FAR_OUT, N_LABELS, lay_out_genes, side_color
from scconcepts_app.figures.theme import palette, shorten, start_figure
from scconcepts_app.views.comparison import Comparison, GenePoint
from scconcepts_app.views.numbers import MISSING, format_number, format_share

# Statistic -> title of the axis, and where a point has its number.
_AXES = {
    "z": ("DE: z (Wilcoxon)", "z"),
    "log_fold_change": ("DE: log<sub>2</sub> fold change (drawn in beyond ±10)", "fold_drawn"),
}
_SIDES = {
    "presence": "by presence",
    "absence": "by absence",
    "": "no effect",
}


def draw_comparison(table: Comparison, statistic: str, theme: str) -> go.Figure:
    """Return effect over DE, `statistic` ``z`` or ``log_fold_change``, coloured by side."""
    colors = palette(theme)
    title, statistic = _AXES[statistic]
    points = [point for point in table.points if getattr(point, statistic) is not None]
    figure = start_figure(theme)
    for side, name in _SIDES.items():
        shown = [point for point in points if point.side == side]
        figure.add_trace(
            go.Scatter(
                name=name,
                x=[getattr(point, statistic) for point in shown],
                y=[point.effect for point in shown],
                mode="markers",
                marker={"size": 5.5, "opacity": 0.75, "color": side_color(side, colors)},
                customdata=[point.symbol for point in shown],
                text=[_tell(point) for point in shown],
                hovertemplate=_HOVER,
                showlegend=bool(side and shown),
            )
        )
    x_range = pad([getattr(point, statistic) for point in points])
    y_range = pad([point.effect for point in points])
    named = [
        (getattr(point, statistic), point.effect, shorten(point.symbol, 12))
        for point in _choose_named(points, statistic)
    ]
    places = [(getattr(point, statistic), point.effect) for point in points]
    lay_out_genes(figure, colors, (x_range, y_range), named, places)
    figure.update_layout(
        xaxis={"title": {"text": title}},
        yaxis={"title": {"text": "effect (pre-activation)"}},
    )
    return figure


def _choose_named(points: list[GenePoint], statistic: str) -> list[GenePoint]:
    """Largest effects and largest statistics, by turns, so that both ends are named."""
    by_effect = sorted(points, key=lambda p: -abs(p.effect))
    by_test = sorted(points, key=lambda p: -abs(getattr(p, statistic)))
    turns = [p for pair in zip(by_effect, by_test, strict=True) for p in pair]
    turns = [p for p in turns if _is_far_out(p, by_effect[0], by_test[0], statistic)]
    return list({point.symbol: point for point in turns[: 2 * N_LABELS]}.values())[:N_LABELS]


def _is_far_out(point: GenePoint, by_effect: GenePoint, by_test: GenePoint, statistic: str) -> bool:
    """Say whether a point lies away from the crowd in the middle, against the farthest ones."""
    x, y = getattr(point, statistic), point.effect
    return abs(x) > FAR_OUT * abs(getattr(by_test, statistic)) or abs(y) > FAR_OUT * abs(
        by_effect.effect
    )


# Words travel once a trace, and numbers in flat lists: plotly checks nested ones item by item,
# which takes longer than all the rest.
_HOVER = (
    "<b>%{customdata}</b><br>effect %{y:.3f}, DE %{x:.2f}<br>"
    "share of the total effect · place by attribution · by DE<br>%{text}<br>"
    "<i>click: colour the map by this gene</i><extra></extra>"
)


def _tell(point: GenePoint) -> str:
    places = [f"{rank:,}" if rank else MISSING for rank in (point.rank_effect, point.rank_z)]
    told = [format_share(point.share), *places]
    if point.log_fold_change != point.fold_drawn:
        told.append(f"log2 fold change {format_number(point.log_fold_change)}")
    return " · ".join(told)
