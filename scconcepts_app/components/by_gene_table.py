"""The table of all concepts by one gene, and by several."""

from __future__ import annotations

from typing import Any

import dash_ag_grid

from scconcepts_app.components import ids
from scconcepts_app.components.table import CONCEPT, ONE_ROW, data_table, number_column

_P = "scP(params.value)"
_COUNT = "scCount(params.value)"
_EFFECT_MEANING = (
    "Fall of the concept's pre-activation when the gene takes its counterfactual value, mean over "
    "active cells. Positive: the gene raises the concept. A dash: missing, which is not 0."
)
_Q_MEANING = (
    "False discovery rate of the effect against a permutation null. 0: no permuted effect was as "
    "large."
)

COLUMNS: list[dict[str, Any]] = [
    CONCEPT,
    number_column("effect", "Effect", _EFFECT_MEANING, "", 62, cellRenderer="HeatCell"),
    {
        "field": "side",
        "headerName": "By",
        "headerTooltip": "Presence: these cells express the gene more than their counterfactuals; "
        "absence: less; opposing: the effect lowers the concept.",
        "cellRenderer": "SideCell",
        "width": 86,
    },
    number_column(
        "rank",
        "Rank",
        "Place of the gene among all genes of the concept, by absolute effect.",
        _COUNT,
        50,
    ),
    number_column(
        "share",
        "Share",
        "Absolute effect as a share of that of all genes of the concept.",
        "scShare(params.value)",
        60,
    ),
    number_column("effect_q", "q", _Q_MEANING, "scPermuted(params.value)", 62),
    number_column(
        "exact",
        "Exact",
        "The effect measured by replacing this gene alone; for the first genes of a concept only. "
        "In units of pre-activation.",
        "scFixed(params.value, 3)",
        62,
    ),
    number_column(
        "z",
        "DE z",
        "z of the Wilcoxon rank sum test of the chosen comparison.",
        "scFixed(params.value, 1)",
        54,
    ),
    number_column(
        "fold",
        "log₂ FC",
        "log2 of the ratio of mean expression, active against compared cells.",
        "scFixed(params.value, 2)",
        62,
    ),
    number_column(
        "q",
        "DE q",
        "False discovery rate of the test, within the concept (Benjamini and Hochberg 1995).",
        _P,
        70,
    ),
    {
        "field": "grade",
        "headerName": "Grade",
        "headerTooltip": "Faithfulness: how far the concept's attribution with the chosen "
        "counterfactual can be believed, A to D.",
        "cellRenderer": "GradeBadge",
        "width": 56,
    },
    number_column("n_active", "Cells", "Cells in which the concept is active.", _COUNT, 56),
]


def columns_of_genes(symbols: list[str]) -> list[dict[str, Any]]:
    """Return the columns for several genes: one of effects each."""
    effects = [
        number_column(
            f"gene_{i}",
            symbol,
            f"Effect of {symbol}. {_EFFECT_MEANING} Bold: q ≤ 0.05.",
            "",
            84,
            cellRenderer="HeatCell",
            cellClassRules={"sc-is-found": f"params.data.gene_{i}_found"},
        )
        for i, symbol in enumerate(symbols)
    ]
    return [CONCEPT, *effects, *COLUMNS[-2:]]


def by_gene_table(symbols: list[str]) -> dash_ag_grid.AgGrid:
    """Return the empty table, for one gene or several; a row is chosen to open its concept."""
    return data_table(
        ids.GENE_TABLE,
        columns_of_genes(symbols) if len(symbols) > 1 else COLUMNS,
        [],
        "id",
        options={
            "rowSelection": ONE_ROW,
            "localeText": {"noRowsToShow": "No concept to show."},
        },
        class_name="sc-linked-grid",
    )
