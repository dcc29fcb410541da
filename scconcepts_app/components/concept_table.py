"""The table of all concepts: how its columns look, sort and are explained."""

from __future__ import annotations

from typing import Any

import dash_ag_grid

from scconcepts_app.components import ids
from scconcepts_app.components.table import ONE_ROW, data_table

_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned"}

GRADE: dict[str, Any] = {
    "colId": "grade",
    "headerName": "Faith.",
    "headerTooltip": "Faithfulness: how far the attribution with the chosen counterfactual can be "
    "believed, A to D. Sorts A first.",
    "valueGetter": {"function": "scGrade(params)"},
    "comparator": {"function": "scGradeOrder"},
    "cellRenderer": "GradeCell",
    "filter": False,  # its button would cover most of the narrow header, which sorts
    "width": 58,
}

COLUMNS: list[dict[str, Any]] = [
    {
        "field": "label",
        "headerName": "Concept",
        "headerTooltip": "Label (an expert's, marked, or the proposed one) and the genes that "
        "raise the concept most.",
        "cellRenderer": "ConceptCell",
        "tooltipField": "label",
        "flex": 1,
        "minWidth": 118,
    },
    {
        "field": "share",
        "headerName": "Cells",
        "headerTooltip": "Share of all cells in which the concept is active.",
        "cellRenderer": "ShareCell",
        "width": 62,
        **_NUMBER,
    },
    {
        "field": "f1",
        "headerName": "Cell type",
        "headerTooltip": "Cell type of highest F1 with the activation, and that F1. Sorts by F1.",
        "cellRenderer": "CategoryCell",
        "tooltipField": "category",
        "width": 86,
        "filter": "agNumberColumnFilter",
    },
    {
        "field": "stability",
        "headerName": "Stab.",
        "headerTooltip": "Stability: recurrence over seeds of the dictionary, 0 to 1. Point at one "
        "for its 90 % interval.",
        "cellRenderer": "StabilityCell",
        "tooltipValueGetter": {"function": "scInterval(params.data)"},
        "width": 54,
        **_NUMBER,
    },
    GRADE,
    {
        "field": "flag_names",
        "headerName": "⚠",
        "headerTooltip": "Flags: warnings about the concept; point at one for its name.",
        "cellRenderer": "FlagCell",
        "tooltipField": "flag_names",
        "width": 38,
    },
    {"field": "search", "hide": True},
]


def concept_table(
    rows: list[dict[str, Any]], selected: str | None, with_grades: bool
) -> dash_ag_grid.AgGrid:
    """Return the table of concepts with `selected` marked.

    Parameters
    ----------
    with_grades : whether the store has faithfulness cards; without, there is no such column.
    """
    return data_table(
        ids.CONCEPTS,
        [column for column in COLUMNS if with_grades or column is not GRADE],
        rows,
        "id",
        options={
            "rowHeight": 46,
            # assets/state.js marks a clicked row, once the map shows its concept.
            "rowSelection": {**ONE_ROW, "enableClickSelection": False},
            "includeHiddenColumnsInQuickFilter": True,
            "cacheQuickFilter": True,
            "localeText": {"noRowsToShow": "No concept matches."},
        },
        selected=selected,
        class_name="sc-concepts-grid",
    )
