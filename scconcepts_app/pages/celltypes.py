"""The page of categories: which concept goes with which cell type, condition or donor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import alternatives, choice
from scconcepts_app.components.graph import graph
from scconcepts_app.figures.category_map import draw_category_map
from scconcepts_app.figures.message import draw_message
from scconcepts_app.labels import read_rows
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.bindings import bind_choices, register_bindings
from scconcepts_app.pages.context import Context, entry_of, pick
from scconcepts_app.views.association import METRICS, list_columns
from scconcepts_app.views.category_map import CategoryMap, map_categories
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.numbers import format_count, format_number

TITLE = "Cell types"
CHOICES = {ids.TYPES_BY: "by", ids.TYPES_METRIC: "metric", ids.TYPES_LEAST: "least"}
_METRICS = [
    ("f1", "F1", "Best F1 of the activation, over thresholds, against the category."),
    (
        "auroc",
        "AUROC",
        "Chance that a cell of the category has the higher activation; 0.5: no relation.",
    ),
    ("share", "Share", "Share of the concept's active cells in the category."),
]
_LEAST = ("0", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9")
_DEFAULT_LEAST = "0.3"
_ROW_PIXELS, _LEAST_PIXELS = 22, 420


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the page of the categories of a store."""
    columns = [(column.key, column.name) for column in list_columns(entry.store)]
    columns = columns or [("", "none in this store")]
    page = html.Div(
        [
            dcc.Store(id=f"{ids.TYPES_MAP}-open"),
            html.Div(
                [
                    html.H1("Cell types"),
                    choice(ids.TYPES_BY, "Categories of", columns, columns[0][0]),
                    alternatives(ids.TYPES_METRIC, "Measure", _METRICS, "f1"),
                    choice(
                        ids.TYPES_LEAST,
                        "At least",
                        [(value, value) for value in _LEAST],
                        _DEFAULT_LEAST,
                        "Concepts whose best value is below are left out",
                    ),
                ],
                className="sc-bar sc-page-bar",
            ),
            html.P(
                id=ids.TYPES_CAPTION, className="sc-lead", **attributes({"aria-live": "polite"})
            ),
            html.Div(
                [
                    html.Section(
                        html.Div(graph(ids.TYPES_MAP), id=ids.TYPES_PLACE),
                        className="sc-types-map",
                        **attributes({"aria-label": "Concepts against categories"}),
                    ),
                    html.Aside(
                        id=ids.TYPES_BEST,
                        className="sc-types-best",
                        **attributes({"aria-label": "Best concept of each category"}),
                    ),
                ],
                className="sc-types-body",
            ),
        ],
        className="sc-page sc-types-page",
    )
    page.children += bind_choices("celltypes", entry.key, page, choices, CHOICES)
    return page


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what draws the map and what lists the best concepts."""
    register_bindings(app, "celltypes", CHOICES)
    app.clientside_callback(
        ClientsideFunction("scconcepts", "openPoint"),
        Output(f"{ids.TYPES_MAP}-open", "data"),
        Input(ids.TYPES_MAP, "clickData"),
        prevent_initial_call=True,
    )
    choices, selection = Input(ids.CHOICES, "data"), State(ids.SELECTION, "data")

    @app.callback(
        Output(ids.TYPES_MAP, "figure"),
        Output(ids.TYPES_PLACE, "style"),
        choices,
        Input(ids.THEME, "data"),
        selection,
    )
    def draw(
        chosen: dict[str, str], theme: str, where: dict[str, Any]
    ) -> tuple[go.Figure, dict[str, str]]:
        entry = entry_of(context.library, where, "celltypes")
        table, metric, _ = _read(entry, chosen)
        if table is None or not len(table.concepts):
            text = _NO_COLUMN if table is None else _NONE_PASSED
            return draw_message(text, theme), {"height": "100%"}
        rows, _ = read_rows(context.annotations, entry)
        shown = [rows[i] for i in table.concepts]
        names, labels = [row.id for row in shown], [row.label for row in shown]
        height = max(_LEAST_PIXELS, 220 + _ROW_PIXELS * len(table.names))
        figure = draw_category_map(table, metric, names, labels, theme)
        return figure, {"height": f"max(100%, {height}px)"}

    @app.callback(
        Output(ids.TYPES_CAPTION, "children"),
        Output(ids.TYPES_BEST, "children"),
        choices,
        selection,
    )
    def tell(chosen: dict[str, str], where: dict[str, Any]) -> tuple[str, Any]:
        entry = entry_of(context.library, where, "celltypes")
        table, metric, least = _read(entry, chosen)
        if table is None:
            return _NO_COLUMN, None
        rows, _ = read_rows(context.annotations, entry)
        return _caption(entry, table, metric, least), _best(context, entry, table, metric, rows)


_NO_COLUMN = "This store holds no categorical column to compare concepts with."
_NONE_PASSED = "No concept reaches this value. Lower the threshold above."


def _read(
    entry: OpenedStore, choices: Mapping[str, str] | None
) -> tuple[CategoryMap | None, str, str]:
    """Return what the address asks for; None in a store without categorical columns."""
    columns = [column.key for column in list_columns(entry.store)]
    key = pick(choices, "by", columns, columns[0] if columns else None)
    metric = pick(choices, "metric", METRICS, METRICS[0]) or METRICS[0]
    least = pick(choices, "least", _LEAST, _DEFAULT_LEAST) or _DEFAULT_LEAST
    if key is None:
        return None, metric, least
    return map_categories(entry.store, key, metric, float(least)), metric, least


def _caption(entry: OpenedStore, table: CategoryMap, metric: str, least: str) -> str:
    name = next(words for key, words, _ in _METRICS if key == metric)
    n_all = entry.store.n_concepts
    text = (
        f"{format_count(table.n_passed)} of {format_count(n_all)} concepts reach {name} {least} in "
        f"one of {format_count(len(table.names))} categories; ordered by their best category."
    )
    if table.n_per_category is not None:
        text += (
            f" Shown: the best {table.n_per_category} of each category, "
            f"{format_count(len(table.concepts))} concepts."
        )
    return f"{text} A click opens the concept."


def _best(
    context: Context,
    entry: OpenedStore,
    table: CategoryMap,
    metric: str,
    rows: list[ConceptRow],
) -> list[Any]:
    name = next(words for key, words, _ in _METRICS if key == metric)
    items = []
    for i, category in enumerate(table.names):
        best = int(table.best[i])
        link: Any = html.Span("no concept", className="sc-muted")
        if best >= 0:
            href = context.addresses.concept(entry.key, rows[best].id)
            link = dcc.Link(
                [html.B(rows[best].id), f" {rows[best].label}"], href=href, className="sc-cell-link"
            )
        items.append(
            html.Li(
                [
                    html.Div(
                        [
                            html.Span(category, className="sc-types-name"),
                            html.Span(
                                f"{format_count(table.n_cells[i])} cells", className="sc-muted"
                            ),
                        ]
                    ),
                    html.Div([link, html.Span(format_number(table.best_value[i]))]),
                ]
            )
        )
    return [
        html.H2(f"Best concept of each category, by {name}"),
        html.Ol(items, className="sc-types-list"),
    ]
