"""Gene sets of a concept on all rankings side by side: found by attribution, by DE, or by both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import EnrichmentInfo
from scconcepts_app.store.schema import QUADRANTS
from scconcepts_app.store.set_names import shorten_set_name
from scconcepts_app.views.numbers import known_or_none
from scconcepts_app.views.running_sum import PRERANK
from scconcepts_app.views.statistics import SIGNIFICANT_Q

# Value of the choice of a test that means all rankings, and no single test.
RANKINGS = "rankings"
_ATTRIBUTION = ("attribution", "presence", "absence")
_DIFFERENTIAL = ("differential", "matched")
# The quadrants of the schema in the words of this table; "used" there is attribution here.
PLACES = {
    "used and differential": "both",
    "used only": "attribution",
    "only differential": "DE",
    "neither": "neither",
}


@dataclass(frozen=True)
class RankedSet:
    """A gene set on every ranking; None where it is not among the rows that the store kept.

    Attributes
    ----------
    statistics, qs : NES and q, in the order of the table's rankings.
    quadrant : one of the schema's `QUADRANTS`; None where a side is not known.
    """

    gene_set: int
    name: str
    short_name: str
    library: str
    description: str
    size: int
    statistics: tuple[float | None, ...]
    qs: tuple[float | None, ...]
    quadrant: str | None

    @property
    def best_q(self) -> float:
        """Smallest q over the rankings, infinite where there is none."""
        return min((q for q in self.qs if q is not None), default=float("inf"))

    @property
    def place(self) -> str:
        """The quadrant in words."""
        return PLACES.get(self.quadrant or "", "not known")


@dataclass(frozen=True)
class RankedTable:
    """Gene sets on all rankings, smallest q first; `rankings` are the tests in their order."""

    rows: list[RankedSet]
    rankings: list[EnrichmentInfo]

    def count(self, quadrant: str) -> int:
        """Return the number of sets in a quadrant."""
        return sum(row.quadrant == quadrant for row in self.rows)

    def column(self, *kinds: str) -> int | None:
        """Return the position of the first ranking of these kinds, None without one."""
        found = (i for i, info in enumerate(self.rankings) if info.ranking in kinds)
        return next(found, None)

    @property
    def attribution(self) -> int | None:
        """Position of the first ranking by attribution."""
        return self.column(*_ATTRIBUTION)

    @property
    def differential(self) -> int | None:
        """Position of the first ranking by DE."""
        return self.column(*_DIFFERENTIAL)


def list_rankings(store: ConceptStore) -> list[EnrichmentInfo]:
    """Return the GSEAs of a store, those of attribution first."""
    infos = [info for info in store.manifest.enrichments if info.test == PRERANK]
    return sorted(infos, key=lambda info: info.ranking in _DIFFERENTIAL)


def list_ranked_sets(store: ConceptStore, concept: int, quadrant: str | None = None) -> RankedTable:
    """Return the gene sets of a concept on all rankings; those of one quadrant where it is given.

    A set is found by attribution where q <= 0.05 on attribution, presence or absence, by DE where
    it is on DE against all inactive cells or against inactive neighbours. The store keeps the
    first rows of a test: a set that is not among them is not found, unless the last one kept is.
    """
    rankings = list_rankings(store)
    columns = [_read_column(store, concept, info) for info in rankings]
    gene_sets = sorted({gene_set for column in columns for gene_set in column.rows})
    rows = [_make_row(store, gene_set, rankings, columns) for gene_set in gene_sets]
    kept = [row for row in rows if not quadrant or row.quadrant == quadrant]
    return RankedTable(sorted(kept, key=lambda row: row.best_q), rankings)


@dataclass(frozen=True)
class _Column:
    """One test: set -> (statistic, q, size), and whether more sets may be found than were kept."""

    rows: dict[int, tuple[float | None, float | None, int]]
    is_cut: bool


def _read_column(store: ConceptStore, concept: int, info: EnrichmentInfo) -> _Column:
    rows = {name: np.asarray(v) for name, v in store.enrichment(info.key).rows(concept).items()}
    found = {
        int(gene_set): (known_or_none(statistic), known_or_none(q), int(size))
        for gene_set, statistic, q, size in zip(
            rows["gene_set"], rows["statistic"], rows["q"], rows["size"], strict=True
        )
    }
    n_sets = store.manifest.counts["n_gene_sets"]
    is_cut = 0 < len(found) < n_sets and bool(rows["q"][-1] <= SIGNIFICANT_Q)
    return _Column(found, is_cut)


def _make_row(
    store: ConceptStore, index: int, rankings: list[EnrichmentInfo], columns: list[_Column]
) -> RankedSet:
    found = [column.rows.get(index) for column in columns]
    name = store.strings("gene_sets/name")[index]
    library = store.manifest.gene_set_libraries[int(store.array("gene_sets/library")[index])]
    sides = [
        _is_found(
            [
                (row, column.is_cut)
                for row, column, info in zip(found, columns, rankings, strict=True)
                if info.ranking in kinds
            ]
        )
        for kinds in (_ATTRIBUTION, _DIFFERENTIAL)
    ]
    return RankedSet(
        gene_set=index,
        name=name,
        short_name=shorten_set_name(name),
        library=library.name,
        description=store.strings("gene_sets/description")[index],
        size=next(row[2] for row in found if row),
        statistics=tuple(row[0] if row else None for row in found),
        qs=tuple(row[1] if row else None for row in found),
        quadrant=_place(*sides),
    )


def _is_found(tested: list[tuple[tuple | None, bool]]) -> bool | None:
    """Say whether any ranking of a side finds a set; None where that is not known."""
    if any(row and row[1] is not None and row[1] <= SIGNIFICANT_Q for row, _ in tested):
        return True
    return None if not tested or any(row is None and is_cut for row, is_cut in tested) else False


def _place(by_attribution: bool | None, by_de: bool | None) -> str | None:
    if by_attribution is None or by_de is None:
        return None
    return QUADRANTS[2 * by_attribution + by_de]
