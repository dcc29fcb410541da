"""The two sides of a comparison: what their pickers offer, in step with the address."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.labels import read_rows
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.compare.shown import Place, read_shown
from scconcepts_app.pages.context import Context, entry_of

_N_OFFERED = 100
_SIDES = ((ids.SIDE_A, ids.SIDE_A_STORE), (ids.SIDE_B, ids.SIDE_B_STORE))


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the pickers."""
    app.clientside_callback(
        ClientsideFunction("scconcepts", "rememberSides"),
        Output(f"{ids.PAIR_MAPS}-remember", "data"),
        *[Input(control, "value") for control, _ in _SIDES],
        *[Input(control, "value") for _, control in _SIDES],
        Input(ids.SWAP_SIDES, "n_clicks"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        *[Output(control, prop) for control, _ in _SIDES for prop in ("options", "value")],
        *[Output(control, "value") for _, control in _SIDES],
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
        *[State(control, "value") for pair in _SIDES for control in pair],
        prevent_initial_call=True,
    )
    def follow(choices: dict[str, str], selection: dict[str, Any], *had: str | None) -> list[Any]:
        now = read_shown(context, entry_of(context.library, selection, "compare"), choices)
        places = (now.a, now.b)
        said = [value for place in places for value in (_value(place), place.store)]
        if said == list(had):
            raise PreventUpdate
        found: list[Any] = []
        for place in places:
            found += [offer_concepts(context, place.entry, "", place.wanted), _value(place)]
        return [*found, now.a.store, now.b.store]

    for control, store_control in _SIDES:
        _register_search(app, context, control, store_control)


def _register_search(app: Dash, context: Context, control: str, store_control: str) -> None:
    @app.callback(
        Output(control, "options", allow_duplicate=True),
        Input(control, "search_value"),
        State(control, "value"),
        State(store_control, "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def offer(
        text: str | None, value: str | None, store: str, selection: dict[str, Any]
    ) -> list[dict[str, str]]:
        entry_of(context.library, selection, "compare")
        return offer_concepts(context, context.library.get(store), text or "", value or "")


def offer_concepts(
    context: Context, entry: OpenedStore | None, text: str, picked: str
) -> list[dict[str, str]]:
    """Return the concepts of a store whose label, id or first genes hold a text.

    The one that is picked is always among them: a dropdown forgets what it does not offer.
    """
    if entry is None:
        return []
    rows, _ = read_rows(context.annotations, entry)
    wanted = text.strip().lower()
    found = [row for row in rows if wanted in f"{row.label} {row.search}".lower()][:_N_OFFERED]
    if picked and all(row.id != picked for row in found):
        found = [*[row for row in rows if row.id == picked], *found]
    return [
        {
            "value": row.id,
            "label": f"{row.id} {row.label}",
            "search": f"{row.id} {row.label} {row.search}",
        }
        for row in found
    ]


def _value(place: Place) -> str | None:
    return place.wanted if place.concept is not None else None
