"""Tables over dash-ag-grid. Colours come from CSS variables, so the theme reaches them."""

from __future__ import annotations

from typing import Any

import dash_ag_grid
from dash import html

_DEFAULT_COLUMN = {
    "sortable": True,
    "resizable": True,
    "filter": True,
    "suppressMovable": True,
    "suppressHeaderMenuButton": True,
    # Columns that share the room begin as narrow as they may be. At AG Grid's 200 px a table was
    # wider than its place, and scrolled sideways, until a busy browser had shared out the room.
    "width": 1,
}

# Of a table in which a row can be chosen.
ONE_ROW = {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True}
_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned"}
CONCEPT: dict[str, Any] = {
    "field": "label",
    "headerName": "Concept",
    "headerTooltip": "Id and label (an expert's, marked ✓, or the proposed one).",
    "cellRenderer": "ConceptLink",
    "tooltipField": "label",
    "flex": 1,
    "minWidth": 160,
}


def number_column(
    field: str, name: str, meaning: str, words: str, width: int, **more: Any
) -> dict[str, Any]:
    """Return a column of numbers; `words` is the expression that writes one."""
    return {
        "field": field,
        "headerName": name,
        "headerTooltip": meaning,
        **({"valueFormatter": {"function": words}} if words else {}),
        "width": width,
        **_NUMBER,
        **more,
    }


def marked_column(field: str, name: str, meaning: str, width: int) -> dict[str, Any]:
    """Return a column of words with arrows before them; its rows come from `marked`."""
    return {
        "field": field,
        "headerName": name,
        "headerTooltip": meaning,
        "cellRenderer": "MarkedCell",
        "width": width,
    }


def marked(field: str, value: str, arrows: str, told: str) -> dict[str, str]:
    """Return the fields of a marked cell; `told` says arrows and value in words."""
    return {field: value, f"{field}_arrows": arrows, f"{field}_told": told}


def data_table(
    table_id: str,
    columns: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    row_id: str,
    options: dict[str, Any] | None = None,
    selected: str | None = None,
    class_name: str = "",
) -> dash_ag_grid.AgGrid:
    """Return a table that sorts and filters.

    Parameters
    ----------
    columns : column definitions of AG Grid.
    row_id : field that names a row.
    options : further grid options.
    selected : row that is selected at first; rows can be selected when `options` says so.
    """
    return dash_ag_grid.AgGrid(
        id=table_id,
        columnDefs=columns,
        rowData=rows,
        getRowId=f"params.data.{row_id}",
        defaultColDef=_DEFAULT_COLUMN,
        selectedRows={"ids": [selected]} if selected else [],
        className=f"sc-grid {class_name}".strip(),
        style={"height": "100%", "width": "100%"},
        dashGridOptions={
            "theme": "themeQuartz",
            "headerHeight": 30,
            "rowHeight": 30,
            "animateRows": False,
            "suppressColumnVirtualisation": True,
            "tooltipShowDelay": 400,
            "suppressScrollOnNewData": True,
            # Columns stand in their places at once, and keep them when the rows come.
            "suppressColumnMoveAnimation": True,
            "alwaysShowVerticalScroll": True,
            **(options or {}),
        },
    )


def table_place(table: dash_ag_grid.AgGrid) -> html.Div:
    """Return the place of a table, hidden: a grid without a row breaks WCAG, and tells nothing."""
    return html.Div(table, id=place_of(table.id), className="sc-fill", hidden=True)


def place_of(table_id: str) -> str:
    """Return the id of the place of a table."""
    return f"{table_id}-place"
