"""The two pickers of genes: what they offer, and how they and the address stay in step."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.pickers import with_picked
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, entry_of
from scconcepts_app.pages.genes.shown import read_shown
from scconcepts_app.views.gene_search import find_gene, search_genes


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of both pickers."""
    app.clientside_callback(
        ClientsideFunction("scconcepts", "rememberGenes"),
        Output(f"{ids.GENE}-remember", "data"),
        Input(ids.GENE, "value"),
        Input(ids.GENE_MORE, "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.GENE, "options"),
        Output(ids.GENE, "value"),
        Output(ids.GENE_MORE, "options"),
        Output(ids.GENE_MORE, "value"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
        State(ids.GENE, "value"),
        State(ids.GENE_MORE, "value"),
        prevent_initial_call=True,
    )
    def follow(
        choices: dict[str, str],
        selection: dict[str, Any],
        value: str | None,
        values: list[str] | None,
    ) -> tuple[Any, ...]:
        now = read_shown(entry_of(context.library, selection, "genes"), choices)
        first, others = now.symbols[:1], now.symbols[1:]
        if value == next(iter(first), None) and (values or []) == others:
            raise PreventUpdate
        offered = search_genes(now.entry.store, "")
        return (
            with_picked(offered, first),
            first[0] if first else None,
            with_picked(offered, others),
            others,
        )

    @app.callback(
        Output(ids.GENE, "options", allow_duplicate=True),
        Input(ids.GENE, "search_value"),
        State(ids.GENE, "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def offer(text: str | None, value: str | None, selection: dict[str, Any]) -> list[str]:
        entry = entry_of(context.library, selection, "genes")
        return with_picked(_offer(entry, text or ""), [value] if value else [])

    @app.callback(
        Output(ids.GENE_MORE, "options", allow_duplicate=True),
        Input(ids.GENE_MORE, "search_value"),
        State(ids.GENE_MORE, "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def offer_more(
        text: str | None, values: list[str] | None, selection: dict[str, Any]
    ) -> list[str]:
        entry = entry_of(context.library, selection, "genes")
        return with_picked(_offer(entry, text or ""), values or [])


def _offer(entry: OpenedStore, text: str) -> list[str]:
    """Return symbols for a text; the text itself where it is the id of a gene."""
    found = search_genes(entry.store, text)
    is_id = bool(text.strip()) and find_gene(entry.gene_index, text.strip()) is not None
    return found if found or not is_id else [text.strip()]
