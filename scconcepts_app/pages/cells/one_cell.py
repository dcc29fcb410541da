"""One cell of the address, and the search that finds one."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.cell_panel import cell_panel
from scconcepts_app.components.messages import error_state
from scconcepts_app.labels import read_rows
from scconcepts_app.pages.cells.shown import Shown, read_shown
from scconcepts_app.pages.context import Context
from scconcepts_app.views.cell_concepts import describe_cell_in_full
from scconcepts_app.views.cell_search import find_cell, search_cells


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what shows and finds a cell."""

    @app.callback(
        Output(ids.CELL_PANEL, "children"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
    )
    def show_cell(choices: dict[str, str], selection: dict[str, Any]) -> Any:
        now = read_shown(context, selection, choices)
        if not now.cell:
            return None
        return _show(context, now)

    @app.callback(
        Output(ids.CELL_SEARCH, "options"),
        Input(ids.CELL_SEARCH, "search_value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def offer(text: str | None, selection: dict[str, Any]) -> list[str]:
        now = read_shown(context, selection, {})
        if not (text or "").strip():
            raise PreventUpdate
        store = now.entry.store
        found = search_cells(store, text or "")
        if not found and find_cell(store, text or "") is not None:
            return [str(text).strip()]
        return found

    app.clientside_callback(
        ClientsideFunction("scconcepts", "openCell"),
        Output(f"{ids.CELLS_MAP}-search", "data"),
        Input(ids.CELL_SEARCH, "value"),
        prevent_initial_call=True,
    )


def _show(context: Context, now: Shown) -> Any:
    addresses, store = context.addresses, now.entry.store
    kept = {name: text for name, text in now.choices.items() if name != "cell"}
    back = addresses.page("cells", now.entry.key, **kept)
    cell = now.find_cell()
    if cell is None:
        return error_state(
            "No such cell",
            f"{store.manifest.title} has no cell “{now.cell[:80]}”. Ids are written exactly as in "
            f"the data, for instance {store.strings('cells/id')[0]}; #0 to #{store.n_cells - 1:,} "
            "are their numbers.",
            [("Back to the set", back)],
        )
    found = describe_cell_in_full(store, cell)
    rows, _ = read_rows(context.annotations, now.entry)
    labels = {row.id: row.label for row in rows}
    links = {c.id: addresses.concept(now.entry.key, c.id) for c in found.concepts}
    return cell_panel(found, labels, links, back)
