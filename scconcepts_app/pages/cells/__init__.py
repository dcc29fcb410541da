"""The page of cells: a set of them, or one, and what tells it from the others."""

from __future__ import annotations

from dash import Dash

from scconcepts_app.pages.bindings import register_bindings
from scconcepts_app.pages.cells import builder, differential, gene_list, one_cell, results
from scconcepts_app.pages.cells.layout import CHOICES, layout
from scconcepts_app.pages.context import Context

__all__ = ["TITLE", "layout", "register_callbacks"]

TITLE = "Cells"


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the page."""
    register_bindings(app, "cells", CHOICES)
    for part in (builder, results, one_cell, differential, gene_list):
        part.register_callbacks(app, context)
