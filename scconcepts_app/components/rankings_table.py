"""Columns of the table of gene sets on all rankings side by side."""

from __future__ import annotations

from typing import Any

from scconcepts_app.components.pathway_table import COLUMNS
from scconcepts_app.views.rankings import RankedTable

_SHORT = {
    "attribution": "Attr.",
    "presence": "Pres.",
    "absence": "Abs.",
    "differential": "DE",
    "matched": "Near",
}


def columns_of_rankings(table: RankedTable) -> list[dict[str, Any]]:
    """Return the columns: the set, its NES on each ranking, and who finds it."""
    return [
        {**COLUMNS[0], "minWidth": 92},
        *[
            {
                "colId": f"ranking_{i}",
                "field": f"ranking_{i}",
                "headerName": _SHORT.get(info.ranking, info.ranking),
                "headerTooltip": f"{info.title}: NES, on a ground where q ≤ 0.05 within this "
                "concept. A dash: not among the sets that the store keeps. Sorts by q.",
                "valueGetter": {"function": f"scFindingQ(params.data.ranking_{i})"},
                "cellRenderer": "RankedCell",
                "filter": False,
                "width": 56,
                "cellStyle": {"paddingLeft": "2px", "paddingRight": "4px"},
                "type": "rightAligned",
            }
            for i, info in enumerate(table.rankings)
        ],
        {
            "field": "place",
            "headerName": "Found by",
            "headerTooltip": "q ≤ 0.05 on attribution (or its presence or absence alone), on DE "
            "(against all inactive cells or near ones), on both, or on neither.",
            "width": 78,
        },
    ]


def rows_of_rankings(table: RankedTable) -> list[dict[str, Any]]:
    """Return the rows for the browser."""
    return [
        {
            "row": str(position),
            "name": row.short_name,
            "set": row.name,
            "description": f"{row.name} · {row.library} · {row.description}",
            "quadrant": row.quadrant,
            "place": row.place,
            **{
                f"ranking_{i}": None if statistic is None else {"statistic": statistic, "q": q}
                for i, (statistic, q) in enumerate(zip(row.statistics, row.qs, strict=True))
            },
        }
        for position, row in enumerate(table.rows)
    ]
