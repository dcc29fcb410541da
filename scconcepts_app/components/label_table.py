"""The table of experts' labels, one row a saved revision, and what an import would do."""

from __future__ import annotations

from typing import Any

import dash_ag_grid
from dash import html

from scconcepts_app.annotations import Annotation
from scconcepts_app.annotations.importing import LeftOut, Plan
from scconcepts_app.components import ids
from scconcepts_app.components.table import ONE_ROW, data_table

_N_LISTED = 20

COLUMNS: list[dict[str, Any]] = [
    {
        "field": "label",
        "headerName": "Label",
        "headerTooltip": "Text that an expert saved; a label taken back leaves the proposed one.",
        "cellRenderer": "SavedLabel",
        "tooltipField": "label",
        "flex": 2,
        "minWidth": 180,
    },
    {
        "field": "concept",
        "headerName": "Concept",
        "headerTooltip": "Opens the concept. Beside it, the label that was proposed for it.",
        "cellRenderer": "LabelledConcept",
        "tooltipField": "proposed",
        "flex": 2,
        "minWidth": 170,
    },
    {
        "field": "note",
        "headerName": "Note",
        "headerTooltip": "Reasons, as the expert wrote them.",
        "tooltipField": "note",
        "flex": 2,
        "minWidth": 120,
    },
    {
        "field": "author",
        "headerName": "Author",
        "headerTooltip": "Who saved it.",
        "tooltipField": "author",
        "width": 130,
    },
    {
        "field": "when",
        "headerName": "Saved (UTC)",
        "headerTooltip": "When it was saved, in universal time.",
        "width": 138,
    },
    {
        "field": "revision",
        "headerName": "Rev.",
        "headerTooltip": "Number of the save on this concept, 1 for the first.",
        "type": "rightAligned",
        "filter": "agNumberColumnFilter",
        "width": 60,
    },
]


def label_table() -> dash_ag_grid.AgGrid:
    """Return the empty table; a row is chosen to see the history of its concept."""
    return data_table(
        ids.LABELS_TABLE,
        COLUMNS,
        [],
        "key",
        options={
            "rowSelection": ONE_ROW,
            "localeText": {"noRowsToShow": "No label was saved yet, or none matches."},
        },
        class_name="sc-linked-grid",
    )


def label_row(record: Annotation, proposed: str, is_newest: bool) -> dict[str, Any]:
    """Return the row of a revision."""
    return {
        "key": f"{record.concept_id} {record.revision}",
        "concept": record.concept_id,
        "proposed": proposed,
        "label": record.label,
        "note": record.note,
        "author": record.author,
        "when": f"{record.created_at:%Y-%m-%d %H:%M}",
        "revision": record.revision,
        "is_newest": is_newest,
    }


def plan_report(plan: Plan) -> list[Any]:
    """Return in words what an import would do, row by row where that matters."""
    if plan.faults:
        return [
            html.P(
                f"Nothing can be imported: {len(plan.faults)} "
                f"{'fault' if len(plan.faults) == 1 else 'faults'} in the file.",
                className="is-failed",
            ),
            _listed(plan.faults),
        ]
    parts: list[Any] = [
        html.P(
            f"{len(plan.taken)} to save, {len(plan.skipped)} skipped, "
            f"{len(plan.conflicting)} in conflict."
        )
    ]
    if plan.taken:
        parts.append(_folded("To save", [f"{n.concept_id}: {n.label}" for n in plan.taken], True))
    if plan.conflicting:
        parts.append(_folded("In conflict", [_say(row) for row in plan.conflicting], True))
    if plan.skipped:
        parts.append(_folded("Skipped", [_say(row) for row in plan.skipped], False))
    return parts


def _say(row: LeftOut) -> str:
    return f"Line {row.line}, {row.concept_id}: {row.reason}"


def _folded(title: str, lines: list[str], is_open: bool) -> html.Details:
    summary = html.Summary(f"{title} ({len(lines)})")
    return html.Details([summary, _listed(lines)], open=is_open)


def _listed(lines: list[str]) -> html.Ul:
    more = [f"and {len(lines) - _N_LISTED} more"] if len(lines) > _N_LISTED else []
    items = [html.Li(line) for line in [*lines[:_N_LISTED], *more]]
    return html.Ul(items, className="sc-listed")
