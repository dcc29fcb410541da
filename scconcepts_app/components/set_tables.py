"""Two tables of gene sets: all sets under one test, and one set over concepts under all tests."""

from __future__ import annotations

from typing import Any

import dash_ag_grid

from scconcepts_app.components import ids
from scconcepts_app.components.table import (
    CONCEPT,
    ONE_ROW,
    data_table,
    marked_column,
    number_column,
)
from scconcepts_app.views.found import LOWERED_MEANS, RAISED_MEANS


def columns_of_sets(statistic: str) -> list[dict[str, Any]]:
    """Return the columns of all sets; `statistic` names what the test reports."""
    return [
        {
            "field": "name",
            "headerName": "Gene set",
            "headerTooltip": "Name without collection and accession; point at it for the whole.",
            "tooltipField": "full",
            "flex": 3,
            "minWidth": 120,
        },
        number_column(
            "raised",
            "Raised",
            f"Concepts in which the set is raised. {RAISED_MEANS}",
            "scCount(params.value)",
            62,
        ),
        number_column(
            "lowered",
            "Lowered",
            f"Concepts in which the set is lowered. {LOWERED_MEANS}",
            "scCount(params.value)",
            72,
        ),
        {
            **marked_column(
                "best",
                "Best concept",
                "The concept of smallest q among those in which the set is raised (↑), where there "
                "is none among those in which it is lowered (↓); of equal q, that of the statistic "
                "farthest from 0.",
                102,
            ),
            "flex": 2,
            "minWidth": 102,
        },
        number_column(
            "q",
            "Best q",
            "False discovery rate in the best concept, within that concept.",
            "scP(params.value)",
            60,
        ),
        number_column(
            "statistic",
            statistic[:1].upper() + statistic[1:],
            f"The test's statistic in the best concept: {statistic}.",
            "scFixed(params.value, 2)",
            62,
        ),
        number_column(
            "size", "Genes", "Genes of the set that the model reads.", "scCount(params.value)", 54
        ),
        {
            "field": "library",
            "headerName": "Library",
            "headerTooltip": "Where the set comes from.",
            "tooltipField": "library",
            "width": 72,
        },
        {"field": "full", "hide": True},
    ]


def sets_table() -> dash_ag_grid.AgGrid:
    """Return the empty table of all sets; a row is chosen to show the set."""
    return data_table(
        ids.SETS,
        columns_of_sets("statistic"),
        [],
        "row",
        options={
            "rowSelection": ONE_ROW,
            "includeHiddenColumnsInQuickFilter": True,
            "cacheQuickFilter": True,
            "localeText": {"noRowsToShow": "No gene set to show."},
        },
        class_name="sc-sets-grid sc-linked-grid",
    )


_LONG_WORDS = ("Over-repre-sen-tation", "attri-bution", "neigh-bours")


def _break_well(title: str) -> str:
    """Return a title whose long words break at a syllable where a column is narrow."""
    for word in _LONG_WORDS:
        title = title.replace(word.replace("-", ""), word.replace("-", "\u00ad"))
    return title


def columns_of_tests(tests: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the columns of one set over concepts, one a test, given as (title, statistic)."""
    return [
        {**CONCEPT, "flex": 2, "minWidth": 96},
        *[
            {
                "colId": f"test_{i}",
                "field": f"test_{i}",
                "headerName": _break_well(title),
                "headerTooltip": f"{title}: {statistic} above, q below (within the concept); on a "
                "ground where the set is found. A dash: it was not tested there. Sorts by q. "
                f"↑ {RAISED_MEANS} ↓ {LOWERED_MEANS}",
                "valueGetter": {"function": f"scFindingQ(params.data.test_{i})"},
                "cellRenderer": "FindingCell",
                "filter": False,
                "flex": 1,
                "minWidth": 66,
                "wrapHeaderText": True,
                "type": "rightAligned",
            }
            for i, (title, statistic) in enumerate(tests)
        ],
    ]


def set_concepts_table(tests: list[tuple[str, str]]) -> dash_ag_grid.AgGrid:
    """Return the empty table of one set over concepts; a row is chosen to open its concept."""
    return data_table(
        ids.SET_CONCEPTS,
        columns_of_tests(tests),
        [],
        "id",
        options={
            "rowHeight": 42,
            "headerHeight": 104,
            "rowSelection": ONE_ROW,
            "localeText": {"noRowsToShow": "No concept to show."},
        },
        class_name="sc-linked-grid sc-findings-grid",
    )
