"""The gene panel: attribution beside differential expression."""

from __future__ import annotations

from functools import partial
from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import alternatives, choice
from scconcepts_app.components.graph import graph_slot
from scconcepts_app.figures.genes import MARK, draw_genes
from scconcepts_app.figures.message import draw_message
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Chosen, Context, choose, own
from scconcepts_app.pages.workspace.chosen_set import read_leading
from scconcepts_app.views.genes import (
    GeneTable,
    default_attribution,
    list_genes,
    why_no_attribution,
)
from scconcepts_app.views.numbers import format_count, format_share

_LISTS = [
    (
        "presence",
        "Presence",
        "Genes that raise the concept where they are expressed more than in the counterfactual.",
    ),
    (
        "absence",
        "Absence",
        "Genes that raise the concept where they are expressed less than in the counterfactual.",
    ),
    ("opposing", "Opposing", "Genes whose net effect lowers the concept."),
    ("differential", "DE", "Genes of largest z in the differential expression."),
]
_STATISTICS = [
    ("z", "z", "z of the Wilcoxon rank sum test."),
    ("log_fold_change", "log₂ FC", "log2 of the ratio of mean expression."),
]


def panel(entry: OpenedStore) -> html.Section:
    """Return the empty gene panel with the choices that the store has."""
    manifest = entry.store.manifest
    default = default_attribution(entry.store)
    against = [(i.key, i.title) for i in manifest.attributions] or [("", "none in this store")]
    compared = [(i.key, i.title) for i in manifest.differentials] or [("", "none in this store")]
    return html.Section(
        [
            html.Div(
                [
                    alternatives(
                        ids.GENE_LIST,
                        "List of genes",
                        _LISTS,
                        "presence" if default else "differential",
                    ),
                    alternatives(ids.STATISTIC, "Statistic of DE", _STATISTICS, "z"),
                ],
                className="sc-bar",
            ),
            html.Div(
                [
                    choice(
                        ids.ATTRIBUTION,
                        "Counterfactual",
                        against,
                        default.key if default else "",
                        "\n".join(f"{i.title}: {i.description}" for i in manifest.attributions),
                    ),
                    choice(
                        ids.DIFFERENTIAL,
                        "DE",
                        compared,
                        compared[0][0],
                        "\n".join(f"{i.title}: {i.description}" for i in manifest.differentials),
                    ),
                ],
                className="sc-bar is-second",
            ),
            html.P(id=ids.COUNTERFACTUAL, className="sc-counterfactual"),
            graph_slot(ids.GENES, "Gene attribution and differential expression"),
            html.P(id=ids.GENES_CAPTION, className="sc-caption"),
        ],
        className="sc-genes",
        **attributes({"aria-label": "Genes"}),
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks that draw the genes and say what is drawn.

    They are two because the figure comes later than its caption; see `components.graph`.
    """
    choices = (
        Input(ids.SELECTION, "data"),
        Input(ids.GENE_LIST, "value"),
        Input(ids.ATTRIBUTION, "value"),
        Input(ids.DIFFERENTIAL, "value"),
    )

    def read(selection: dict[str, Any], *keys: str) -> tuple[Chosen, GeneTable] | None:
        chosen = choose(context.library, selection)
        if chosen is None or chosen.concept is None:
            return None
        list_name, attribution, differential = keys
        store = chosen.entry.store
        table = list_genes(
            store,
            chosen.concept,
            list_name,
            own(attribution, store.manifest.attributions),
            own(differential, store.manifest.differentials),
        )
        return chosen, table

    @app.callback(
        Output(ids.GENES, "figure"),
        *choices,
        Input(ids.STATISTIC, "value"),
        Input(ids.THEME, "data"),
        Input(ids.SET_CHOSEN, "data"),
    )
    def draw(selection: dict[str, Any], *values: Any) -> go.Figure:
        *keys, statistic, theme, chosen_set = values
        found = read(selection, *keys)
        if found is None:
            return draw_message("", theme)
        chosen, table = found
        concept = chosen.concept or 0
        if table.rows:
            address = partial(_address, context, chosen.entry.key)
            found_set = read_leading(chosen.entry, concept, chosen_set)
            marked = found_set.leading if found_set else ()
            figure = draw_genes(table, statistic, theme, address, marked)
        else:
            figure = draw_message(_why_empty(chosen.entry, concept, table), theme)
        return figure.update_layout(meta=chosen.entry.store.concept_ids[concept])

    @app.callback(
        Output(ids.COUNTERFACTUAL, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.ATTRIBUTION, "value"),
    )
    def describe(selection: dict[str, Any], key: str) -> str:
        chosen = choose(context.library, selection)
        infos = chosen.entry.store.manifest.attributions if chosen else []
        own(key, infos)
        return next((info.description for info in infos if info.key == key), "")

    @app.callback(Output(ids.GENES_CAPTION, "children"), *choices, Input(ids.SET_CHOSEN, "data"))
    def caption(selection: dict[str, Any], *values: Any) -> str:
        *keys, chosen_set = values
        found = read(selection, *keys)
        if found is None:
            return ""
        chosen, table = found
        told = _caption(table, chosen)
        return f"{told} {_tell_marks(chosen, table, chosen_set)}".strip()


def _tell_marks(chosen: Chosen, table: GeneTable, chosen_set: dict[str, str] | None) -> str:
    """Say what the marks at names mean; empty where no set is chosen."""
    found = read_leading(chosen.entry, chosen.concept or 0, chosen_set)
    if found is None:
        return ""
    leading = set(found.leading)
    n_marked = sum(row.symbol in leading for row in table.rows)
    return f"{MARK} {n_marked} of these lead {found.name} ({found.test.title})."


def _address(context: Context, key: str, symbol: str) -> str:
    return context.addresses.page("genes", key, g=symbol)


def _why_empty(entry: OpenedStore, concept: int, table: GeneTable) -> str:
    store = entry.store
    if len(store.activations.rows(concept)["cell"]) == 0:
        return "This concept is active in no cell, so there are no genes to show."
    if table.list_name == "differential":
        return (
            "No gene was tested for this concept."
            if table.differential
            else ("This store holds no differential expression.")
        )
    key = table.attribution.key if table.attribution else None
    if key and len(store.attribution(key).rows(concept)["gene"]):
        return "No gene belongs to this list: none moves the concept in this way."
    return why_no_attribution(store, concept)


def _caption(table: GeneTable, chosen: Chosen) -> str:
    concept_id = chosen.entry.store.concept_ids[chosen.concept or 0]
    if not table.rows:
        return f"No gene to list for {concept_id}."
    words = {
        "presence": "genes raise {} by presence",
        "absence": "genes raise {} by absence",
        "opposing": "genes lower {}",
        "differential": "genes are higher where {} is active",
    }
    ending = words[table.list_name].format(concept_id)
    shown = f"First {len(table.rows)} of " if table.n_listed > len(table.rows) else ""
    carried = f" They carry {format_share(table.share)} of the total effect." if table.share else ""
    return (
        f"{shown}{format_count(table.n_listed)} {ending}.{carried} Attribution says what moves the "
        "model's concept, DE what differs between cells."
    )
