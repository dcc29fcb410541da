"""What the page says about the set: size, map, concepts, composition, downloads."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.table import place_of
from scconcepts_app.labels import read_rows
from scconcepts_app.pages.cells.layout import DEFAULT_COLOR, TABS
from scconcepts_app.pages.cells.shown import TAB_OF_CELL, Shown, read_shown
from scconcepts_app.pages.context import Context, pick
from scconcepts_app.pages.wires import draw_maps, open_chosen_row
from scconcepts_app.views.breakdown import break_down
from scconcepts_app.views.cell_selection import describe_size
from scconcepts_app.views.over_representation import ConceptInSet, compare_set

_EMPTY = "No cell is in this set. Take a condition away, or draw a larger outline."
_WHOLE = (
    "All cells are in this set, so there are no others to compare it with. Add a condition, or "
    "draw around cells on the map."
)


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what shows the set."""
    _register_browser(app)
    _register_head(app, context)
    _register_tables(app, context)


def _register_browser(app: Dash) -> None:
    draw_maps(app, ids.CELLS_MAPS, f"{ids.CELLS_MAP}-draw")
    open_chosen_row(app, ids.CELLS_CONCEPTS, f"{ids.CELLS_MAP}-open-row")
    app.clientside_callback(
        ClientsideFunction("scconcepts", "showCellsTab"),
        Output(ids.CELLS_PANES, "className"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
    )


def _register_head(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.CELLS_SIZE, "children"),
        Output(ids.CELLS_MESSAGE, "children"),
        Output(ids.CELLS_MESSAGE, "hidden"),
        Output(ids.CELLS_DOWNLOADS, "children"),
        Output(ids.CELLS_MAPS, "data"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
    )
    def show_head(choices: dict[str, str], selection: dict[str, Any]) -> tuple[Any, ...]:
        now = read_shown(context, selection, choices)
        maps = {ids.CELLS_MAP: _map(context, now)}
        if now.selection is None:
            return "—", now.fault, False, [], maps
        inside = now.find_cells()
        message = "" if inside.any() else _EMPTY
        size = html.Span(describe_size(inside), title=now.selection.words)
        return size, message, not message, _downloads(context, now), maps


def _register_tables(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.CELLS_CONCEPTS, "rowData"),
        Output(ids.CELLS_CONCEPTS_NOTE, "children"),
        Output(ids.CELLS_CONCEPTS_NOTE, "hidden"),
        Output(place_of(ids.CELLS_CONCEPTS), "hidden"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
    )
    def fill_concepts(
        choices: dict[str, str], selection: dict[str, Any]
    ) -> tuple[list[dict[str, Any]], str, bool, bool]:
        now = _in_sight(context, selection, choices, "concepts")
        inside = now.find_cells()
        if inside.all() or not inside.any():
            return [], _WHOLE if inside.any() else now.fault or _EMPTY, False, True
        found = compare_set(now.entry.store, inside, now.entry.activity)
        rows, problem = read_rows(context.annotations, now.entry)
        named = {row.id: (row.label, row.author) for row in rows}
        return [_row(row, *named[row.id]) for row in found], problem or "", not problem, False

    @app.callback(
        Output(ids.CELLS_COMPOSITION, "rowData"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
    )
    def fill_composition(
        choices: dict[str, str], selection: dict[str, Any]
    ) -> list[dict[str, Any]]:
        now = _in_sight(context, selection, choices, "composition")
        return [part.to_dict() for part in break_down(now.entry.store, now.find_cells())]


def _in_sight(
    context: Context, selection: dict[str, Any], choices: dict[str, str], tab: str
) -> Shown:
    """Return what is shown if this pane is in sight; else nothing is computed for it."""
    now = read_shown(context, selection, choices)
    known = [name for name, *_ in TABS] + [TAB_OF_CELL]
    if (now.tab if now.tab in known else known[0]) != tab:
        raise PreventUpdate
    return now


def _row(found: ConceptInSet, label: str, author: str) -> dict[str, Any]:
    donors = f"{found.donors} of {found.n_donors}" if found.n_donors else None
    return {**found.to_dict(), "label": label, "author": author, "donor_words": donors}


def _map(context: Context, now: Shown) -> dict[str, Any]:
    store, base = now.entry.store, context.addresses.payloads(now.entry)
    keys = [info.key for info in store.manifest.maps]
    polygon = now.selection.polygon if now.selection else None
    key = pick(now.choices, "map", keys, polygon.key if polygon else keys[0])
    return {
        "cells": {"coordinatesUrl": f"{base}/map/{key}", "nCells": store.n_cells, "key": key},
        "color": _color(now, base),
        "describeUrl": f"{base}/cell/{{cell}}/lines",
        "selectable": True,
        "selection": now.selection.sel or None if now.selection else None,
    }


def _color(now: Shown, base: str) -> dict[str, Any]:
    colors = {f"obs:{key}": color for key, color in now.entry.obs_colors.items()}
    by = pick(now.choices, "color", colors, DEFAULT_COLOR) or DEFAULT_COLOR
    if by in colors:
        return {**colors[by], "url": f"{base}/obs/{by.removeprefix('obs:')}"}
    cell = now.find_cell() if now.cell else None
    if cell is not None:
        url = f"{base}/selection?{urlencode({'cell': f'#{cell}'})}"
        return {"kind": "sparse", "url": url, "title": now.cell, "unit": "", "activeWord": "shown"}
    if not now.selection:
        return {"kind": "none"}
    return {
        "kind": "sparse",
        "url": f"{base}/selection?{urlencode(now.asked(), safe=':,')}",
        "title": "Cells of the set",
        "unit": "",
        "activeWord": "in the set",
    }


def _downloads(context: Context, now: Shown) -> list[Any]:
    files = (
        ("cells", "The cells of the set with their columns of obs"),
        ("concepts", "All concepts inside and outside the set"),
        ("composition", "What the set is made of"),
    )
    links: list[Any] = ["Download "]
    for name, title in files:
        for ending in ("csv", "tsv"):
            href = context.addresses.export(now.entry.key, f"selection/{name}.{ending}")
            links.append(
                html.A(
                    name if ending == "csv" else "tsv",
                    href=f"{href}?{urlencode(now.asked(), safe=':,')}",
                    title=f"{title} ({ending.upper()})",
                    className="sc-download",
                    download="",
                )
            )
    return links
