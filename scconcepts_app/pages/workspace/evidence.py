"""The panel below the map: gene sets as plot and table, and the obs columns."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import alternatives, choice
from scconcepts_app.components.graph import graph_slot
from scconcepts_app.components.pathway_table import pathway_table
from scconcepts_app.figures.association import draw_categories, draw_correlations
from scconcepts_app.figures.message import draw_message
from scconcepts_app.figures.pathways import draw_pathways
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Chosen, Context, choose, own
from scconcepts_app.views.association import list_categories, list_columns, list_correlations
from scconcepts_app.views.pathways import (
    PathwayTable,
    default_enrichment,
    list_pathways,
)

NUMERIC = "(numeric columns)"
_TABS = [
    ("pathways", "Pathways", "Gene sets that the concept's genes are enriched for."),
    ("table", "Table", "The same gene sets as a table, with their leading genes."),
    ("annotations", "Cells", "The concept against what is known about the cells."),
]
_METRICS = [
    ("f1", "F1", "Best F1 of the activation, over thresholds, against the category."),
    ("auroc", "AUROC", "Chance that a cell of the category has the higher activation."),
    ("share", "Share", "Share of the concept's active cells in the category."),
]


def panel(entry: OpenedStore) -> html.Section:
    """Return the panel with the choices that the store has."""
    panes = html.Div(
        [
            html.Div(
                graph_slot(ids.PATHWAYS, "Enrichment of gene sets"), className="sc-for-pathways"
            ),
            html.Div(pathway_table(), className="sc-for-table"),
            html.Div(
                graph_slot(ids.ASSOCIATION, "Concept against cell annotations"),
                className="sc-for-annotations",
            ),
        ],
        className="sc-panes",
    )
    caption = html.P(id=ids.PATHWAYS_CAPTION, className="sc-caption sc-for-pathways sc-for-table")
    return html.Section(
        [_choices(entry), panes, caption],
        id=ids.PANES,
        className="sc-evidence",
        **attributes({"data-tab": "pathways", "aria-label": "Evidence"}),
    )


def _choices(entry: OpenedStore) -> html.Div:
    store = entry.store
    default = default_enrichment(store)
    tests = [(i.key, i.title) for i in store.manifest.enrichments] or [("", "none in this store")]
    columns = [(column.key, column.name) for column in list_columns(store)]
    if len(store.array("association/numeric")):
        columns.append((NUMERIC, "Numeric columns"))
    columns = columns or [("", "none in this store")]
    return html.Div(
        [
            alternatives(ids.TAB, "Evidence", _TABS, "pathways"),
            html.Div(
                choice(ids.ENRICHMENT, "Test", tests, default.key if default else ""),
                className="sc-for-pathways sc-for-table",
            ),
            html.Div(
                [
                    choice(ids.OBS_COLUMN, "", columns, columns[0][0], "Column of the cells"),
                    alternatives(ids.METRIC, "Measure", _METRICS, "f1"),
                ],
                className="sc-for-annotations sc-inline",
            ),
        ],
        className="sc-bar",
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the panel."""
    _register_pathways(app, context)
    _register_association(app, context)


def _register_pathways(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.PATHWAYS, "figure"),
        Input(ids.SELECTION, "data"),
        Input(ids.ENRICHMENT, "value"),
        Input(ids.THEME, "data"),
    )
    def show_pathways(selection: dict[str, Any], key: str, theme: str) -> go.Figure:
        chosen = choose(context.library, selection)
        if chosen is None or chosen.concept is None:
            return draw_message("", theme)
        if not own(key, chosen.entry.store.manifest.enrichments):
            return draw_message("This store holds no test of gene sets.", theme)
        table = list_pathways(chosen.entry.store, chosen.concept, key)
        return (
            draw_pathways(table, theme) if table.rows else draw_message(_why_empty(chosen), theme)
        )

    # The table does not wait for the figure, which comes late; see `components.graph`.
    @app.callback(
        Output(ids.PATHWAY_TABLE, "rowData"),
        Output(ids.PATHWAYS_CAPTION, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.ENRICHMENT, "value"),
    )
    def list_sets(selection: dict[str, Any], key: str) -> tuple[list[dict[str, Any]], str]:
        chosen = choose(context.library, selection)
        if chosen is None or chosen.concept is None:
            return [], ""
        if not own(key, chosen.entry.store.manifest.enrichments):
            return [], ""
        table = list_pathways(chosen.entry.store, chosen.concept, key)
        return _table_rows(table), _caption(chosen, table)


def _register_association(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ASSOCIATION, "figure"),
        Input(ids.SELECTION, "data"),
        Input(ids.TAB, "value"),
        Input(ids.OBS_COLUMN, "value"),
        Input(ids.METRIC, "value"),
        Input(ids.THEME, "data"),
    )
    def show_association(
        selection: dict[str, Any], tab: str, column: str, metric: str, theme: str
    ) -> go.Figure:
        if tab != "annotations":
            raise PreventUpdate  # out of sight
        chosen = choose(context.library, selection)
        if chosen is None or chosen.concept is None:
            return draw_message("", theme)
        store = chosen.entry.store
        if not column:
            return draw_message("This store holds no column to compare with.", theme)
        if column == NUMERIC:
            return draw_correlations(list_correlations(store, chosen.concept), theme)
        own(column, list_columns(store))
        return draw_categories(list_categories(store, chosen.concept, column), metric, theme)


def _why_empty(chosen: Chosen) -> str:
    if len(chosen.entry.store.activations.rows(chosen.concept or 0)["cell"]) == 0:
        return "This concept is active in no cell, so no gene set was tested."
    return "No gene set was tested for this concept: its genes could not be ranked."


def _table_rows(table: PathwayTable) -> list[dict[str, Any]]:
    return [
        {
            "row": str(position),
            "name": row.short_name,
            "description": f"{row.name} · {row.library} · {row.description}",
            "statistic": row.statistic,
            "q": row.q,
            "size": row.size,
            "n_leading": row.n_leading,
            "leading_text": " ".join(row.leading),
        }
        for position, row in enumerate(table.rows)
    ]


def _caption(chosen: Chosen, table: PathwayTable) -> str:
    concept_id = chosen.entry.store.concept_ids[chosen.concept or 0]
    return (
        f"{concept_id}: {table.n_significant} of {len(table.rows)} listed gene sets have q < 0.05. "
        "Dot area: leading genes."
    )
