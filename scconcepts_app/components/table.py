"""Tables over dash-ag-grid. Colours come from CSS variables, so the theme reaches them."""

from __future__ import annotations

from typing import Any

import dash_ag_grid

_DEFAULT_COLUMN = {
    "sortable": True,
    "resizable": True,
    "filter": True,
    "suppressMovable": True,
    "suppressHeaderMenuButton": True,
}


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
            **(options or {}),
        },
    )
