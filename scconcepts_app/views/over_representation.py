"""Which concepts are active more often in a set of cells than in the others, and less often."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.numbers import known_or_none
from scconcepts_app.views.statistics import false_discovery_rate, hypergeometric_tails

PSEUDO_COUNT = 0.5  # of a cell, active and not, on both sides
FEWEST_CELLS = 5  # of a donor, inside and outside, for it to have a say
_CELLS_PER_CHUNK = 50_000

NOT_REPLICATES = (
    "Cells are not replicates: cells of one donor resemble each other, so p and q, which count "
    "cells, are far too small. The column Donors is the one to trust."
)


@dataclass(frozen=True)
class Activity:
    """How often each concept is active, in all cells and in those of each donor.

    Attributes
    ----------
    count : (n_donors, n_concepts) int64, active cells; one row without a donor column.
    total : (n_concepts,) float64, sum of the activations.
    n_cells : (n_donors,) int64.
    """

    count: np.ndarray
    total: np.ndarray
    n_cells: np.ndarray


@dataclass(frozen=True)
class ConceptInSet:
    """A concept inside and outside a set of cells; None where a number has no sense.

    Attributes
    ----------
    n_inside, n_outside : cells in which it is active; `share_inside`, `share_outside` of all.
    fold : log2 of the ratio of the shares, half a cell added to active and inactive ones.
    mean_inside, mean_outside : mean activation of the active cells.
    p : chance of a difference as large, if the set were drawn from all cells at random
        (hypergeometric, two-sided: the smaller tail twice).
    q : p by Benjamini and Hochberg over all concepts.
    donors, n_donors : donors in which the difference has the same sign, and donors asked.
    """

    concept: int
    id: str
    n_inside: int
    n_outside: int
    share_inside: float
    share_outside: float
    fold: float
    mean_inside: float | None
    mean_outside: float | None
    p: float | None
    q: float | None
    donors: int | None
    n_donors: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self)


def count_activity(store: ConceptStore, cells: np.ndarray | None = None) -> Activity:
    """Return how often each concept is active in some cells, in all for None.

    Parameters
    ----------
    cells : indices of cells.
    """
    donor, n_donors = _donors(store)
    concepts = store.array("activations/by_cell/concept")
    values = store.array("activations/by_cell/value")
    n = store.n_concepts
    count = np.zeros(n_donors * n, np.int64)
    total = np.zeros(n)
    n_cells = np.zeros(n_donors, np.int64)
    n_asked = store.n_cells if cells is None else len(cells)
    for start in range(0, n_asked, _CELLS_PER_CHUNK):
        rows = (
            slice(start, start + _CELLS_PER_CHUNK)
            if cells is None
            else cells[start : start + _CELLS_PER_CHUNK]
        )
        concept = np.asarray(concepts[rows])
        active = concept >= 0
        owner = np.zeros(len(concept), np.int64) if donor is None else donor[rows].astype(np.int64)
        flat = (owner[:, None] * n + concept)[active]
        count += np.bincount(flat, minlength=n_donors * n)
        total += np.bincount(concept[active], np.asarray(values[rows])[active], minlength=n)
        n_cells += np.bincount(owner, minlength=n_donors)
    store.release("activations/by_cell/concept", "activations/by_cell/value")
    return Activity(count.reshape(n_donors, n), total, n_cells)


def compare_set(
    store: ConceptStore, inside: np.ndarray, everywhere: Activity
) -> list[ConceptInSet]:
    """Return all concepts, the most over-represented first.

    Parameters
    ----------
    inside : (n_cells,) bool, the set.
    everywhere : of all cells, as `count_activity` returns it.
    """
    n_inside = int(inside.sum())
    n_outside = store.n_cells - n_inside
    if not n_inside or not n_outside:
        return []
    # The smaller side is counted, the other is what is left.
    few = np.flatnonzero(inside if n_inside <= n_outside else ~inside)
    near = count_activity(store, few)
    far = Activity(
        everywhere.count - near.count,
        np.maximum(everywhere.total - near.total, 0),
        everywhere.n_cells - near.n_cells,
    )
    within, without = (near, far) if n_inside <= n_outside else (far, near)
    a, b = within.count.sum(axis=0), without.count.sum(axis=0)
    fold = np.log2(_smooth(a, n_inside) / _smooth(b, n_outside))
    over, under = hypergeometric_tails(a, a + b, n_inside, store.n_cells)
    p = np.where(a + b > 0, np.minimum(1, 2 * np.minimum(over, under)), np.nan)
    q = false_discovery_rate(p)
    has_donors = _donors(store)[0] is not None
    sign = np.sign(a * n_outside - b * n_inside)
    same, asked = _agreeing_donors(within, without, sign) if has_donors else (sign, 0)
    ids = store.concept_ids
    rows = [
        ConceptInSet(
            concept=c,
            id=ids[c],
            n_inside=int(a[c]),
            n_outside=int(b[c]),
            share_inside=float(a[c] / n_inside),
            share_outside=float(b[c] / n_outside),
            fold=float(fold[c]),
            mean_inside=float(within.total[c] / a[c]) if a[c] else None,
            mean_outside=float(without.total[c] / b[c]) if b[c] else None,
            p=known_or_none(p[c]),
            q=known_or_none(q[c]),
            donors=int(same[c]) if has_donors else None,
            n_donors=int(asked) if has_donors else None,
        )
        for c in range(store.n_concepts)
    ]
    return sorted(rows, key=lambda row: -row.fold)


def _smooth(count: np.ndarray, n: int) -> np.ndarray:
    return (count + PSEUDO_COUNT) / (n + 2 * PSEUDO_COUNT)


def _agreeing_donors(
    within: Activity, without: Activity, sign: np.ndarray
) -> tuple[np.ndarray, int]:
    """Return in how many donors each concept differs as in all cells, and how many were asked."""
    asked = (within.n_cells >= FEWEST_CELLS) & (without.n_cells >= FEWEST_CELLS)
    asked[0] = False  # the cells without a donor are none
    a, b = within.count[asked], without.count[asked]
    n, m = within.n_cells[asked, None], without.n_cells[asked, None]
    return ((np.sign(a * m - b * n) == sign) & (sign != 0)).sum(axis=0), int(asked.sum())


def _donors(store: ConceptStore) -> tuple[np.ndarray | None, int]:
    """Return the donor of each cell, 0 for a missing one, and the number of rows they need."""
    column = next((c for c in store.manifest.obs if c.role == "donor"), None)
    if column is None or column.kind != "categorical":
        return None, 1
    # Cells without a donor have a row of their own, the first.
    return np.asarray(store.array(f"obs/{column.key}/codes")) + 1, len(column.categories) + 1
