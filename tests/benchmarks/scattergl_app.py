"""A plain Dash app to compare with: one Scattergl trace, whose colours a callback changes.

gunicorn 'tests.benchmarks.scattergl_app:make("STORE")'
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from dash import Dash, Input, Output, Patch, dcc, html
from flask import Flask

from scconcepts_app.store import ConceptStore


def make(path: str) -> Flask:
    """Return the app over a store: each click on its button colours by the next concept.

    The callback sends a patch with the colours alone, as plotly's typed array: the least that this
    design can send.
    """
    store = ConceptStore.open(path)
    xy = np.array(store.array("maps/umap/xy"))
    marker = {"size": 3, "color": color_of(store, 0), "colorscale": "Viridis", "showscale": True}
    trace = go.Scattergl(x=xy[:, 0], y=xy[:, 1], mode="markers", marker=marker)
    app = Dash("scattergl", server=Flask("scattergl"))
    app.layout = html.Div(
        [
            html.Button("Next concept", id="next", n_clicks=0),
            dcc.Graph(id="map", figure=go.Figure(trace), style={"height": "800px"}),
        ]
    )

    @app.callback(Output("map", "figure"), Input("next", "n_clicks"), prevent_initial_call=True)
    def color(n_clicks: int) -> Patch:
        patch = Patch()
        patch["data"][0]["marker"]["color"] = color_of(store, (7 * n_clicks) % store.n_concepts)
        return patch

    return app.server


def color_of(store: ConceptStore, concept: int) -> np.ndarray:
    """Return the activation of a concept in every cell, float32."""
    rows = store.activations.rows(concept)
    values = np.zeros(store.n_cells, np.float32)
    values[rows["cell"]] = rows["value"]
    return values
