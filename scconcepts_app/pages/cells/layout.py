"""Where the parts of the page of cells lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.cell_set_tables import (
    composition_table,
    set_concept_table,
)
from scconcepts_app.components.controls import alternatives, choice
from scconcepts_app.components.table import table_place
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.bindings import bind_choices
from scconcepts_app.pages.cells import builder, differential, gene_list
from scconcepts_app.pages.context import Context
from scconcepts_app.views.over_representation import NOT_REPLICATES

# Choices that stand in the address as they are; the set and the cell have places of their own.
CHOICES = {
    ids.CELLS_TAB: "tab",
    ids.CELLS_COLOR: "color",
    ids.CELLS_MAP_CHOICE: "map",
    ids.DE_AGAINST: "against",
    ids.LIST_TOP: "top",
}
TABS = [
    ("concepts", "Concepts", "Concepts that are active more often in the set, or less often."),
    ("composition", "Composition", "Cell types, donors and other columns of the set."),
    ("expression", "Expression", "Genes that differ between the set and other cells."),
    ("list", "Gene list", "Where a list of your own genes stands in the concepts."),
]
DEFAULT_COLOR = "set"
_HINT = "Draw around cells to choose them, click on one to open it."


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the page; the address says which cells are looked at."""
    page = html.Div(
        [
            dcc.Store(id=ids.CELLS_MAPS),
            dcc.Store(id=ids.CELLS_GO),
            *[
                dcc.Store(id=f"{ids.CELLS_MAP}-{effect}")
                for effect in ("draw", "go", "open-row", "search")
            ],
            _bar(),
            html.Div([_left(entry), _right(context, entry)], className="sc-cells-body"),
        ],
        className="sc-page sc-cells-page",
    )
    page.children += bind_choices("cells", entry.key, page, choices, CHOICES)
    return page


def _left(entry: OpenedStore) -> html.Section:
    return html.Section(
        [
            html.P(id=ids.CELLS_MESSAGE, className="sc-problem", role="alert", hidden=True),
            builder.panel(entry),
            _map_bar(entry),
            html.Div(id=ids.CELLS_MAP, className="sc-fill"),
        ],
        className="sc-cells-left",
        **attributes({"aria-label": "Cells"}),
    )


def _right(context: Context, entry: OpenedStore) -> html.Section:
    panes = {
        "composition": composition_table(),
        "expression": differential.panel(context, entry),
        "list": gene_list.panel(),
        "cell": html.Div(id=ids.CELL_PANEL, className="sc-scrolls"),
    }
    return html.Section(
        [
            html.Div(
                alternatives(ids.CELLS_TAB, "About the set", TABS, "concepts"), className="sc-bar"
            ),
            _concepts(),
            *[html.Div(body, className="sc-cells-pane", **_of(tab)) for tab, body in panes.items()],
        ],
        id=ids.CELLS_PANES,
        className="sc-cells-right",
        **attributes({"aria-label": "About the cells", "data-tab": "concepts"}),
    )


def _of(tab: str) -> dict[str, Any]:
    return attributes({"data-for": tab})


def _bar() -> html.Div:
    return html.Div(
        [
            html.H1("Cells"),
            html.Span(id=ids.CELLS_SIZE, className="sc-cells-size", role="status"),
            html.Span(id=ids.CELLS_DOWNLOADS, className="sc-exports"),
            html.Span(className="sc-spring"),
            html.Div(
                [
                    html.Label("Cell", htmlFor=ids.CELL_SEARCH, className="sc-label"),
                    dcc.Dropdown(
                        id=ids.CELL_SEARCH,
                        options=[],
                        placeholder="Id of a cell, or #number",
                        searchable=True,
                        clearable=False,
                        className="sc-dropdown",
                        maxHeight=320,
                    ),
                ],
                className="sc-choice sc-picker",
                title="Opens one cell. Type how its id begins, or # and its number.",
            ),
        ],
        className="sc-bar sc-page-bar",
    )


def _map_bar(entry: OpenedStore) -> html.Div:
    manifest = entry.store.manifest
    by = [(DEFAULT_COLOR, "The set")]
    by += [(f"obs:{column.key}", column.name) for column in manifest.obs]
    maps = [(info.key, info.title) for info in manifest.maps]
    return html.Div(
        [
            choice(ids.CELLS_COLOR, "Colour by", by, DEFAULT_COLOR),
            html.Div(choice(ids.CELLS_MAP_CHOICE, "Map", maps, maps[0][0]), hidden=len(maps) < 2),
            html.Span(_HINT, title=_HINT, className="sc-muted"),
        ],
        className="sc-bar sc-cells-map-bar",
    )


def _concepts() -> html.Div:
    return html.Div(
        [
            html.P(NOT_REPLICATES, className="sc-lead"),
            html.P(id=ids.CELLS_CONCEPTS_NOTE, className="sc-lead", hidden=True),
            table_place(set_concept_table()),
        ],
        className="sc-cells-pane",
        **_of("concepts"),
    )
