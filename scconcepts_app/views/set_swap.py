"""Gene sets of a concept, replaced whole: does the model use the set, and does it differ?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import SetSwapInfo
from scconcepts_app.store.schema import QUADRANTS
from scconcepts_app.views.numbers import known_or_none
from scconcepts_app.views.pathways import shorten_set_name
from scconcepts_app.views.statistics import SIGNIFICANT_Q

# Value of the choice of a test that means set swap, and no enrichment.
SET_SWAP = "set-swap"
# Stands before the name of a set that the cells have less of than their counterfactuals.
ABSENT = "▾"
# Quadrants to choose from: (value, words), the most telling first.
QUADRANT_CHOICES = (
    ("", "All sets"),
    *((name, name[0].upper() + name[1:]) for name in reversed(QUADRANTS)),
)


@dataclass(frozen=True)
class SwapRow:
    """One gene set; None where a number is missing.

    Attributes
    ----------
    gene_set : index of the set in the store.
    effect : fall of the pre-activation when all genes of the set take their counterfactual
        values at once; `expected` is that of random sets of its size, mean and detection.
    share : `effect` as a share of what replacing all genes takes.
    difference : log1p counts of the cells minus those of their counterfactuals, mean over genes.
    z, p : against the random sets, two-sided; `n_random` of them.
    q : false discovery rate within the concept (Benjamini and Hochberg 1995).
    quadrant : one of the schema's `QUADRANTS`, None unknown.
    """

    gene_set: int
    name: str
    short_name: str
    description: str
    library: str
    effect: float | None
    share: float | None
    difference: float | None
    expected: float | None
    z: float | None
    p: float | None
    q: float | None
    size: int
    n_random: int
    quadrant: str | None

    @property
    def is_absent(self) -> bool:
        """Whether the cells have less of these genes: a positive effect is then one of absence."""
        return self.difference is not None and self.difference < 0

    @property
    def side(self) -> int:
        """A number for the directions of effect and difference, equal where both are."""
        return (1 if (self.effect or 0.0) >= 0 else -1) * (2 if self.is_absent else 1)

    @property
    def marked_name(self) -> str:
        """The short name, with a mark before it where the set is less expressed."""
        return f"{ABSENT} {self.short_name}" if self.is_absent else self.short_name


@dataclass(frozen=True)
class SwapTable:
    """Gene sets, smallest p first."""

    rows: list[SwapRow]
    info: SetSwapInfo

    @property
    def n_significant(self) -> int:
        """Number of sets with q up to 0.05."""
        return sum(row.q is not None and row.q <= SIGNIFICANT_Q for row in self.rows)


def list_set_swaps(store: ConceptStore, concept: int, key: str) -> SwapTable:
    """Return the gene sets of a concept, swapped for the counterfactual `key`.

    Raises
    ------
    KeyError
        The store has no such set swap.
    """
    info = next((i for i in store.manifest.set_swaps if i.key == key), None)
    if info is None:
        raise KeyError(key)
    columns = {n: np.asarray(values) for n, values in store.set_swap(key).rows(concept).items()}
    names, descriptions = (store.strings(f"gene_sets/{n}") for n in ("name", "description"))
    library = store.array("gene_sets/library")
    rows = []
    for i, gene_set in enumerate(columns["gene_set"]):
        code = int(columns["quadrant"][i])
        numbers = {
            name: known_or_none(columns[name][i])
            for name in ("effect", "share", "difference", "expected", "z", "p", "q")
        }
        rows.append(
            SwapRow(
                gene_set=int(gene_set),
                name=names[gene_set],
                short_name=shorten_set_name(names[gene_set]),
                description=descriptions[gene_set],
                library=store.manifest.gene_set_libraries[library[gene_set]].name,
                size=int(columns["size"][i]),
                n_random=int(columns["n_random"][i]),
                quadrant=QUADRANTS[code] if 0 <= code < len(QUADRANTS) else None,
                **numbers,
            )
        )
    return SwapTable(rows, info)


def keep_quadrant(table: SwapTable, quadrant: str | None) -> SwapTable:
    """Return the rows of one quadrant; all of them for None."""
    if not quadrant:
        return table
    return SwapTable([row for row in table.rows if row.quadrant == quadrant], table.info)


def choose_swaps_for_plot(table: SwapTable, n: int) -> list[SwapRow]:
    """Return the `n` sets of smallest p that have an effect, ordered by that effect."""
    known = [row for row in table.rows if row.effect is not None][:n]
    return sorted(known, key=lambda row: row.effect or 0.0)


def why_no_swap(store: ConceptStore, attribution: str | None) -> str:
    """Return in words why there is no set swap for an attribution."""
    known = {info.key for info in store.manifest.set_swaps}
    titles = ", ".join(i.title for i in store.manifest.attributions if i.key in known)
    if not titles:
        return "This store holds no set swap."
    if attribution not in known:
        return f"Sets were not swapped for this counterfactual; they were for: {titles}."
    return "No gene set was swapped for this concept: it was not attributed."
