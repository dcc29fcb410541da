"""Tables about a set of cells for download: its cells, its concepts, its make-up, its genes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.views.breakdown import break_down
from scconcepts_app.views.over_representation import ConceptInSet

_CELLS_PER_CHUNK = 20_000
CONCEPT_HEADER = (
    "concept",
    "label",
    "n_inside",
    "n_outside",
    "share_inside",
    "share_outside",
    "log2_fold",
    "mean_activation_inside",
    "mean_activation_outside",
    "p",
    "q",
    "n_donors_agreeing",
    "n_donors",
)
BREAKDOWN_HEADER = (
    "column",
    "value",
    "n_inside",
    "share_of_set",
    "share_of_all",
    "fold",
    "share_of_value_inside",
    "median_inside",
    "median_all",
)
EXPRESSION_HEADER = (
    "symbol",
    "gene_id",
    "z",
    "log2_fold_change",
    "share_first",
    "share_second",
    "p",
    "q",
)


def cell_rows(store: ConceptStore, inside: np.ndarray) -> Iterator[list[Any]]:
    """Yield the cells of a set with what is known about them, header first.

    Parameters
    ----------
    inside : (n_cells,) bool.
    """
    columns = store.manifest.obs
    yield ["cell", "source_row", *(column.name for column in columns)]
    cells, ids = np.flatnonzero(inside), store.strings("cells/id")
    offsets, rows = np.asarray(ids.offsets), store.array("cells/source_row")
    for start in range(0, len(cells), _CELLS_PER_CHUNK):
        part = cells[start : start + _CELLS_PER_CHUNK]
        values = [_read_column(store, column, part) for column in columns]
        starts, stops = offsets[part].tolist(), offsets[part + 1].tolist()
        names = (bytes(ids.utf8[a:b]).decode() for a, b in zip(starts, stops, strict=True))
        yield from map(list, zip(names, rows[part].tolist(), *values, strict=True))


def set_concept_rows(
    found: Sequence[ConceptInSet], labels: Mapping[str, str]
) -> Iterator[list[Any]]:
    """Yield all concepts of a set, header first; `labels` by concept id."""
    yield list(CONCEPT_HEADER)
    for row in found:
        yield [
            row.id,
            labels.get(row.id, ""),
            row.n_inside,
            row.n_outside,
            row.share_inside,
            row.share_outside,
            row.fold,
            row.mean_inside,
            row.mean_outside,
            row.p,
            row.q,
            row.donors,
            row.n_donors,
        ]


def breakdown_rows(store: ConceptStore, inside: np.ndarray) -> Iterator[list[Any]]:
    """Yield what a set is made of, header first."""
    yield list(BREAKDOWN_HEADER)
    for part in break_down(store, inside):
        yield [
            part.column,
            part.value,
            part.n,
            part.share,
            part.share_all,
            part.fold,
            part.taken,
            part.median,
            part.median_all,
        ]


def expression_rows(rows: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    """Yield a kept table of differential expression, header first."""
    yield list(EXPRESSION_HEADER)
    yield from map(list, rows)


def _read_column(store: ConceptStore, column: ObsColumn, cells: np.ndarray) -> list[Any]:
    if column.kind == "numeric":
        return np.asarray(store.array(f"obs/{column.key}/values"))[cells].tolist()
    # A code of -1 takes the last name, the missing one.
    names = np.array([*column.categories, ""], dtype=object)
    return names[np.asarray(store.array(f"obs/{column.key}/codes"))[cells]].tolist()
