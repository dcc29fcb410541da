"""The head of the selected concept, the message for an unknown one, and the gene search."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import Dash, Input, Output, State, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.card import concept_card
from scconcepts_app.components.latent_card import latent_card
from scconcepts_app.components.messages import error_state
from scconcepts_app.labels import read_row
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, choose, own
from scconcepts_app.pages.downloads import menu
from scconcepts_app.views.card import describe_concept
from scconcepts_app.views.gene_search import search_genes
from scconcepts_app.views.latents import describe_latent


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the concept's head and of the gene search."""

    @app.callback(
        Output(ids.CARD, "children"),
        Output(ids.DETAIL, "className"),
        Output(ids.MISSING, "children"),
        Output(ids.MISSING, "hidden"),
        Input(ids.SELECTION, "data"),
        Input(ids.ATTRIBUTION, "value"),
        Input(ids.LABEL_SAVED, "data"),
    )
    def show_concept(
        selection: dict[str, Any], attribution: str, saved: Any
    ) -> tuple[Any, str, Any, bool]:
        chosen = choose(context.library, selection)
        if chosen is None:
            raise PreventUpdate
        if chosen.latent is not None:
            card = describe_latent(chosen.entry.store, chosen.latent)
            address_of = partial(context.addresses.concept, chosen.entry.key)
            return latent_card(card, address_of), "sc-detail is-latent", None, True
        if chosen.concept is None:
            return None, "sc-detail", _unknown(context, chosen.entry, selection), False
        key = own(attribution, chosen.entry.store.manifest.attributions)
        return _card(context, chosen.entry, chosen.concept, key), "sc-detail", None, True

    @app.callback(
        Output(ids.COLOR_GENE, "options", allow_duplicate=True),
        Input(ids.COLOR_GENE, "search_value"),
        State(ids.COLOR_GENE, "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def offer_genes(text: str | None, value: str | None, selection: dict[str, Any]) -> list[str]:
        chosen = choose(context.library, selection)
        if chosen is None:
            raise PreventUpdate
        found = search_genes(chosen.entry.store, text or "")
        return [value, *[g for g in found if g != value]] if value else found


def _card(context: Context, entry: OpenedStore, concept: int, attribution: str | None) -> html.Div:
    card = describe_concept(entry.store, concept, attribution)
    row = read_row(context.annotations, entry, concept)
    addresses = context.addresses
    steps = {"previous": card.previous, "following": card.following}
    links = {name: addresses.concept(entry.key, to) if to else None for name, to in steps.items()}
    exports = menu(context, entry, card.id)
    address_of = partial(addresses.concept, entry.key)
    return concept_card(card, row.label, row.author, links, exports, address_of)


def _unknown(context: Context, entry: OpenedStore, selection: dict[str, Any]) -> html.Div:
    store = entry.store
    return error_state(
        "No such concept",
        f"{store.manifest.title} has no concept “{selection.get('concept')}”. "
        f"It has {store.n_concepts:,}, {store.concept_ids[0]} to {store.concept_ids[-1]}. "
        "Choose one in the table, or",
        [("go to the first concept", context.addresses.concept(entry.key, store.concept_ids[0]))],
    )
