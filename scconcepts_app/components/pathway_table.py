"""The table of gene sets of one concept."""

from __future__ import annotations

from typing import Any

import dash_ag_grid

from scconcepts_app.components import ids
from scconcepts_app.components.table import data_table, marked_column
from scconcepts_app.views.found import LOWERED_MEANS, RAISED_MEANS

_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned"}
_P, _Z = "scP(params.value)", "scFixed(params.value, 1)"

COLUMNS: list[dict[str, Any]] = [
    {
        "field": "name",
        "headerName": "Gene set",
        "headerTooltip": "Point at a name for the whole. └: shares half of its genes or more with "
        "the stronger set above it. ↗ leads to its page in a public database.",
        "tooltipField": "description",
        "cellRenderer": "SetCell",
        "flex": 2,
        "minWidth": 120,
    },
    {
        "field": "statistic",
        "headerName": "Statistic",
        "headerTooltip": "NES of a GSEA, or the enrichment of an overrepresentation test.",
        "valueFormatter": {"function": "scFixed(params.value, 2)"},
        "width": 72,
        **_NUMBER,
    },
    {
        "field": "q",
        "headerName": "q",
        "headerTooltip": "False discovery rate within this concept (Benjamini and Hochberg 1995).",
        "valueFormatter": {"function": "scP(params.value)"},
        "width": 62,
        **_NUMBER,
    },
    {
        "field": "size",
        "headerName": "Genes",
        "headerTooltip": "Leading genes of all genes of the set that the model sees.",
        "valueFormatter": {"function": "params.data.n_leading + ' / ' + params.value"},
        "width": 64,
        **_NUMBER,
    },
    {
        "field": "leading_text",
        "headerName": "Leading genes",
        "tooltipField": "leading_text",
        "flex": 2,
        "minWidth": 104,
    },
]


_NAME = COLUMNS[0]


def _number(field: str, name: str, meaning: str, words: str, width: int) -> dict[str, Any]:
    return {
        "field": field,
        "headerName": name,
        "headerTooltip": meaning,
        "valueFormatter": {"function": words},
        "width": width,
        **_NUMBER,
    }


SWAP_COLUMNS: list[dict[str, Any]] = [
    {**_NAME, "minWidth": 104},
    _number(
        "effect",
        "Effect",
        "What the pre-activation loses when all genes of the set take their counterfactual values.",
        "scFixed(params.value, 3)",
        56,
    ),
    _number(
        "share",
        "Share",
        "Effect as a share of the full drop (all genes replaced).",
        "scShare(params.value)",
        60,
    ),
    _number("z", "z", "Against random sets of the same size and expression.", _Z, 42),
    {
        **_number(
            "q",
            "q",
            f"{COLUMNS[2]['headerTooltip']} Point at one for its p: two-sided, by Monte Carlo "
            "against the random sets.",
            _P,
            60,
        ),
        "tooltipValueGetter": {"function": "'p ' + scP(params.data.p)"},
    },
    marked_column(
        "place",
        "Quadrant",
        "Used: the set moves the model's concept more than random sets do. DE: it is differential. "
        "Opposite: both, in opposite directions (first that of the swap). The dot before the name "
        f"says the same. ↑ {RAISED_MEANS} ↓ {LOWERED_MEANS}",
        112,
    ),
]


def columns_of(is_swap: bool) -> list[dict[str, Any]]:
    """Return the columns of a set swap, or of a test of enrichment."""
    return SWAP_COLUMNS if is_swap else COLUMNS


def pathway_table() -> dash_ag_grid.AgGrid:
    """Return the empty table of gene sets."""
    return data_table(
        ids.PATHWAY_TABLE,
        COLUMNS,
        [],
        "row",
        options={"localeText": {"noRowsToShow": "No gene set to show."}},
        class_name="sc-sets-grid",
    )
