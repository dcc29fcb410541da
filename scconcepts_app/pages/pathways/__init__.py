"""The page of gene sets: in how many concepts each is found, and one set under all tests."""

from __future__ import annotations

from dash import Dash

from scconcepts_app.pages.bindings import register_bindings
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.pathways import one_set, overview
from scconcepts_app.pages.pathways.layout import CHOICES, layout

__all__ = ["TITLE", "layout", "register_callbacks"]

TITLE = "Pathways"


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the page."""
    register_bindings(app, "pathways", CHOICES)
    overview.register_callbacks(app, context)
    one_set.register_callbacks(app, context)
