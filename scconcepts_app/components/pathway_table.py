"""The table of gene sets of one concept."""

from __future__ import annotations

from typing import Any

import dash_ag_grid

from scconcepts_app.components import ids
from scconcepts_app.components.table import data_table

_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned"}

COLUMNS: list[dict[str, Any]] = [
    {
        "field": "name",
        "headerName": "Gene set",
        "tooltipField": "description",
        "flex": 2,
        "minWidth": 170,
    },
    {
        "field": "statistic",
        "headerName": "Statistic",
        "headerTooltip": "NES of a GSEA, or the enrichment of an overrepresentation test.",
        "valueFormatter": {"function": "scFixed(params.value, 2)"},
        "width": 78,
        **_NUMBER,
    },
    {
        "field": "q",
        "headerName": "q",
        "headerTooltip": "False discovery rate within this concept (Benjamini and Hochberg 1995).",
        "valueFormatter": {"function": "scP(params.value)"},
        "width": 76,
        **_NUMBER,
    },
    {
        "field": "size",
        "headerName": "Genes",
        "headerTooltip": "Leading genes of all genes of the set that the model sees.",
        "valueFormatter": {"function": "params.data.n_leading + ' / ' + params.value"},
        "width": 74,
        **_NUMBER,
    },
    {
        "field": "leading_text",
        "headerName": "Leading genes",
        "tooltipField": "leading_text",
        "flex": 2,
        "minWidth": 130,
    },
]


def pathway_table() -> dash_ag_grid.AgGrid:
    """Return the empty table of gene sets."""
    return data_table(
        ids.PATHWAY_TABLE,
        COLUMNS,
        [],
        "row",
        options={"localeText": {"noRowsToShow": "No gene set to show."}},
    )
