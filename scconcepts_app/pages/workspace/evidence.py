"""The panel below the map: its tabs, first those that make one believe or disbelieve.

What is out of sight is not computed: the browser tells only the pane that is in sight what to show
(assets/panes.js).
"""

from __future__ import annotations

from dash import Dash, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import alternatives
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.workspace import (
    against,
    association,
    chosen_set,
    faithfulness,
    one_cell,
    pathways,
)

_TABS = [
    faithfulness.TAB,
    against.COMPARISON_TAB,
    against.VOLCANO_TAB,
    one_cell.TAB,
    *pathways.TABS,
    chosen_set.TAB,
    association.TAB,
]


def panel(entry: OpenedStore) -> html.Section:
    """Return the panel with the choices that the store has."""
    first = "faithfulness" if entry.store.manifest.faithfulness else "pathways"
    return html.Section(
        [
            html.Div(alternatives(ids.TAB, "Evidence", _TABS, first), className="sc-bar sc-tabs"),
            faithfulness.controls(),
            one_cell.controls(),
            pathways.controls(entry),
            association.controls(entry),
            html.Div(
                [
                    faithfulness.make_pane(),
                    *against.make_panes(),
                    one_cell.make_pane(),
                    *pathways.make_panes(),
                    chosen_set.make_pane(),
                    association.make_pane(),
                ],
                className="sc-panes",
            ),
            pathways.make_caption(),
        ],
        id=ids.PANES,
        className="sc-evidence",
        **attributes({"data-tab": first, "aria-label": "Evidence"}),
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of every tab."""
    for tab in (faithfulness, against, one_cell, pathways, chosen_set, association):
        tab.register_callbacks(app, context)
