"""What surrounds every page: header, address, theme, notices, and the choice of the page."""

from __future__ import annotations

import logging
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.header import header
from scconcepts_app.components.messages import error_state
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.pages import methods, workspace
from scconcepts_app.pages.context import Context
from scconcepts_app.views.methods import headline

log = logging.getLogger(__name__)


def layout() -> html.Div:
    """Return the shell; the page inside it follows the address."""
    return html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.ROUTE),
            dcc.Store(id=ids.SELECTION),
            dcc.Store(id=ids.THEME),
            html.Div(
                "The server does not answer. What is shown may not belong to the selected concept.",
                id=ids.CONNECTION,
                className="sc-connection",
                role="alert",
                hidden=True,
            ),
            html.Div(id=ids.NOTICE, className="sc-notice", role="alert"),
            html.Div(id=ids.HEADER),
            html.Main(id=ids.PAGE),
        ],
        className="sc-shell",
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register routing, theme and store choice."""
    app.clientside_callback(
        ClientsideFunction("scconcepts", "readAddress"),
        Output(ids.ROUTE, "data"),
        Output(ids.SELECTION, "data"),
        Input(ids.URL, "pathname"),
        Input(ids.URL, "search"),
        State(ids.ROUTE, "data"),
        State(ids.SELECTION, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "switchTheme"),
        Output(ids.THEME, "data"),
        Input(ids.THEME_TOGGLE, "n_clicks"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "chooseStore"),
        Output(ids.STORE_CHOICE, "className"),
        Input(ids.STORE_CHOICE, "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.HEADER, "children"),
        Output(ids.PAGE, "children"),
        Input(ids.ROUTE, "data"),
        State(ids.SELECTION, "data"),
    )
    def show_page(route: dict[str, Any], selection: dict[str, Any]) -> tuple[Any, Any]:
        entry = context.library.get(route.get("store"))
        try:
            top = _header(context, entry or context.library.default)
            return top, _page(context, entry, route, selection)
        except Exception:
            # The boundary: an exception in a layout would leave a blank page.
            log.exception("page %s could not be built", route)
            return _header_without_store(), error_state(
                "This page could not be shown",
                "Something failed in the server; the details are in its log. Load the page again, "
                "or go to the start.",
                [("Start", context.addresses.prefix)],
            )


def _page(
    context: Context,
    entry: OpenedStore | None,
    route: dict[str, Any],
    selection: dict[str, Any],
) -> html.Div:
    addresses, library = context.addresses, context.library
    if entry is None:
        links = [(opened.store.manifest.title, addresses.home(opened.key)) for opened in library]
        text = f"No store “{route.get('store')}” is open here. Open ones:"
        return error_state("No such store", text, links)
    if route.get("page") == "methods":
        return methods.layout(context, entry)
    if route.get("page") == "workspace":
        return workspace.layout(context, entry, selection)
    text = f"There is no page “{route.get('path')}”."
    return error_state("No such page", text, [("Workspace", addresses.home(entry.key))])


def _header(context: Context, entry: OpenedStore) -> html.Header:
    manifest = entry.store.manifest
    return header(
        title=manifest.title,
        description=manifest.description,
        size=headline(entry.store),
        stores=name_stores(context.library),
        key=entry.key,
        home=context.addresses.home(entry.key),
        methods=context.addresses.methods(entry.key),
    )


def name_stores(library: Library) -> list[tuple[str, str]]:
    """Return key and title of every store; titles that two stores share get their key."""
    titles = [opened.store.manifest.title for opened in library]
    return [
        (opened.key, title if titles.count(title) == 1 else f"{title} ({opened.key})")
        for opened, title in zip(library, titles, strict=True)
    ]


def _header_without_store() -> html.Header:
    return html.Header("scConcepts", className="sc-header sc-brand")
