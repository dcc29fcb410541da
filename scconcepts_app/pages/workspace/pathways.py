"""Two tabs about gene sets, as plot and as table: tests of enrichment, and set swap."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.controls import alternatives, choice
from scconcepts_app.components.graph import graph_slot
from scconcepts_app.components.pane import of_tabs, pane, shown_id
from scconcepts_app.components.pathway_table import columns_of, pathway_table
from scconcepts_app.figures.message import draw_message
from scconcepts_app.figures.pathways import draw_pathways
from scconcepts_app.figures.set_swap import draw_set_swaps
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, own
from scconcepts_app.pages.workspace import rankings
from scconcepts_app.pages.workspace.set_rows import list_rows, write_caption
from scconcepts_app.pages.workspace.shown import Shown, read_shown
from scconcepts_app.views.found import OPPOSITE
from scconcepts_app.views.pathways import PathwayTable, default_enrichment, list_pathways
from scconcepts_app.views.rankings import RANKINGS
from scconcepts_app.views.redundancy import ALL, DISTINCT, find_redundancy
from scconcepts_app.views.set_swap import (
    QUADRANT_CHOICES,
    SET_SWAP,
    SwapTable,
    keep_quadrant,
    list_set_swaps,
    why_no_swap,
)

TABS = [
    (
        "pathways",
        "Pathways",
        "Gene sets that the concept's genes are enriched for, or that move it.",
    ),
    ("table", "Table", "The same gene sets as a table, with their genes."),
]
_IN_QUADRANT = {OPPOSITE: "used and differential in opposite directions"}
_REDUNDANT = [
    (ALL, "All", "Every gene set; what stands within a stronger one is marked └."),
    (
        DISTINCT,
        "Distinct",
        "Without found sets that share half of their genes or more with a stronger one.",
    ),
]


def controls(entry: OpenedStore) -> html.Div:
    """Return the row with the choices of test and, for set swap, of quadrant."""
    store = entry.store
    default = default_enrichment(store)
    tests = [(info.key, info.title) for info in store.manifest.enrichments]
    if store.manifest.set_swaps:
        tests.append((SET_SWAP, "Set swap"))
    tests += rankings.offer_rankings(entry)
    tests = tests or [("", "none in this store")]
    return html.Div(
        [
            choice(ids.ENRICHMENT, "Test", tests, default.key if default else tests[0][0]),
            html.Div(
                choice(ids.QUADRANT, "", list(QUADRANT_CHOICES), "", "Gene sets to list"),
                id=ids.QUADRANT_PLACE,
                className="sc-choice",
                hidden=True,
            ),
            html.Div(
                alternatives(ids.REDUNDANT, "Redundant gene sets", _REDUNDANT, ALL),
                id=ids.REDUNDANT_PLACE,
                **of_tabs("pathways", "table"),
            ),
        ],
        className="sc-bar is-second",
        **of_tabs("pathways", "table", "set"),
    )


def make_panes() -> list[html.Div]:
    """Return the panes of plot and table, and their caption."""
    return [
        pane("pathways", graph_slot(ids.PATHWAYS, "Enrichment of gene sets")),
        pane("table", html.Div(pathway_table(), className="sc-fill")),
    ]


def make_caption() -> html.P:
    """Return the caption that both tabs share."""
    return html.P(
        id=ids.PATHWAYS_CAPTION, className="sc-caption is-wrapped", **of_tabs("pathways", "table")
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of both tabs."""
    rankings.register_callbacks(app)
    inputs = (
        Input(shown_id("pathways"), "data"),
        Input(ids.ENRICHMENT, "value"),
        Input(ids.QUADRANT, "value"),
        Input(ids.REDUNDANT, "value"),
    )

    @app.callback(Output(ids.PATHWAYS, "figure"), *inputs)
    def draw(data: dict[str, Any] | None, key: str, quadrant: str, sets: str) -> go.Figure:
        now = read_shown(context, data)
        if now.tab != "pathways":
            raise PreventUpdate  # out of sight
        if key == RANKINGS:
            return rankings.draw_all(now, quadrant)
        table = _read(now, key, quadrant)
        if table is None or not table.rows:
            return draw_message(_why_empty(now, key, quadrant), now.theme)
        order = find_redundancy(now.entry.store, table.rows).order(distinct=True)
        if isinstance(table, SwapTable):
            rows = [table.rows[i] for i in order] if sets == DISTINCT else table.rows
            return draw_set_swaps(SwapTable(rows, table.info), now.theme)
        tested = [table.rows[i] for i in order] if sets == DISTINCT else table.rows
        return draw_pathways(PathwayTable(tested, table.info), now.theme)

    # The table does not wait for the figure, which comes late; see `components.graph`.
    @app.callback(
        Output(ids.PATHWAY_TABLE, "rowData"),
        Output(ids.PATHWAY_TABLE, "columnDefs"),
        Output(ids.PATHWAYS_CAPTION, "children"),
        Output(ids.QUADRANT_PLACE, "hidden"),
        *inputs,
    )
    def tell(data: dict[str, Any] | None, key: str, quadrant: str, sets: str) -> tuple[Any, ...]:
        now = read_shown(context, data)
        if key == RANKINGS:
            return *rankings.tell_all(now, quadrant), False
        table = _read(now, key, quadrant)
        is_swap = key == SET_SWAP
        if table is None:
            return [], columns_of(is_swap), _why_empty(now, key, quadrant), not is_swap
        redundancy = find_redundancy(now.entry.store, table.rows)
        distinct = sets == DISTINCT
        caption = write_caption(
            now.concept_id, table, redundancy, distinct, is_plot=now.tab == "pathways"
        )
        rows = list_rows(table, redundancy, distinct)
        return rows, columns_of(is_swap), caption, not is_swap

    @app.callback(Output(ids.REDUNDANT_PLACE, "hidden"), Input(ids.ENRICHMENT, "value"))
    def hide(key: str) -> bool:
        return key == RANKINGS  # which lists every set


def _read(now: Shown, key: str, quadrant: str) -> PathwayTable | SwapTable | None:
    """Return the gene sets under a test, None when the store has no such test."""
    if key == SET_SWAP:
        if now.attribution not in {info.key for info in now.entry.store.manifest.set_swaps}:
            return None
        table = list_set_swaps(now.entry.store, now.concept, now.attribution or "")
        return keep_quadrant(table, quadrant)
    if not own(key, now.entry.store.manifest.enrichments):
        return None
    return list_pathways(now.entry.store, now.concept, key)


def _why_empty(now: Shown, key: str, quadrant: str) -> str:
    if key == SET_SWAP:
        if quadrant and _read(now, key, ""):
            return f"No gene set is {_IN_QUADRANT.get(quadrant, quadrant)}."
        return why_no_swap(now.entry.store, now.attribution)
    if not key:
        return "This store holds no test of gene sets."
    if now.is_silent:
        return "This concept is active in no cell, so no gene set was tested."
    return "No gene set was tested for this concept: its genes could not be ranked."
