"""The methods page: what was run, what the numbers say and do not say, where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html

from scconcepts_app import __version__
from scconcepts_app.components import ids
from scconcepts_app.components.citation import citation_section
from scconcepts_app.components.entries import entry_list, section
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context
from scconcepts_app.views.citation import cite
from scconcepts_app.views.methods import TRUST, describe_methods, describe_provenance

TITLE = "Methods"


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the methods page of a store."""
    manifest = entry.store.manifest
    return html.Div(
        [
            html.P(
                dcc.Link("← Workspace", href=context.addresses.home(entry.key)), className="sc-back"
            ),
            html.H1(f"Methods: {manifest.title}"),
            html.Section(
                [html.H2("What the numbers say, and what they do not"), entry_list(list(TRUST))],
                className="is-trust",
            ),
            *[section(content) for content in describe_methods(entry.store)],
            html.Section([html.H2("Provenance"), entry_list(describe_provenance(entry.store))]),
            citation_section(
                cite(entry.store, context.addresses.home(entry.key), __version__),
            ),
        ],
        className="sc-methods",
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what fills the address of this server into the citation."""
    app.clientside_callback(
        ClientsideFunction("scconcepts", "fillCitation"),
        *[Output(f"{ids.CITATION}-{name}", "children") for name in ("text", "bibtex")],
        Input(ids.CITATION, "data"),
    )
