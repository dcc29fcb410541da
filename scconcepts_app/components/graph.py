"""Places of plotly figures. The graphs come into them only after the map was painted.

Reading plotly takes a browser longer than everything else of the page together; the table and
the map do not wait for it.
"""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes

FIGURES = (
    ids.GENES,
    ids.FAITHFULNESS,
    ids.COMPARISON,
    ids.VOLCANO,
    ids.CELL,
    ids.PATHWAYS,
    ids.SET_SUM,
    ids.ASSOCIATION,
)


def graph_slot(graph_id: str, label: str) -> html.Div:
    """Return the empty place of a graph; `label` names it for screen readers."""
    return html.Div(
        id=slot_id(graph_id),
        className="sc-graph",
        role="group",
        **attributes({"aria-label": label}),
    )


def slot_id(graph_id: str) -> str:
    """Return the id of the place of a graph."""
    return f"{graph_id}-slot"


def late_graphs() -> list[dcc.Store]:
    """Return the graphs as data, and the store that says when they are wanted."""
    graphs = [graph(graph_id).to_plotly_json() for graph_id in FIGURES]
    return [
        dcc.Store(id=ids.GRAPHS, data=graphs),
        dcc.Store(id=ids.GRAPHS_WANTED),
    ]


def graph(graph_id: str) -> dcc.Graph:
    """Return a graph without junk axes, mode bar or drag."""
    hidden: dict[str, Any] = {"visible": False}
    clear = "rgba(0,0,0,0)"
    return dcc.Graph(
        id=graph_id,
        figure={
            "data": [],
            "layout": {
                "xaxis": hidden,
                "yaxis": hidden,
                "paper_bgcolor": clear,
                "plot_bgcolor": clear,
            },
        },
        config={"displayModeBar": False, "doubleClick": False, "scrollZoom": False},
        responsive=True,
        style={"height": "100%", "width": "100%"},
    )
