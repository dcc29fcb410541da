"""The genes of one cell: their effects, and beside them the counts that make the difference."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.labels import pad
from scconcepts_app.figures.theme import Palette, palette, shorten, start_figure
from scconcepts_app.views.cell_effects import CellExplanation, CellGene
from scconcepts_app.views.numbers import format_number

_FEWEST_SLOTS = 8
_LEFT, _RIGHT = (0.0, 0.52), (0.62, 1.0)


def draw_cell(explanation: CellExplanation, theme: str) -> go.Figure:
    """Return one bar a gene, largest effect on top; right its count and the counterfactual's."""
    colors, genes = palette(theme), explanation.genes
    figure = start_figure(theme)
    common = {
        "y": list(range(len(genes))),
        "customdata": [gene.symbol for gene in genes],
        "hovertext": [_describe(gene) for gene in genes],
        "hoverinfo": "text",
    }
    tone = {"presence": colors.presence, "absence": colors.absence}
    figure.add_trace(
        go.Bar(
            name="effect",
            x=[gene.effect for gene in genes],
            orientation="h",
            marker={"color": [tone[gene.side] for gene in genes], "line": {"width": 0}},
            showlegend=False,
            **common,
        )
    )
    figure.add_trace(_connect(genes, colors))
    for name, attribute, symbol in (
        ("this cell", "value", "circle"),
        ("counterfactual", "counterfactual", "circle-open"),
    ):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=[getattr(gene, attribute) for gene in genes],
                mode="markers",
                marker={
                    "size": 8,
                    "symbol": symbol,
                    "color": colors.text,
                    "line": {"width": 1.4, "color": colors.text},
                },
                xaxis="x2",
                **common,
            )
        )
    _lay_out(figure, genes, colors)
    return figure


def _counts(gene: CellGene) -> list[float]:
    return [count for count in (gene.value, gene.counterfactual) if count is not None]


def _connect(genes: list[CellGene], colors: Palette) -> go.Scatter:
    """Lines between the two counts of each gene, in one trace with gaps."""
    x: list[float | None] = []
    y: list[float | None] = []
    for position, gene in enumerate(genes):
        x += [gene.counterfactual, gene.value, None]
        y += [position, position, None]
    return go.Scatter(
        name="difference",
        x=x,
        y=y,
        mode="lines",
        line={"color": colors.muted, "width": 1.5},
        xaxis="x2",
        hoverinfo="skip",
        showlegend=False,
    )


def _lay_out(figure: go.Figure, genes: list[CellGene], colors: Palette) -> None:
    n_slots = max(_FEWEST_SLOTS, len(genes))
    figure.update_layout(
        margin={"l": 84, "r": 12, "t": 26, "b": 40},
        showlegend=True,
        legend={
            "orientation": "h",
            "xref": "container",
            "x": 0.97,
            "yref": "container",
            "y": 1,
            "xanchor": "right",
            "yanchor": "top",
            "font": {"size": 10.5, "color": colors.muted},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        clickmode="event",
        hovermode="closest",
        yaxis={
            "range": [n_slots - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": list(range(len(genes))),
            "ticktext": [shorten(gene.symbol, 11) for gene in genes],
            "tickfont": {"size": 11, "color": colors.text},
            "showgrid": False,
            "fixedrange": True,
        },
        xaxis={
            "domain": _LEFT,
            "title": {"text": "effect (pre-activation)"},
            "fixedrange": True,
            "nticks": 5,
        },
        xaxis2={
            "domain": _RIGHT,
            "title": {"text": "log1p counts"},
            "fixedrange": True,
            "nticks": 5,
            "range": list(pad([count for gene in genes for count in _counts(gene)])),
            "anchor": "y",
            "zeroline": False,
        },
    )


def _describe(gene: CellGene) -> str:
    return "<br>".join(
        (
            f"<b>{gene.symbol}</b>",
            f"effect in this cell {format_number(gene.effect, 3)}",
            f"log1p counts: this cell {format_number(gene.value)}, counterfactual "
            f"{format_number(gene.counterfactual)}",
            "<i>click: colour the map by this gene</i>",
        )
    )
