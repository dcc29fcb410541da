"""What a reader sees where there is nothing to show, or something failed."""

from __future__ import annotations

from typing import Any

from dash import dcc, html


def error_state(title: str, text: str, links: list[tuple[str, str]] | None = None) -> html.Div:
    """Return a message with links (words, address) out of it."""
    children: list[Any] = [html.H1(title), html.P(text)]
    if links:
        children.append(
            html.P([dcc.Link(words, href=href, className="sc-button") for words, href in links])
        )
    return html.Div(children, className="sc-error", role="alert")
