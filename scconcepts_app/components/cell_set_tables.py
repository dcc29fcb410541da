"""Tables about a set of cells: its concepts, its make-up, its genes, a list in the concepts."""

from __future__ import annotations

from typing import Any

import dash_ag_grid

from scconcepts_app.components import ids
from scconcepts_app.components.table import CONCEPT, ONE_ROW, data_table, number_column

_COUNT, _SHARE, _P = "scCount(params.value)", "scShare(params.value)", "scP(params.value)"
_FIXED, _NUMBER = "scFixed(params.value, 2)", "scNumber(params.value)"
_CHOOSES = {"rowSelection": ONE_ROW}

CONCEPT_COLUMNS: list[dict[str, Any]] = [
    {**CONCEPT, "minWidth": 136},
    number_column("share_inside", "In set", "Share of the set in which it is active.", _SHARE, 54),
    number_column("share_outside", "Others", "Share of the other cells.", _SHARE, 58),
    number_column(
        "fold",
        "log₂ fold",
        "log2 of the ratio of the two shares, half a cell added to active and to inactive ones. "
        "Positive: more often active in the set; negative: less often.",
        _FIXED,
        70,
    ),
    {
        "field": "donor_words",
        "headerName": "Donors",
        "headerTooltip": "Donors in which the difference has this direction, of those with at "
        "least 5 cells in the set and 5 outside. The column to trust: cells of one donor are not "
        "independent.",
        "comparator": {"function": "scDonorOrder"},
        "type": "rightAligned",
        "width": 62,
    },
    number_column(
        "q",
        "q",
        "p by Benjamini and Hochberg (1995) over all concepts. It counts cells, which are not "
        "replicates.",
        _P,
        68,
    ),
    number_column(
        "p",
        "p",
        "Chance of a difference as large if the set were drawn from all cells at random "
        "(hypergeometric, two-sided). It counts cells, which are not replicates.",
        _P,
        68,
    ),
    number_column(
        "mean_inside",
        "Act. in",
        "Mean activation of the active cells of the set.",
        _FIXED,
        56,
    ),
    number_column(
        "mean_outside", "Act. out", "Mean activation of the other active cells.", _FIXED, 68
    ),
    number_column("n_inside", "Cells", "Active cells in the set.", _COUNT, 50),
]

COMPOSITION_COLUMNS: list[dict[str, Any]] = [
    {"field": "column", "headerName": "Column", "headerTooltip": "Column of obs.", "width": 116},
    {
        "field": "value",
        "headerName": "Value",
        "headerTooltip": "Category; of a number, its median.",
        "tooltipField": "value",
        "flex": 1,
        "minWidth": 120,
    },
    number_column("n", "Cells", "Cells of the set with this value.", _COUNT, 64),
    number_column("share", "Of set", "Share of the cells of the set.", _SHARE, 60),
    number_column("share_all", "Of all", "Share of all cells.", _SHARE, 60),
    number_column("fold", "Fold", "Share of the set / share of all cells.", _FIXED, 54),
    number_column(
        "taken", "Taken", "Share of the cells with this value that are in the set.", _SHARE, 60
    ),
    number_column(
        "median", "Median", "Median of the number in the set.", "scNumber(params.value)", 70
    ),
    number_column("median_all", "of all", "Median of the number in all cells.", _NUMBER, 70),
]

EXPRESSION_COLUMNS: list[dict[str, Any]] = [
    {
        "field": "symbol",
        "headerName": "Gene",
        "headerTooltip": "Symbol; its stable identifier on hover.",
        "tooltipField": "gene_id",
        "flex": 1,
        "minWidth": 100,
    },
    number_column(
        "z",
        "z",
        "Wilcoxon's rank sum, corrected for ties, in standard deviations. Positive: the set "
        "expresses more.",
        "scFixed(params.value, 1)",
        74,
    ),
    number_column(
        "fold",
        "log₂ FC",
        "log2 of the ratio of mean counts per 10,000, set against the others, 1e-9 added to both.",
        _FIXED,
        82,
    ),
    number_column("share_first", "In set", "Share of the set that expresses it.", _SHARE, 76),
    number_column("share_second", "Others", "Share of the others that express it.", _SHARE, 76),
    number_column("p", "p", "Two-sided, normal approximation. It counts cells.", _P, 84),
    number_column("q", "q", "p by Benjamini and Hochberg (1995) over all genes.", _P, 84),
]

LIST_COLUMNS: list[dict[str, Any]] = [
    CONCEPT,
    number_column("n_found", "Found", "Genes of the list among the top genes.", _COUNT, 58),
    number_column(
        "n_top", "Top", "Top genes of the concept; fewer where fewer raise it.", _COUNT, 48
    ),
    number_column("expected", "By chance", "Genes expected by chance.", _FIXED, 86),
    number_column("fold", "Fold", "Found / expected.", _FIXED, 54),
    number_column("p", "p", "Chance of as many or more (hypergeometric, one-sided).", _P, 68),
    number_column("q", "q", "p by Benjamini and Hochberg (1995) over all concepts.", _P, 68),
    {
        "field": "found",
        "headerName": "Genes",
        "headerTooltip": "Genes of the list that were found, the strongest first.",
        "tooltipField": "found",
        "flex": 1,
        "minWidth": 140,
    },
]


def set_concept_table() -> dash_ag_grid.AgGrid:
    """Return the empty table of the concepts of a set; a row is chosen to open its concept."""
    return _table(ids.CELLS_CONCEPTS, CONCEPT_COLUMNS, "id", "No concept to compare.", _CHOOSES)


def composition_table() -> dash_ag_grid.AgGrid:
    """Return the empty table of what a set is made of."""
    return _table(ids.CELLS_COMPOSITION, COMPOSITION_COLUMNS, "key", "No column to show.")


def expression_table() -> dash_ag_grid.AgGrid:
    """Return the empty table of genes."""
    return _table(ids.DE_TABLE, EXPRESSION_COLUMNS, "gene_id", "Not run yet.")


def list_table() -> dash_ag_grid.AgGrid:
    """Return the empty table of a gene list in the concepts."""
    return _table(ids.LIST_TABLE, LIST_COLUMNS, "id", "No list tested yet.", _CHOOSES)


def _table(
    table_id: str,
    columns: list[dict[str, Any]],
    row_id: str,
    nothing: str,
    options: dict[str, Any] | None = None,
) -> dash_ag_grid.AgGrid:
    return data_table(
        table_id,
        columns,
        [],
        row_id,
        options={"localeText": {"noRowsToShow": nothing}, **(options or {})},
        class_name="sc-linked-grid" if options else "",
    )
