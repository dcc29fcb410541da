"""The page of a gene: all concepts by what it does to them, and where it is expressed."""

from __future__ import annotations

from dash import Dash

from scconcepts_app.pages.bindings import register_bindings
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.genes import pickers, results
from scconcepts_app.pages.genes.layout import CHOICES, layout

__all__ = ["TITLE", "layout", "register_callbacks"]

TITLE = "Genes"


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the page."""
    register_bindings(app, "genes", CHOICES)
    pickers.register_callbacks(app, context)
    results.register_callbacks(app, context)
