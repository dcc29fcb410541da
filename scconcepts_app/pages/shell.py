"""What surrounds every page: header, address, theme, notices, and the choice of the page."""

from __future__ import annotations

import logging
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from scconcepts_app.components import ids
from scconcepts_app.components.header import header, help_button, search_place, theme_toggle
from scconcepts_app.components.messages import error_state
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.pages import stores
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.registry import PAGES
from scconcepts_app.views.methods import headline

log = logging.getLogger(__name__)


def layout(library: Library) -> html.Div:
    """Return the shell; the page inside it follows the address."""
    served = {"first": library.default.key, "stores": [entry.key for entry in library]}
    return html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.SERVED, data=served),
            dcc.Store(id=ids.ROUTE),
            dcc.Store(id=ids.SELECTION),
            dcc.Store(id=ids.CHOICES),
            dcc.Store(id=ids.PAGE_TITLE),
            dcc.Store(id=f"{ids.PAGE_TITLE}-effect"),
            dcc.Store(id=ids.THEME),
            html.Div(
                "The server does not answer. What is shown may not belong to the selected concept.",
                id=ids.CONNECTION,
                className="sc-connection",
                role="alert",
                hidden=True,
            ),
            html.Div(id=ids.NOTICE, className="sc-notice", role="alert"),
            html.Div(
                [html.Div(id=ids.HEADER), search_place(), help_button(), theme_toggle()],
                className="sc-top",
            ),
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
        Output(ids.CHOICES, "data"),
        Input(ids.URL, "pathname"),
        Input(ids.URL, "search"),
        State(ids.SERVED, "data"),
        State(ids.ROUTE, "data"),
        State(ids.SELECTION, "data"),
        State(ids.CHOICES, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "titlePage"),
        Output(f"{ids.PAGE_TITLE}-effect", "data"),
        Input(ids.PAGE_TITLE, "data"),
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
        Output(ids.PAGE_TITLE, "data"),
        Input(ids.ROUTE, "data"),
        State(ids.SELECTION, "data"),
        State(ids.CHOICES, "data"),
    )
    def show_page(
        route: dict[str, Any], selection: dict[str, Any], choices: dict[str, str]
    ) -> tuple[Any, Any, str]:
        entry = context.library.get(route.get("store"))
        page = route.get("page")
        try:
            top = _header(context, entry or context.library.default, page)
            body = _page(context, entry, route, selection, choices)
            return top, body, _title(entry, page)
        except Exception:
            # The boundary: an exception in a layout would leave a blank page.
            log.exception("page %s could not be built", route)
            failed = error_state(
                "This page could not be shown",
                "Something failed in the server; the details are in its log. Load the page again, "
                "or go to the start.",
                [("Start", context.addresses.prefix)],
            )
            return _header_without_store(), failed, "scConcepts"


def _page(
    context: Context,
    entry: OpenedStore | None,
    route: dict[str, Any],
    selection: dict[str, Any],
    choices: dict[str, str],
) -> Component:
    addresses, library = context.addresses, context.library
    page = route.get("page")
    if page == stores.NAME:
        return stores.layout(context)
    if entry is None:
        links = [(opened.store.manifest.title, addresses.home(opened.key)) for opened in library]
        text = f"No store “{route.get('store')}” is open here. Open ones:"
        return error_state("No such store", text, links)
    if page in PAGES:
        return PAGES[page].layout(context, entry, selection, choices)
    text = f"There is no page “{route.get('path')}”."
    return error_state("No such page", text, [("Workspace", addresses.home(entry.key))])


def _title(entry: OpenedStore | None, page: str | None) -> str:
    """Return the title of the browser's tab; none for the workspace, which names its concept."""
    if entry is None or page == stores.NAME:
        return "scConcepts"
    if page == "workspace":
        return ""
    known = PAGES[page].TITLE if page in PAGES else "No such page"
    return f"{known} · {entry.store.manifest.title}"


def _header(context: Context, entry: OpenedStore, page: str | None) -> html.Header:
    manifest, addresses = entry.store.manifest, context.addresses
    return header(
        title=manifest.title,
        description=manifest.description,
        size=headline(entry.store),
        stores=name_stores(context.library),
        key=entry.key,
        home=addresses.prefix,
        links=[
            (module.TITLE, _address(context, name, entry.key), name == page)
            for name, module in PAGES.items()
        ],
    )


def _address(context: Context, page: str, key: str) -> str:
    addresses = context.addresses
    return addresses.home(key) if page == "workspace" else addresses.page(page, key)


def name_stores(library: Library) -> list[tuple[str, str]]:
    """Return key and title of every store; titles that two stores share get their key."""
    titles = [opened.store.manifest.title for opened in library]
    return [
        (opened.key, title if titles.count(title) == 1 else f"{title} ({opened.key})")
        for opened, title in zip(library, titles, strict=True)
    ]


def _header_without_store() -> html.Header:
    return html.Header("scConcepts", className="sc-header sc-brand")
