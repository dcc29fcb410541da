"""Links out of the app. They open a new tab; nothing is loaded before someone follows one."""

from __future__ import annotations

from dash import html

from scconcepts_app.components.attributes import attributes
from scconcepts_app.views.links import Outgoing


def as_plain(link: Outgoing) -> dict[str, str]:
    """Return a link for a cell of a table, which the browser draws (assets/cells.js)."""
    return {"href": link.href, "title": f"{link.title} (new tab)"}


def outgoing_link(link: Outgoing) -> html.A:
    """Return a link to a public database."""
    return html.A(
        [link.words, html.Span("↗", **attributes({"aria-hidden": "true"}))],
        href=link.href,
        title=f"{link.title} (new tab)",
        target="_blank",
        rel="noopener noreferrer",
        className="sc-out",
    )
