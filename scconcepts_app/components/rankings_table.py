"""Columns of the table of gene sets on all rankings side by side."""

from __future__ import annotations

from typing import Any

from scconcepts_app.components.pathway_table import COLUMNS
from scconcepts_app.components.table import marked, marked_column
from scconcepts_app.views.found import LOWERED_MEANS, RAISED_MEANS, say
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
                "headerTooltip": f"{info.title}: NES, bold on a ground where the set is found "
                f"in this concept.{_only_top(info.ranking)} A dash: not among the sets that the "
                "store keeps. Sorts by q.",
                "valueGetter": {"function": f"scFindingQ(params.data.ranking_{i})"},
                "cellRenderer": "RankedCell",
                "filter": False,
                "width": 50,
                "cellStyle": {"paddingLeft": "1px", "paddingRight": "2px"},
                "type": "rightAligned",
            }
            for i, info in enumerate(table.rankings)
        ],
        marked_column(
            "place",
            "Found by",
            "Attribution (or its presence or absence alone), DE (against all inactive cells or "
            "near ones), both in one direction, both in opposite directions (first that of "
            f"attribution), or neither. ↑ {RAISED_MEANS} ↓ {LOWERED_MEANS}",
            92,
        ),
    ]


def _only_top(ranking: str) -> str:
    """Say what NES below 0 is on a ranking of one part of attribution."""
    top = {"presence": "raised", "absence": "lowered"}.get(ranking)
    return f" Above 0: {top}; below 0: no evidence, never found." if top else ""


def rows_of_rankings(table: RankedTable) -> list[dict[str, Any]]:
    """Return the rows for the browser."""
    return [
        {
            "row": str(position),
            "name": row.short_name,
            "set": row.name,
            "description": f"{row.name} · {row.library} · {row.description}",
            "quadrant": row.quadrant,
            **marked("place", row.place, *row.told),
            **{
                f"ranking_{i}": None
                if statistic is None
                else {"statistic": statistic, "q": q, "found": say([direction])}
                for i, (statistic, q, direction) in enumerate(
                    zip(row.statistics, row.qs, row.directions, strict=True)
                )
            },
        }
        for position, row in enumerate(table.rows)
    ]
