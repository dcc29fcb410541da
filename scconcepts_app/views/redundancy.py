"""Which found gene sets of a concept say the same: the weaker within the stronger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.found import NOT_FOUND

# Merico et al. 2010 (PLoS ONE 5:e13984) join gene sets in an enrichment map from here on.
OVERLAP = 0.5
# Values of the choice, as they stand in the address: all gene sets, or one of each kind.
ALL, DISTINCT = "all", "distinct"


class TestedSet(Protocol):
    """A gene set in a table of one concept, under one test."""

    @property
    def gene_set(self) -> int:
        """Index of the set."""

    @property
    def direction(self) -> int:
        """In which direction it is found, `NOT_FOUND` where it is not."""

    @property
    def side(self) -> int:
        """What must be equal in sets that say the same, such as the sign of the statistic."""


@dataclass(frozen=True)
class Redundancy:
    """Rows of a table and what each stands within.

    Attributes
    ----------
    parent : for each row the position of the row that it stands within, None for none.
    overlap : overlap coefficient with that row; None where there is none.
    """

    parent: list[int | None]
    overlap: list[float | None]

    @property
    def n_within(self) -> int:
        """Number of rows that stand within another."""
        return sum(parent is not None for parent in self.parent)

    def order(self, distinct: bool) -> list[int]:
        """Return the positions of rows to show: each behind what it stands within, or left out."""
        children: dict[int, list[int]] = {}
        for row, parent in enumerate(self.parent):
            if parent is not None:
                children.setdefault(parent, []).append(row)
        tops = [row for row, parent in enumerate(self.parent) if parent is None]
        return [row for top in tops for row in (top, *([] if distinct else children.get(top, [])))]


def find_redundancy(store: ConceptStore, rows: Sequence[TestedSet]) -> Redundancy:
    """Put found sets within stronger ones that share half of their genes or more.

    Of two sets with overlap coefficient ``|A & B| / min(|A|, |B|)`` of at least `OVERLAP`, on the
    genes that the model reads, the weaker stands within the stronger, if they lie on one side. A
    set that stands within another holds none itself; of several it takes the one of largest
    overlap, of equal ones the strongest.

    Parameters
    ----------
    rows : strongest first.
    """
    found = [i for i, row in enumerate(rows) if row.direction != NOT_FOUND]
    alike = _overlaps(store, [rows[i].gene_set for i in found])
    sides = np.array([rows[i].side for i in found])
    is_top = np.zeros(len(found), bool)
    parent: list[int | None] = [None] * len(rows)
    overlap: list[float | None] = [None] * len(rows)
    for place, row in enumerate(found):
        may_hold = is_top & (sides == sides[place]) & (alike[place] >= OVERLAP)
        if may_hold.any():
            best = int(np.argmax(np.where(may_hold, alike[place], -1)))
            parent[row], overlap[row] = found[best], float(alike[place, best])
        else:
            is_top[place] = True
    return Redundancy(parent, overlap)


def _overlaps(store: ConceptStore, gene_sets: Sequence[int]) -> np.ndarray:
    """Return the overlap coefficients of sets with each other, (n_sets, n_sets)."""
    table = store.ragged("gene_sets/members", ("gene",))
    members = [np.unique(table.rows(gene_set)["gene"]) for gene_set in gene_sets]
    sizes = np.array([len(genes) for genes in members])
    if not sizes.sum():
        return np.zeros((len(members), len(members)))
    genes, columns = np.unique(np.concatenate(members), return_inverse=True)
    indicator = np.zeros((len(members), len(genes)), np.float32)
    indicator[np.repeat(np.arange(len(members)), sizes), columns] = 1
    return (indicator @ indicator.T) / np.maximum(np.minimum.outer(sizes, sizes), 1)
