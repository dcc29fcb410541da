"""The bar on top of every page: the store, the pages, search, help, light or dark."""

from __future__ import annotations

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes


def header(
    title: str,
    description: str,
    size: str,
    stores: list[tuple[str, str]],
    key: str,
    home: str,
    links: list[tuple[str, str, bool]],
) -> html.Header:
    """Return the header.

    Parameters
    ----------
    title, description, size : of the store that is shown; `size` is one line of counts.
    stores : (key, title) of every store; a choice is shown for more than one.
    key : the store that is shown.
    home : address of the start.
    links : (words, address, whether it is the page that is shown) of every page.
    """
    return html.Header(
        [
            dcc.Link([_mark(), "scConcepts"], href=home, className="sc-brand"),
            _store_choice(stores, key)
            if len(stores) > 1
            else html.Span(title, className="sc-store-title", title=description),
            html.Span(size, className="sc-store-size"),
            html.Span(description, className="sc-store-description", title=description),
            html.Nav(
                [_link(*link) for link in links],
                className="sc-nav",
                **attributes({"aria-label": "Pages"}),
            ),
        ],
        className="sc-header",
    )


def _link(words: str, href: str, is_shown: bool) -> dcc.Link | html.A:
    """Return a link to a page; that of the page that is shown says so."""
    if not is_shown:
        return dcc.Link(words, href=href, className="sc-nav-link")
    shown = attributes({"aria-current": "page"})
    return html.A(words, href=href, className="sc-nav-link is-shown", **shown)


def search_place() -> html.Div:
    """Return the place of the search box, which assets/omnibox.js fills."""
    return html.Div(id=ids.OMNIBOX, className="sc-omnibox", role="search")


def help_button() -> html.Button:
    """Return the button that shows the keys; see assets/help.js."""
    return html.Button(
        "?",
        id=ids.HELP,
        className="sc-icon-button",
        title="Keys (?)",
        type="button",
        **attributes({"aria-label": "Keys"}),
    )


def theme_toggle() -> html.Button:
    """Return the button between light and dark; its picture follows the theme by CSS."""
    return html.Button(
        html.Span(className="sc-theme-icon", **attributes({"aria-hidden": "true"})),
        id=ids.THEME_TOGGLE,
        className="sc-icon-button",
        title="Light or dark",
        type="button",
        **attributes({"aria-label": "Switch between light and dark"}),
    )


def _store_choice(stores: list[tuple[str, str]], key: str) -> html.Div:
    choice = dcc.Dropdown(
        id=ids.STORE_CHOICE,
        options=[{"value": name, "label": words} for name, words in stores],
        value=key,
        clearable=False,
        searchable=len(stores) > 8,
        className="sc-dropdown sc-store-choice",
    )
    return html.Div(choice, className="sc-store-place", title="Concept store")


def _mark() -> html.Span:
    return html.Span(className="sc-mark", **attributes({"aria-hidden": "true"}))
