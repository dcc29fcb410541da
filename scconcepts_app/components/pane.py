"""The panes below the map: one is in sight, those of the other tabs wait out of sight."""

from __future__ import annotations

from typing import Any

from dash import html

from scconcepts_app.components.attributes import attributes

# The panes; pathways and their table are one, which two tabs show.
PANES = ("faithfulness", "against", "volcano", "cell", "pathways", "set", "annotations")


def shown_id(name: str) -> str:
    """Return the id of the store that says what a pane shows, once it came into sight."""
    return f"shown-{name}"


def of_tabs(*tabs: str) -> dict[str, Any]:
    """Return the attribute that shows an element under these tabs only; see layout.css."""
    return attributes({"data-for": " ".join(tabs)})


def pane(
    tab: str,
    body: Any,
    above: list[Any] | None = None,
    beside: list[Any] | None = None,
    caption: str | None = None,
) -> html.Div:
    """Return a pane: what stands above and beside its body, and the place of a caption.

    Parameters
    ----------
    tab : under which it is seen.
    caption : id of its place.
    """
    side = html.Div(beside, className="sc-side") if beside else None
    return html.Div(
        [
            *(above or []),
            html.Div([body, side], className="sc-pane-body"),
            html.P(id=caption, className="sc-caption is-wrapped") if caption else None,
        ],
        className="sc-pane",
        **of_tabs(tab),
    )


def lead(place: str) -> html.P:
    """Return the place of the sentence above a figure."""
    return html.P(id=place, className="sc-lead")
