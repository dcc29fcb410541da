"""The page of two concepts side by side, of one store or of two."""

from __future__ import annotations

from dash import Dash

from scconcepts_app.pages.bindings import register_bindings
from scconcepts_app.pages.compare import results, sides
from scconcepts_app.pages.compare.layout import CHOICES, layout
from scconcepts_app.pages.context import Context

__all__ = ["TITLE", "layout", "register_callbacks"]

TITLE = "Compare"


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the page."""
    register_bindings(app, "compare", CHOICES)
    sides.register_callbacks(app, context)
    results.register_callbacks(app, context)
