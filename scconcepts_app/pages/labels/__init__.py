"""The page of labels: what experts said, who and when, and how to bring more in."""

from __future__ import annotations

from dash import Dash

from scconcepts_app.pages.bindings import register_bindings
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.labels import listing, taking_in
from scconcepts_app.pages.labels.layout import CHOICES, layout

__all__ = ["TITLE", "layout", "register_callbacks"]

TITLE = "Labels"


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the page."""
    register_bindings(app, "labels", CHOICES)
    listing.register_callbacks(app, context)
    taking_in.register_callbacks(app, context)
