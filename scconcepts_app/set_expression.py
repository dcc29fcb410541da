"""Differential expression of one set of cells against another, as a job that tells its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scconcepts_app.jobs import Jobs
from scconcepts_app.slots import BusyError
from scconcepts_app.store import ConceptStore
from scconcepts_app.views.cell_selection import Selection, find_cells, read_sides
from scconcepts_app.views.numbers import format_count
from scconcepts_app.views.rank_sum import compare_genes, finish, list_genes, side_of_cells

_STEPS = 50


def answer_comparison(
    jobs: Jobs, folder: str, choices: Mapping[str, str], tell: Callable[[Any], None]
) -> tuple[str, str]:
    """Compare the two sets of an address in all genes, and keep the table.

    Parameters
    ----------
    folder : of the store, which is opened anew: the process of a job shares nothing that is open.
    tell : is given the percentage that is done, as text in a tuple.

    Returns
    -------
    The name under which the table is kept, and what was wrong, empty for nothing.
    """
    store = ConceptStore.open(folder)
    fault, first, second = read_sides(store, choices)
    name = jobs.name_comparison(store.manifest.digest, first, second)
    if fault or jobs.find(name) is not None:
        return name, fault
    try:
        with jobs.slots.take():
            return name, _compare(store, jobs, name, (first, second), tell)
    except BusyError as error:
        return name, str(error)


def _compare(
    store: ConceptStore,
    jobs: Jobs,
    name: str,
    sides: tuple[Selection, Selection],
    tell: Callable[[Any], None],
) -> str:
    first, second = sides
    inside = find_cells(store, first)
    side = side_of_cells(inside, find_cells(store, second) if second else ~inside)
    n_first, n_second = (int((side == number).sum()) for number in (1, 2))
    sizes = f"{format_count(n_first)} cells ({first.words}) against {format_count(n_second)} "
    sizes += f"({second.words if second else 'all other cells'})"
    if min(n_first, n_second) < 2:
        return f"{sizes}: both sides need at least 2."
    rows, step = [], max(1, store.n_genes // _STEPS)
    for gene, row in compare_genes(store, side):
        rows.append(row)
        if gene % step == 0:
            tell((str(round(100 * gene / store.n_genes)),))
    table = list_genes(store, finish(rows, n_first, n_second))
    words = f"{sizes}, {format_count(store.n_genes)} genes."
    return jobs.keep(name, {"words": words, "rows": table})
