"""Rows of the table of gene sets: what is sent to the browser, and what is said of all."""

from __future__ import annotations

from typing import Any

from scconcepts_app.components.links import as_plain
from scconcepts_app.components.table import marked
from scconcepts_app.views.found import SIGNIFICANT
from scconcepts_app.views.links import link_gene_set
from scconcepts_app.views.pathways import PathwayRow, PathwayTable
from scconcepts_app.views.redundancy import Redundancy
from scconcepts_app.views.set_swap import ABSENT, NOT_PLACED, SHORT_NAMES, SwapRow, SwapTable


def list_rows(
    table: PathwayTable | SwapTable, redundancy: Redundancy, distinct: bool
) -> list[dict[str, Any]]:
    """Return the rows, those within another behind it, or left out where only distinct ones are."""
    rows = []
    for position in redundancy.order(distinct):
        row = table.rows[position]
        parent, overlap = redundancy.parent[position], redundancy.overlap[position]
        within = None if parent is None else table.rows[parent].short_name
        link = link_gene_set(row.name, row.description)
        told = f"{row.name} · {row.library} · {row.description}"
        rows.append(
            {
                "row": str(position),
                "set": row.name,
                "description": told if within is None else f"{told} · {_tell(within, overlap)}",
                "within": within,
                "link": as_plain(link) if link else None,
                "q": row.q,
                "size": row.size,
                **(_of_swap(row) if isinstance(row, SwapRow) else _of_test(row)),
            }
        )
    return rows


def write_caption(
    concept_id: str,
    table: PathwayTable | SwapTable,
    redundancy: Redundancy,
    distinct: bool,
    is_plot: bool,
) -> str:
    """Return what is said below the plot or the table."""
    how = "used" if isinstance(table, SwapTable) else "found"
    n_found = table.n_raised + table.n_lowered
    counted = f"{concept_id}: of {len(table.rows)} listed gene sets {n_found} are {how}: "
    counted += f"{table.n_raised} raised, {table.n_lowered} lowered (q < {SIGNIFICANT})"
    counted += f"{_tell_within(redundancy.n_within, distinct)}."
    if isinstance(table, PathwayTable):
        return f"{counted} Dot area: leading genes." if is_plot else counted
    ticks = " Ticks: random sets of the same size and expression." if is_plot else ""
    absent = f" {ABSENT}: less expressed than in the counterfactual (absence)."
    return f"{counted}{ticks} Used: against random sets; DE: GSEA of DE." + (
        absent if any(row.is_absent for row in table.rows) else ""
    )


def _tell_within(n_within: int, distinct: bool) -> str:
    if not n_within:
        return ""
    what = "left out" if distinct else "└"
    return f"; {n_within} share half of their genes or more with a stronger one ({what})"


def _tell(within: str, overlap: float | None) -> str:
    return f"within {within}: {overlap or 0:.0%} of the smaller set's genes are shared"


def _of_test(row: PathwayRow) -> dict[str, Any]:
    return {
        "name": row.short_name,
        "statistic": row.statistic,
        "n_leading": row.n_leading,
        "leading_text": " ".join(row.leading),
    }


def _of_swap(row: SwapRow) -> dict[str, Any]:
    return {
        "name": row.marked_name,
        "effect": row.effect,
        "share": row.share,
        "z": row.z,
        "p": row.p,
        "quadrant": row.quadrant or "none",
        **marked("place", SHORT_NAMES.get(row.quadrant or "", NOT_PLACED), *row.told),
    }
