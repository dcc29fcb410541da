"""Where the panels of the workspace lie. Sizes are fixed in layout.css, so nothing jumps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.concept_table import concept_table
from scconcepts_app.components.controls import choice
from scconcepts_app.components.graph import late_graphs
from scconcepts_app.components.label_form import label_form
from scconcepts_app.components.messages import error_state
from scconcepts_app.labels import read_rows
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.bindings import bind_choices
from scconcepts_app.pages.context import Context, choose
from scconcepts_app.pages.workspace import evidence, genes, hidden
from scconcepts_app.pages.workspace.browser import effect_stores, pane_stores
from scconcepts_app.views.gene_search import search_genes

# Choices that stand in the address; see `pages.bindings`.
CHOICES = {
    ids.SEARCH: "q",
    ids.HIDDEN: "hidden",
    ids.MAP_CHOICE: "map",
    ids.TAB: "tab",
    ids.GENE_LIST: "list",
    ids.STATISTIC: "statistic",
    ids.ATTRIBUTION: "counterfactual",
    ids.DIFFERENTIAL: "de",
    ids.CURVE: "curve",
    ids.ENRICHMENT: "test",
    ids.QUADRANT: "quadrant",
    ids.REDUNDANT: "sets",
    ids.OBS_COLUMN: "by",
    ids.METRIC: "metric",
}


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the workspace of a store with the selected concept marked."""
    store, addresses = entry.store, context.addresses
    if store.n_concepts == 0:
        return error_state(
            "No concepts",
            f"{store.manifest.title} holds no concept: none recurred over the seeds.",
            [("Methods", addresses.methods(entry.key))],
        )
    chosen = choose(context.library, selection)
    concept = chosen.concept if chosen else None
    latent = chosen.latent if chosen else None
    selected = store.concept_ids[concept] if concept is not None else None
    if latent is not None:
        selected = store.latent_ids[latent]
    rows, problem = read_rows(context.annotations, entry)
    page = html.Div(
        [
            dcc.Store(id=ids.MAP_CONFIG, data=_configure_map(context, entry)),
            dcc.Store(id=ids.LABEL_SAVED),
            *effect_stores(),
            *late_graphs(),
            *pane_stores(),
            dcc.Store(id=ids.CELL_CLICKED),
            _concepts_panel(
                entry,
                hidden.table_rows(rows, entry, choices.get("hidden"), latent),
                selected,
                problem,
                with_grades=bool(store.manifest.faithfulness),
            ),
            html.Div(
                [
                    html.Div([_map_panel(entry), evidence.panel(entry)], className="sc-middle"),
                    html.Aside(
                        [
                            html.Section(id=ids.CARD, className="sc-card-slot"),
                            genes.panel(entry),
                            label_form(context.default_author),
                        ],
                        className="sc-right",
                        **attributes({"aria-label": "Concept"}),
                    ),
                    html.Div(id=ids.MISSING, className="sc-missing", hidden=True),
                ],
                id=ids.DETAIL,
                className="sc-detail",
            ),
        ],
        className="sc-workspace",
    )
    page.children += bind_choices("workspace", entry.key, page, choices, CHOICES)
    return page


def _configure_map(context: Context, entry: OpenedStore) -> dict[str, Any]:
    """Return what the browser needs to draw the map of a store without asking again."""
    store = entry.store
    return {
        "store": entry.key,
        "title": store.manifest.title,
        "first": store.concept_ids[0],
        "base": context.addresses.payloads(entry),
        "nCells": store.n_cells,
        "map": store.manifest.maps[0].key,
        "obs": entry.obs_colors,
        "cellType": next((c.key for c in store.manifest.obs if c.role == "cell_type"), None),
    }


def _concepts_panel(
    entry: OpenedStore,
    rows: list[dict[str, Any]],
    selected: str | None,
    problem: str | None,
    with_grades: bool,
) -> html.Section:
    search = dcc.Input(
        id=ids.SEARCH,
        type="search",
        placeholder="Filter by label, gene or id",
        className="sc-search",
        debounce=False,
        autoComplete="off",
    )
    return html.Section(
        [
            html.Div(
                [search, html.Span(f"{len(rows):,}", id=ids.COUNT, className="sc-count")],
                className="sc-bar",
            ),
            hidden.switch(entry),
            html.P(problem, className="sc-problem", role="alert") if problem else None,
            html.Div(concept_table(rows, selected, with_grades), className="sc-fill"),
        ],
        className="sc-left",
        **attributes({"aria-label": "Concepts"}),
    )


def _map_panel(entry: OpenedStore) -> html.Section:
    manifest = entry.store.manifest
    by = [("concept", "This concept")]
    by += [(f"obs:{column.key}", column.name) for column in manifest.obs]
    by += [("gene", "Gene"), ("pinned", "Difference to pinned")]
    controls: list[Any] = [
        choice(ids.COLOR_BY, "Colour by", by, "concept"),
        html.Div(
            dcc.Dropdown(
                id=ids.COLOR_GENE,
                options=search_genes(entry.store, ""),
                placeholder="Gene symbol",
                searchable=True,
                clearable=False,
                className="sc-dropdown sc-gene",
                maxHeight=320,
            ),
            title="Gene to colour the cells by: log1p of counts per 10,000",
        ),
    ]
    maps = [(info.key, info.title) for info in manifest.maps]
    # The map's callback listens to this choice, so it is there even when there is none.
    controls.append(html.Div(choice(ids.MAP_CHOICE, "Map", maps, maps[0][0]), hidden=len(maps) < 2))
    return html.Section(
        [html.Div(controls, className="sc-bar"), html.Div(id=ids.MAP, className="sc-fill")],
        className="sc-map-panel",
        **attributes({"aria-label": "Cells"}),
    )
