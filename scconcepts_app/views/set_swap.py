"""Gene sets of a concept, replaced whole: does the model use the set, and does it differ?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import EnrichmentInfo, SetSwapInfo
from scconcepts_app.views.found import (
    LOWERED,
    NOT_FOUND,
    OPPOSITE,
    RAISED,
    collect,
    find_directions,
    place_swap,
    tell_place,
)
from scconcepts_app.views.lookup import read_across
from scconcepts_app.views.numbers import known_or_none
from scconcepts_app.views.pathways import shorten_set_name

# Value of the choice of a test that means set swap, and no enrichment.
SET_SWAP = "set-swap"
# Stands before the name of a set that the cells have less of than their counterfactuals.
ABSENT = "▾"
NOT_PLACED = "not placed"
# Quadrants in the words of legends and tables, the most telling first.
SHORT_NAMES = {
    "used and differential": "used and DE",
    OPPOSITE: "opposite",
    "used only": "used only",
    "only differential": "DE only",
    "neither": "neither",
}
# Quadrants to choose from: (value, words).
QUADRANT_CHOICES = (
    ("", "All sets"),
    ("used and differential", "Used and differential"),
    (OPPOSITE, "Opposite directions"),
    ("used only", "Used only"),
    ("only differential", "Only differential"),
    ("neither", "Neither"),
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
    direction, de_direction : in which the swap finds it, and GSEA of DE; see `find_directions`.
    quadrant : one of `QUADRANTS` or `OPPOSITE`, None unknown; see `place_swap`.
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
    direction: int
    de_direction: int
    quadrant: str | None

    @property
    def told(self) -> tuple[str, str]:
        """Arrows and words of the quadrant."""
        words = SHORT_NAMES.get(self.quadrant or "", NOT_PLACED)
        sides = (collect(direction) for direction in (self.direction, self.de_direction))
        return tell_place(words, self.quadrant, *sides)

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
    def n_raised(self) -> int:
        """Number of sets that are used, raised."""
        return sum(row.direction == RAISED for row in self.rows)

    @property
    def n_lowered(self) -> int:
        """Number of sets that are used, lowered."""
        return sum(row.direction == LOWERED for row in self.rows)


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
    directions = find_directions(columns, None).tolist()
    of_de = _read_de(store, concept, info)
    names, descriptions = (store.strings(f"gene_sets/{n}") for n in ("name", "description"))
    library = store.array("gene_sets/library")
    rows = []
    for i, gene_set in enumerate(columns["gene_set"]):
        de = of_de.get(int(gene_set), NOT_FOUND)
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
                direction=directions[i],
                de_direction=de,
                quadrant=place_swap(int(columns["quadrant"][i]), directions[i], de),
                **numbers,
            )
        )
    return SwapTable(rows, info)


def _de_of(store: ConceptStore, info: SetSwapInfo) -> EnrichmentInfo | None:
    return next((i for i in store.manifest.enrichments if i.key == info.differential), None)


def _read_de(store: ConceptStore, concept: int, info: SetSwapInfo) -> dict[int, int]:
    """Return the direction that DE finds each set in, of those whose row the store kept."""
    test = _de_of(store, info)
    if test is None:
        return {}
    rows = store.enrichment(test.key).rows(concept)
    found = find_directions(rows, test).tolist()
    return dict(zip(np.asarray(rows["gene_set"]).tolist(), found, strict=True))


def read_quadrants(
    store: ConceptStore, key: str, gene_set: int, codes: np.ndarray, directions: np.ndarray
) -> list[str | None]:
    """Return the quadrant of one set in every concept, None where it is unknown.

    Parameters
    ----------
    codes, directions : (n_concepts,) the store's code, NaN for none, and what the swap finds.
    """
    info = next(i for i in store.manifest.set_swaps if i.key == key)
    of_de, test = np.zeros(store.n_concepts, int), _de_of(store, info)
    if test is not None:
        table = store.enrichment(test.key)
        columns = read_across(table, "gene_set", gene_set, ("q", "statistic"))
        of_de = find_directions(columns, test)
    known = np.nan_to_num(codes, nan=-1).astype(int)
    rows = zip(known.tolist(), directions.tolist(), of_de.tolist(), strict=True)
    return [place_swap(*row) for row in rows]


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
