"""The methods page: what was run, what the numbers say and do not say, where they come from."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output

from scconcepts_app.components import ids
from scconcepts_app.pages.bindings import register_bindings
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.methods import figures
from scconcepts_app.pages.methods.layout import layout
from scconcepts_app.pages.methods.quality import CHOICES

__all__ = ["TITLE", "layout", "register_callbacks"]

TITLE = "Methods"


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what draws the figures, and what fills this server's address into the citation."""
    register_bindings(app, "methods", CHOICES)
    figures.register_callbacks(app, context)
    app.clientside_callback(
        ClientsideFunction("scconcepts", "fillCitation"),
        *[Output(f"{ids.CITATION}-{name}", "children") for name in ("text", "bibtex")],
        Input(ids.CITATION, "data"),
    )
