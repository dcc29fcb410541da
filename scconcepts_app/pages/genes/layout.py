"""Where the parts of the page of a gene lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.by_gene_table import by_gene_table
from scconcepts_app.components.controls import choice
from scconcepts_app.components.graph import graph
from scconcepts_app.components.pickers import picker, with_picked
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.bindings import bind_choices
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.genes.shown import Shown, read_shown
from scconcepts_app.views.gene_search import search_genes

# Choices that stand in the address as they are; the genes are written by assets/across.js.
CHOICES = {
    ids.GENE_ATTRIBUTION: "counterfactual",
    ids.GENE_DIFFERENTIAL: "de",
    ids.GENE_MAP_CHOICE: "map",
}
EFFECTS = ("remember", "open-row", "open-point", "draw")


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the page of the genes in the address."""
    now = read_shown(entry, choices)
    page = html.Div(
        [
            dcc.Store(id=ids.GENE_MAPS),
            *[dcc.Store(id=f"{ids.GENE}-{effect}") for effect in EFFECTS],
            html.Div(
                [
                    html.H1("Genes"),
                    *_pickers(now),
                    *_choices(entry),
                    html.Span(id=ids.GENE_OUT, className="sc-outs"),
                ],
                className="sc-bar sc-page-bar",
            ),
            html.Div(
                id=ids.GENE_LEAD,
                className="sc-lead is-tall" if len(now.genes) > 1 else "sc-lead",
                **attributes({"aria-live": "polite"}),
            ),
            html.Div(id=ids.GENE_MESSAGE, hidden=True),
            html.Div(
                [
                    html.Section(
                        by_gene_table(now.symbols if now.attribution else []),
                        className="sc-across-table",
                        **attributes({"aria-label": "Concepts"}),
                    ),
                    html.Aside(
                        [
                            html.Div(id=ids.GENE_MAP, className="sc-gene-map"),
                            html.Div(graph(ids.GENE_FIGURE), className="sc-gene-graph"),
                            html.P(id=ids.GENE_CAPTION, className="sc-caption is-wrapped"),
                        ],
                        className="sc-gene-side",
                        **attributes({"aria-label": "Expression and effects"}),
                    ),
                ],
                id=ids.GENE_BODY,
                className="sc-gene-body",
                hidden=not now.genes,
            ),
        ],
        className="sc-page sc-genes-page",
    )
    page.children += bind_choices("genes", entry.key, page, choices, CHOICES)
    return page


def _pickers(now: Shown) -> list[html.Div]:
    first, others = now.symbols[:1], now.symbols[1:]
    offered = search_genes(now.entry.store, "")
    return [
        picker(
            ids.GENE,
            "Gene",
            with_picked(offered, first),
            first[0] if first else None,
            "Symbol or id",
            "Type a part of a symbol, or a whole id",
        ),
        picker(
            ids.GENE_MORE,
            "beside",
            with_picked(offered, others),
            others,
            "Other genes",
            "Up to five genes whose effects are shown beside those of the first",
            multi=True,
        ),
    ]


def _choices(entry: OpenedStore) -> list[html.Div]:
    manifest = entry.store.manifest
    against = [(i.key, i.title) for i in manifest.attributions] or [("", "none in this store")]
    compared = [(i.key, i.title) for i in manifest.differentials] or [("", "none in this store")]
    shown = read_shown(entry, {})
    maps = [(info.key, info.title) for info in manifest.maps]
    return [
        choice(
            ids.GENE_ATTRIBUTION,
            "Counterfactual",
            against,
            shown.attribution or "",
            "\n".join(f"{i.title}: {i.description}" for i in manifest.attributions),
        ),
        choice(
            ids.GENE_DIFFERENTIAL,
            "DE",
            compared,
            shown.differential or "",
            "\n".join(f"{i.title}: {i.description}" for i in manifest.differentials),
        ),
        html.Div(
            choice(ids.GENE_MAP_CHOICE, "Map", maps, shown.map_key),
            className="sc-gene-map-choice",
            hidden=len(maps) < 2,
        ),
    ]
