"""Gene sets of a concept on all rankings side by side: found by attribution, by DE, or by both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import EnrichmentInfo
from scconcepts_app.store.schema import SIGNIFICANT
from scconcepts_app.store.set_names import shorten_set_name
from scconcepts_app.views.found import (
    NOT_FOUND,
    OPPOSITE,
    Directions,
    collect,
    find_directions,
    place_set,
    tell_place,
)
from scconcepts_app.views.numbers import known_or_none
from scconcepts_app.views.running_sum import PRERANK

# Value of the choice of a test that means all rankings, and no single test.
RANKINGS = "rankings"
_ATTRIBUTION = ("attribution", "presence", "absence")
_DIFFERENTIAL = ("differential", "matched")
# The quadrants in the words of this table; "used" there is attribution here.
PLACES = {
    "used and differential": "both",
    OPPOSITE: "opposite",
    "used only": "attribution",
    "only differential": "DE",
    "neither": "neither",
}


@dataclass(frozen=True)
class RankedSet:
    """A gene set on every ranking; None where it is not among the rows that the store kept.

    Attributes
    ----------
    statistics, qs, directions : NES, q and the direction in which it is found, `NOT_FOUND` where
        it is not, in the order of the table's rankings.
    by_attribution, by_de : directions in which a ranking of either side finds it; None where it is
        not known whether one does.
    """

    gene_set: int
    name: str
    short_name: str
    library: str
    description: str
    size: int
    statistics: tuple[float | None, ...]
    qs: tuple[float | None, ...]
    directions: tuple[int, ...]
    by_attribution: Directions | None
    by_de: Directions | None

    @property
    def quadrant(self) -> str | None:
        """One of `QUADRANTS` or `OPPOSITE`, None where a side is not known; see `place_set`."""
        return place_set(self.by_attribution, self.by_de)

    @property
    def best_q(self) -> float:
        """Smallest q over the rankings, infinite where there is none."""
        return min((q for q in self.qs if q is not None), default=float("inf"))

    @property
    def place(self) -> str:
        """The quadrant in words."""
        return PLACES.get(self.quadrant or "", "not known")

    @property
    def told(self) -> tuple[str, str]:
        """Arrows and words of the quadrant with its direction."""
        return tell_place(self.place, self.quadrant, self.by_attribution, self.by_de)

    @property
    def found_by(self) -> str:
        """Who finds the set, and in which direction, as part of a sentence."""
        if self.quadrant is None:
            return "not known who finds it"
        return f"found {'' if self.quadrant == OPPOSITE else 'by '}{self.told[1]}"


@dataclass(frozen=True)
class RankedTable:
    """Gene sets on all rankings, smallest q first; `rankings` are the tests in their order."""

    rows: list[RankedSet]
    rankings: list[EnrichmentInfo]

    def count(self, quadrant: str) -> int:
        """Return the number of sets in a quadrant."""
        return sum(row.quadrant == quadrant for row in self.rows)

    def count_told(self, quadrant: str) -> dict[str, int]:
        """Return the number of sets in a quadrant by their arrows, raised ones first."""
        counts = Counter(row.told[0] for row in self.rows if row.quadrant == quadrant)
        return dict(sorted(counts.items()))

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

    A set is found by attribution where attribution, presence or absence finds it, by DE where DE
    against all inactive cells or against inactive neighbours does, each in its direction, see
    `find_directions`. The store keeps the first rows of a test: a set that is not among them is
    not found, unless q of the last one kept is as low as that of found ones.
    """
    rankings = list_rankings(store)
    columns = [_read_column(store, concept, info) for info in rankings]
    gene_sets = sorted({gene_set for column in columns for gene_set in column.rows})
    rows = [_make_row(store, gene_set, rankings, columns) for gene_set in gene_sets]
    kept = [row for row in rows if not quadrant or row.quadrant == quadrant]
    return RankedTable(sorted(kept, key=lambda row: row.best_q), rankings)


_Row = tuple[float | None, float | None, int, int]


@dataclass(frozen=True)
class _Column:
    """One test: set -> (statistic, q, size, direction), and whether more may be found than kept."""

    rows: dict[int, _Row]
    is_cut: bool


def _read_column(store: ConceptStore, concept: int, info: EnrichmentInfo) -> _Column:
    rows = {name: np.asarray(v) for name, v in store.enrichment(info.key).rows(concept).items()}
    directions = find_directions(rows, info).tolist()
    found = {
        int(gene_set): (known_or_none(statistic), known_or_none(q), int(size), direction)
        for gene_set, statistic, q, size, direction in zip(
            rows["gene_set"], rows["statistic"], rows["q"], rows["size"], directions, strict=True
        )
    }
    n_sets = store.manifest.counts["n_gene_sets"]
    is_cut = 0 < len(found) < n_sets and bool(rows["q"][-1] < SIGNIFICANT)
    return _Column(found, is_cut)


def _make_row(
    store: ConceptStore, index: int, rankings: list[EnrichmentInfo], columns: list[_Column]
) -> RankedSet:
    found = [column.rows.get(index) for column in columns]
    name = store.strings("gene_sets/name")[index]
    library = store.manifest.gene_set_libraries[int(store.array("gene_sets/library")[index])]
    by_attribution, by_de = (
        _find_side(
            [
                (row, column.is_cut)
                for row, column, info in zip(found, columns, rankings, strict=True)
                if info.ranking in kinds
            ]
        )
        for kinds in (_ATTRIBUTION, _DIFFERENTIAL)
    )
    return RankedSet(
        gene_set=index,
        name=name,
        short_name=shorten_set_name(name),
        library=library.name,
        description=store.strings("gene_sets/description")[index],
        size=next(row[2] for row in found if row),
        statistics=tuple(row[0] if row else None for row in found),
        qs=tuple(row[1] if row else None for row in found),
        directions=tuple(row[3] if row else NOT_FOUND for row in found),
        by_attribution=by_attribution,
        by_de=by_de,
    )


def _find_side(tested: list[tuple[_Row | None, bool]]) -> Directions | None:
    """Return in which directions rankings of a side find a set; None where that is not known."""
    found = collect(*(row[3] for row, _ in tested if row))
    if found:
        return found
    return None if not tested or any(row is None and is_cut for row, is_cut in tested) else found
