"""The menu of everything that can be taken home; assets/exports.js opens and closes it."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes

# Name of the hidden frame of assets/exports.js.
REFUSABLE = "files"

# Words, address, explanation; several addresses for one thing stand in one line.
Item = tuple[str, list[tuple[str, str]], str]


def export_menu(groups: list[tuple[str, list[Item]]], cite: str) -> html.Div:
    """Return the button and its closed menu.

    Parameters
    ----------
    groups : (title, items); an item is its words, its files as (words, address), and what it is.
        An item without a file cannot be had here, and its explanation says why.
    cite : address of how to cite.
    """
    return html.Div(
        [
            html.Button(
                "Export",
                id=ids.EXPORT_MENU,
                type="button",
                className="sc-button is-small",
                title="Take tables, gene sets and files home (e)",
                **attributes({"aria-expanded": "false", "aria-controls": ids.EXPORTS}),
            ),
            html.Div(
                [
                    *[_group(title, items) for title, items in groups],
                    html.P(
                        dcc.Link("Cite this", href=cite),
                        title="Title, digest, permalink and version, as text and as BibTeX",
                    ),
                ],
                id=ids.EXPORTS,
                className="sc-export-list",
                hidden=True,
                role="group",
                **attributes({"aria-label": "Export"}),
            ),
        ],
        className="sc-export-menu",
    )


def _group(title: str, items: list[Item]) -> html.Section:
    return html.Section(
        [
            html.H2(title),
            html.Dl([_item(*item) for item in items]),
        ]
    )


def _as_file(ending: str) -> dict[str, Any]:
    """Where a link's answer goes: an h5ad may be refused, and its frame shows the refusal."""
    return {"target": REFUSABLE} if ending == "h5ad" else {"download": ""}


def _item(words: str, files: list[tuple[str, str]], meaning: str) -> html.Div:
    links = [
        html.A(
            ending,
            href=href,
            className="sc-download",
            **_as_file(ending),
            **attributes({"aria-label": f"{words}, {ending}"}),
        )
        for ending, href in files
    ]
    return html.Div(
        [
            html.Dt(words),
            html.Dd(links or html.Span(meaning, className="sc-muted")),
        ],
        title=meaning,
    )
