"""Callbacks that run in the browser (assets/*.js): table, address, map and controls in step.

They set nothing that another of them listens to, except through the address: no circle. Dash runs
a callback only where its output is on the page, so each has a store of its own that stays empty.
"""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output, State, dcc

from scconcepts_app.components import ids
from scconcepts_app.components.graph import FIGURES, slot_id
from scconcepts_app.components.pane import PANES, shown_id

_SELECTION = (ids.SELECTION, "data")
_CHOICES = (ids.CHOICES, "data")
_CONFIG = (ids.MAP_CONFIG, "data")

# JavaScript function -> (inputs, states)
_EFFECTS: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {
    "markRow": ([_SELECTION, _CONFIG, (ids.LABEL_SAVED, "data")], []),
    "filterRows": ([(ids.SEARCH, "value")], []),
    "chooseColor": (
        [(ids.COLOR_BY, "value"), (ids.COLOR_GENE, "value")],
        [_CHOICES, _SELECTION, _CONFIG],
    ),
    "colorByPoint": (
        [(figure, "clickData") for figure in (ids.GENES, ids.COMPARISON, ids.VOLCANO, ids.CELL)],
        [_CHOICES],
    ),
    "drawMap": (
        [
            _CONFIG,
            _SELECTION,
            _CHOICES,
            (ids.THEME, "data"),
            (ids.MAP_CHOICE, "value"),
            (ids.LABEL_SAVED, "data"),
        ],
        [(ids.CONCEPTS, "rowData")],
    ),
    "chooseSetDot": ([(ids.PATHWAYS, "clickData")], []),
    "showTab": ([(ids.TAB, "value")], []),
    "showGrades": ([(ids.ATTRIBUTION, "value")], []),
}
# What the panes below the map depend on.
_SHOWN = (
    (ids.TAB, "value"),
    _SELECTION,
    (ids.ATTRIBUTION, "value"),
    (ids.DIFFERENTIAL, "value"),
    (ids.STATISTIC, "value"),
    (ids.THEME, "data"),
    _CHOICES,
)


def effect_stores() -> list[dcc.Store]:
    """Return the outputs of the callbacks below; the workspace holds them."""
    effects = [dcc.Store(id=_output_id(function)) for function in _EFFECTS]
    return [*effects, dcc.Store(id=ids.SET_CHOSEN)]


def pane_stores() -> list[dcc.Store]:
    """Return the stores that say what each pane shows; see feedPanes in assets/panes.js."""
    return [dcc.Store(id=shown_id(name)) for name in PANES]


def register_callbacks(app: Dash) -> None:
    """Register the workspace's clientside callbacks."""
    _register_panes(app)
    for function, (inputs, states) in _EFFECTS.items():
        app.clientside_callback(
            ClientsideFunction("scconcepts", function),
            Output(_output_id(function), "data"),
            *[Input(*pair) for pair in inputs],
            *[State(*pair) for pair in states],
        )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "showColor"),
        Output(ids.COLOR_BY, "value"),
        Output(ids.COLOR_GENE, "options"),
        Output(ids.COLOR_GENE, "value"),
        Input(*_CHOICES),
        State(*_CONFIG),
        State(ids.COLOR_GENE, "options"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "tellSet"),
        Output(ids.SET_CHOSEN, "data"),
        Input(*_CHOICES),
        State(ids.SET_CHOSEN, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "mountGraphs"),
        *[Output(slot_id(graph_id), "children") for graph_id in FIGURES],
        Input(ids.GRAPHS_WANTED, "data"),
        State(ids.GRAPHS, "data"),
    )


def _register_panes(app: Dash) -> None:
    app.clientside_callback(
        ClientsideFunction("scconcepts", "feedPanes"),
        *[Output(shown_id(name), "data") for name in PANES],
        *[Input(*pair) for pair in _SHOWN],
        State(*_CONFIG),
        *[State(shown_id(name), "data") for name in PANES],
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "pickCell"),
        Output(ids.CELL_CHOICE, "value", allow_duplicate=True),
        Input(ids.CELL_CLICKED, "data"),
        State(ids.CELL_CHOICE, "options"),
        State(ids.TAB, "value"),
        prevent_initial_call=True,
    )


def _output_id(function: str) -> str:
    return f"effect-{function}"
