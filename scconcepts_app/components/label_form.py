"""The form by which an expert names a concept, and what was said before."""

from __future__ import annotations

from dash import dcc, html

from scconcepts_app.annotations import Annotation
from scconcepts_app.annotations.text import MAX_AUTHOR, MAX_LABEL, MAX_NOTE
from scconcepts_app.components import ids


def label_form(default_author: str) -> html.Section:
    """Return the empty form; the author is remembered by the browser."""
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Expert label"),
                    html.Span(id=ids.DRAFT, className="sc-draft", role="status"),
                    html.Span(id=ids.LABEL_LATEST, className="sc-latest"),
                ],
                className="sc-bar",
            ),
            dcc.Store(id=ids.LABEL_STATE),
            _field(
                "Label",
                dcc.Input(id=ids.LABEL, type="text", maxLength=MAX_LABEL, autoComplete="off"),
                ids.LABEL,
            ),
            _field("Note", dcc.Textarea(id=ids.NOTE, rows=2, maxLength=MAX_NOTE), ids.NOTE),
            html.Div(
                [
                    _field(
                        "Author",
                        dcc.Input(
                            id=ids.AUTHOR,
                            type="text",
                            value=default_author,
                            maxLength=MAX_AUTHOR,
                            autoComplete="name",
                            persistence=True,
                            persistence_type="local",
                        ),
                        ids.AUTHOR,
                    ),
                    html.Button("Save", id=ids.SAVE, type="button", className="sc-button"),
                ],
                className="sc-save-row",
            ),
            html.P(id=ids.LABEL_STATUS, className="sc-status", role="status"),
            html.Div(id=ids.LABEL_HISTORY),
        ],
        className="sc-label-form",
    )


def history(records: list[Annotation]) -> html.Details | None:
    """Return every saved revision, newest first, folded; nothing when there is none."""
    if not records:
        return None
    return html.Details(
        [
            html.Summary(f"History ({len(records)})"),
            revisions(records),
        ]
    )


def revisions(records: list[Annotation]) -> html.Ol:
    """Return saved revisions as a list, in the order given."""
    return html.Ol([_revision(record) for record in records], className="sc-history")


def _revision(record: Annotation) -> html.Li:
    lines: list = [
        html.Div([html.B(record.label or "(label taken back)"), " "]),
        html.Div(record.who_and_when, className="sc-muted"),
    ]
    if record.note:
        lines.append(html.Div(record.note, className="sc-history-note"))
    return html.Li(lines)


def _field(words: str, control: dcc.Input | dcc.Textarea, control_id: str) -> html.Div:
    return html.Div([html.Label(words, htmlFor=control_id), control], className="sc-field")
