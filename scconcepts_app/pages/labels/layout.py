"""Where the parts of the page of labels lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from scconcepts_app.annotations import AnnotationError
from scconcepts_app.annotations.importing import MOST_BYTES
from scconcepts_app.annotations.text import MAX_AUTHOR
from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import alternatives, choice
from scconcepts_app.components.label_table import label_table
from scconcepts_app.components.table import table_place
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.bindings import bind_choices
from scconcepts_app.pages.context import Context

CHOICES = {
    ids.LABELS_SHOW: "show",
    ids.LABELS_AUTHOR: "author",
    ids.LABELS_FILTER: "q",
}
SHOWN = [
    ("newest", "Present labels", "The newest revision of each concept"),
    ("all", "All revisions", "Everything that was ever saved, newest first"),
]
_NOTHING = (
    "No label to show. Labels are written in the workspace, beside the genes of a concept, or "
    "imported from a file here."
)


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the page; the address says what is listed."""
    page = html.Div(
        [
            *[
                dcc.Store(id=f"{ids.LABELS_TABLE}-{effect}")
                for effect in ("filter", "choose", "shown")
            ],
            dcc.Store(id=ids.LABELS_IMPORTED),
            _bar(context, entry),
            html.P(id=ids.LABELS_PROBLEM, className="sc-problem", role="alert", hidden=True),
            html.Div(
                [
                    html.Section(
                        [
                            table_place(label_table()),
                            html.P(
                                _NOTHING,
                                id=f"{ids.LABELS_TABLE}-nothing",
                                className="sc-lead",
                                hidden=True,
                            ),
                        ],
                        className="sc-labels-table",
                        **attributes({"aria-label": "Labels"}),
                    ),
                    html.Aside(
                        [
                            html.Section(
                                [html.H2("History"), html.Div(id=ids.LABELS_SIDE)],
                                className="sc-labels-history",
                            ),
                            _import_form(context),
                        ],
                        className="sc-labels-side",
                        **attributes({"aria-label": "History and import"}),
                    ),
                ],
                className="sc-labels-body",
            ),
        ],
        className="sc-page sc-labels-page",
    )
    page.children += bind_choices("labels", entry.key, page, choices, CHOICES)
    return page


def _bar(context: Context, entry: OpenedStore) -> html.Div:
    authors = [("", "everyone")] + [(name, name) for name in _authors(context, entry)]
    return html.Div(
        [
            html.H1("Labels"),
            html.Span(id=ids.LABELS_COUNT, className="sc-cells-size", role="status"),
            alternatives(ids.LABELS_SHOW, "Which revisions", SHOWN, "newest"),
            choice(ids.LABELS_AUTHOR, "by", authors, "", "Who saved the label", searchable=True),
            html.Div(
                [
                    html.Label("Filter", htmlFor=ids.LABELS_FILTER, className="sc-label"),
                    dcc.Input(
                        id=ids.LABELS_FILTER,
                        type="search",
                        placeholder="Words in label, note, concept",
                        autoComplete="off",
                        className="sc-search",
                    ),
                ],
                className="sc-choice sc-labels-filter",
            ),
            html.Span(id=f"{ids.LABELS_TABLE}-left", className="sc-count"),
            html.Span(className="sc-spring"),
            html.Span(
                [
                    "Download ",
                    *[
                        html.A(
                            ending.upper(),
                            href=context.addresses.export(entry.key, f"labels.{ending}"),
                            title=f"Every revision of this store's labels ({ending.upper()})",
                            className="sc-download",
                            download="",
                        )
                        for ending in ("csv", "tsv")
                    ],
                ],
                className="sc-exports",
            ),
        ],
        className="sc-bar sc-page-bar",
    )


def _import_form(context: Context) -> html.Section:
    return html.Section(
        [
            html.H2("Import"),
            html.P(
                "A table as it is downloaded here, or any CSV or TSV in UTF-8 with the columns "
                "concept_id, label and, if you like, note. Each label becomes a new revision in "
                "your name; nothing is overwritten. You see what would happen before it does.",
                className="sc-muted",
            ),
            dcc.Upload(
                html.Button("Choose a file", type="button", className="sc-button is-small"),
                id=ids.LABELS_UPLOAD,
                accept=".csv,.tsv,text/csv,text/tab-separated-values",
                max_size=MOST_BYTES,
                className="sc-upload",
            ),
            html.Div(
                id=ids.LABELS_PLAN, className="sc-plan", **attributes({"aria-live": "polite"})
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.Label("Your name", htmlFor=ids.LABELS_UPLOADER),
                            dcc.Input(
                                id=ids.LABELS_UPLOADER,
                                type="text",
                                value=context.default_author,
                                maxLength=MAX_AUTHOR,
                                autoComplete="name",
                            ),
                        ],
                        className="sc-import-name",
                    ),
                    dcc.Checklist(
                        id=f"{ids.LABELS_IMPORT}-conflicts",
                        options=[{"value": "yes", "label": "Also save those in conflict"}],
                        value=[],
                        className="sc-check",
                    ),
                    html.Button(
                        "Import",
                        id=ids.LABELS_IMPORT,
                        type="button",
                        className="sc-button is-small",
                    ),
                ],
                id=f"{ids.LABELS_IMPORT}-form",
                hidden=True,
            ),
            html.P(id=ids.LABELS_REPORT, className="sc-plan", role="status"),
        ],
        className="sc-labels-import",
    )


def _authors(context: Context, entry: OpenedStore) -> list[str]:
    try:
        records = context.annotations.all_revisions(entry.store.manifest.digest)
    except AnnotationError:
        return []  # the page says so where the labels would be
    return sorted({record.author for record in records if record.author})
