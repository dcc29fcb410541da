"""The head of one side of a comparison."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from scconcepts_app.components.controls import chip
from scconcepts_app.components.measures import grade_badge
from scconcepts_app.labels import read_row
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context
from scconcepts_app.views.curves import find_faithfulness
from scconcepts_app.views.flags import list_flags
from scconcepts_app.views.numbers import format_count, format_number, format_share
from scconcepts_app.views.pair import Side


def head(context: Context, entry: OpenedStore, side: Side, name: str) -> list[Any]:
    """Return id, label, numbers and warnings of a concept, its name a link to its workspace."""
    row = read_row(context.annotations, entry, side.concept)
    info = find_faithfulness(entry.store, side.attribution)
    badge = grade_badge(row.grades.get(side.attribution or ""), info.rule) if info else None
    several = len(context.library) > 1
    return [
        html.Div(
            [
                html.Span(name, className=f"sc-pair-mark is-{name.lower()}"),
                dcc.Link(
                    [html.B(row.id), f" {row.label}"],
                    href=context.addresses.concept(entry.key, row.id),
                    className="sc-pair-name",
                    title="Open in the workspace",
                ),
                *([html.Span("faithfulness", className="sc-label"), badge] if badge else []),
            ],
            className="sc-pair-line",
        ),
        html.Div(
            [
                html.Span(entry.store.manifest.title) if several else None,
                html.Span(
                    f"{format_count(row.n_active)} cells ({format_share(row.share)})",
                    title="Cells in which it is active, and their share of all cells",
                ),
                html.Span(
                    f"stability {format_number(row.stability)}",
                    title="Recurrence over seeds of the dictionary, 0 to 1",
                ),
                *[
                    chip(flag.name, flag.meaning, "is-warning")
                    for flag in list_flags(entry.store, side.concept)
                ],
            ],
            className="sc-pair-line sc-muted",
        ),
    ]
