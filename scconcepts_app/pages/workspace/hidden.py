"""The switch that adds latents which became no concept to the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.controls import alternatives
from scconcepts_app.labels import read_rows
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, choose
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.latents import list_latents

ALL = "1"


def switch(entry: OpenedStore) -> html.Div:
    """Return the bar with the switch; out of sight in a store without such latents."""
    n_latents = entry.store.n_latents
    choice = alternatives(
        ids.HIDDEN,
        "Rows of the table",
        [
            ("0", "Concepts", "What recurs over seeds."),
            (
                ALL,
                "also those that did not recur",
                f"Adds {n_latents:,} latents of single seeds that became no concept.",
            ),
        ],
        "0",
    )
    return html.Div(choice, className="sc-bar is-second", hidden=n_latents == 0)


def table_rows(
    concepts: list[ConceptRow], entry: OpenedStore, wanted: str | None, latent: int | None
) -> list[dict[str, Any]]:
    """Return the rows of the table: the concepts, and latents where they are asked for.

    Parameters
    ----------
    wanted : the choice of the switch.
    latent : the one in the address; it has a row even where the others have none.
    """
    if wanted == ALL:
        more = entry.once("latent rows", lambda: list_latents(entry.store))
    else:
        more = list_latents(entry.store, [] if latent is None else [latent])
    return [row.to_dict() for row in [*concepts, *more]]


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what fills the table again when the switch is used."""

    @app.callback(
        Output(ids.CONCEPTS, "rowData"),
        Input(ids.HIDDEN, "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def fill_table(wanted: str, selection: Mapping[str, Any]) -> list[dict[str, Any]]:
        chosen = choose(context.library, selection)
        if chosen is None:
            raise PreventUpdate
        rows, _ = read_rows(context.annotations, chosen.entry)
        return table_rows(rows, chosen.entry, wanted, chosen.latent)
