"""The workspace: concepts on the left, cells in the middle, one concept on the right."""

from __future__ import annotations

from dash import Dash

from scconcepts_app.pages.bindings import register_bindings
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.workspace import browser, concept, evidence, genes, hidden, labels
from scconcepts_app.pages.workspace.layout import CHOICES, layout

__all__ = ["TITLE", "layout", "register_callbacks"]

TITLE = "Workspace"


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of every panel on `app`."""
    browser.register_callbacks(app)
    register_bindings(app, "workspace", CHOICES)
    for panel in (concept, genes, evidence, hidden, labels):
        panel.register_callbacks(app, context)
