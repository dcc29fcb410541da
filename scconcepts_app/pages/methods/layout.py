"""Where the parts of the methods page lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from scconcepts_app import __version__
from scconcepts_app.components.citation import citation_section
from scconcepts_app.components.entries import entry_list, section
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.bindings import bind_choices
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.methods.quality import CHOICES, nulls_section, quality_sections
from scconcepts_app.views.citation import cite
from scconcepts_app.views.methods import (
    DICTIONARY,
    GENE_SETS,
    TRUST,
    describe_methods,
    describe_provenance,
)


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the methods page of a store."""
    manifest = entry.store.manifest
    sections: list[Any] = []
    for content in describe_methods(entry.store):
        sections.append(section(content))
        if content.title == DICTIONARY:
            sections += quality_sections(entry, choices)
        elif content.title == GENE_SETS:
            sections += nulls_section(entry)
    page = html.Div(
        [
            html.P(
                dcc.Link("← Workspace", href=context.addresses.home(entry.key)), className="sc-back"
            ),
            html.H1(f"Methods: {manifest.title}"),
            *_link_report(context, entry),
            html.Section(
                [html.H2("What the numbers say, and what they do not"), entry_list(list(TRUST))],
                className="is-trust",
            ),
            *sections,
            html.Section([html.H2("Provenance"), entry_list(describe_provenance(entry.store))]),
            citation_section(
                cite(entry.store, context.addresses.home(entry.key), __version__),
            ),
        ],
        className="sc-methods",
    )
    page.children += bind_choices("methods", entry.key, page, choices, CHOICES)
    return page


def _link_report(context: Context, entry: OpenedStore) -> list[html.P]:
    """Return a line that leads to the evaluation report, where one stands beside the store."""
    if not entry.report_path.is_file():
        return []
    link = html.A(
        "Evaluation report",
        href=context.addresses.export(entry.key, "report.html"),
        target="_blank",
    )
    text = " · baselines, gene sets beside chance, attribution against DE, what recurs elsewhere"
    return [html.P([link, text], className="sc-note")]
