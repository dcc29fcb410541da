"""One gene set over all concepts, under all tests side by side, and its genes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.found import NOT_FOUND, Directions, collect, find_directions
from scconcepts_app.views.links import Outgoing, link_gene_set
from scconcepts_app.views.lookup import find_rows, read_across
from scconcepts_app.views.numbers import known_or_none
from scconcepts_app.views.pathways import shorten_set_name
from scconcepts_app.views.set_overview import SWAP_PREFIX, SetTest, list_tests, table_of
from scconcepts_app.views.set_swap import read_quadrants

_NUMBERED = re.compile(r"^(.*)#(\d+)$", re.DOTALL)


@dataclass(frozen=True)
class GeneSet:
    """A gene set.

    Attributes
    ----------
    number, n_same : which of the sets of this name it is, from 1, and how many there are.
    genes : its genes that the model reads.
    link : where it is described, None where its name holds no identifier.
    """

    index: int
    name: str
    short_name: str
    description: str
    library: str
    source: str
    number: int
    n_same: int
    genes: list[int]
    link: Outgoing | None


@dataclass(frozen=True)
class Finding:
    """A gene set in one concept under one test; None where a number is missing.

    Attributes
    ----------
    direction : `RAISED`, `LOWERED` or `NOT_FOUND`, see `find_directions`.
    quadrant : of a set swap, as in the table of set swaps; else None.
    """

    statistic: float | None
    q: float | None
    direction: int
    quadrant: str | None


@dataclass(frozen=True)
class SetInConcept:
    """A gene set in one concept: what each test says, in the order of `list_tests`."""

    concept: int
    findings: list[Finding | None]

    @property
    def best_q(self) -> float:
        """Smallest q over the tests, infinite where there is none."""
        known = [f.q for f in self.findings if f and f.q is not None]
        return min(known, default=float("inf"))

    @property
    def directions(self) -> Directions:
        """In which directions tests find the set; empty where none does."""
        return collect(*(f.direction for f in self.findings if f))


def index_names(store: ConceptStore) -> dict[str, list[int]]:
    """Return the gene sets of each name, in order."""
    found: dict[str, list[int]] = {}
    for index, name in enumerate(store.strings("gene_sets/name")):
        found.setdefault(name, []).append(index)
    return found


def find_set(names: dict[str, list[int]], address: str) -> int | None:
    """Return the gene set that an address names, None when there is none.

    A name stands for the first set that carries it, ``NAME#2`` for the second.
    """
    if address in names:
        return names[address][0]
    numbered = _NUMBERED.match(address)
    if numbered and numbered[1] in names and len(numbered[2]) < 7:
        same, number = names[numbered[1]], int(numbered[2])
        if 1 <= number <= len(same):
            return same[number - 1]
    return None


def address_of_set(names: dict[str, list[int]], name: str, index: int) -> str:
    """Return by what an address names a gene set; see `find_set`."""
    number = names[name].index(index) + 1
    return name if number == 1 else f"{name}#{number}"


def describe_set(store: ConceptStore, names: dict[str, list[int]], index: int) -> GeneSet:
    """Return a gene set by its index."""
    name = store.strings("gene_sets/name")[index]
    description = store.strings("gene_sets/description")[index]
    library = store.manifest.gene_set_libraries[int(store.array("gene_sets/library")[index])]
    members = store.ragged("gene_sets/members", ("gene",)).rows(index)["gene"]
    return GeneSet(
        index=index,
        name=name,
        short_name=shorten_set_name(name),
        description=description,
        library=library.name,
        source=library.source,
        number=names[name].index(index) + 1,
        n_same=len(names[name]),
        genes=[int(gene) for gene in members],
        link=link_gene_set(name, description),
    )


def find_in_concepts(store: ConceptStore, index: int) -> list[SetInConcept]:
    """Return the concepts in which a gene set was tested, smallest q over the tests first."""
    tests = list_tests(store)
    columns = [_read(store, test, index) for test in tests]
    tested = np.zeros(store.n_concepts, dtype=bool)
    for column in columns:
        tested |= column.has_row
    found = [
        SetInConcept(int(concept), [_finding(column, int(concept)) for column in columns])
        for concept in np.flatnonzero(tested)
    ]
    return sorted(found, key=lambda row: row.best_q)


def is_found(row: SetInConcept) -> bool:
    """Say whether any test finds the set in the concept."""
    return bool(row.directions)


def count_leading(store: ConceptStore, index: int, test: SetTest | None) -> tuple[Counter, int]:
    """Return how often each gene leads the set, and in how many concepts it is found at all.

    Over the concepts in which `test`, an enrichment, finds the set, raised or lowered.
    """
    if test is None or test.is_swap:
        return Counter(), 0
    table = table_of(store, test)
    rows, _ = find_rows(table, "gene_set", index)
    columns = {name: np.asarray(table.columns[name][rows]) for name in ("q", "statistic")}
    rows = rows[find_directions(columns, test.info) != NOT_FOUND]
    counted: Counter = Counter()
    for row in rows:
        counted.update(store.leading_genes(test.key, int(row)).tolist())
    return counted, len(rows)


def order_genes(genes: Sequence[int], leading: Counter, symbols: Sequence[str]) -> list[int]:
    """Return genes, those that lead most often first, then by symbol."""
    return sorted(genes, key=lambda gene: (-leading[gene], symbols[gene]))


@dataclass(frozen=True)
class _Column:
    """One test of the set in every concept: `has_row` where it was tested, `values` by column."""

    has_row: np.ndarray
    values: dict[str, np.ndarray]
    directions: np.ndarray
    quadrants: list[str | None]


def _read(store: ConceptStore, test: SetTest, index: int) -> _Column:
    wanted = ("gene_set", test.column, "q", "statistic", "expected", "difference", "quadrant")
    values = read_across(table_of(store, test), "gene_set", index, wanted)
    directions = find_directions(values, test.info)
    quadrants: list[str | None] = [None] * store.n_concepts
    if test.is_swap:
        key, codes = test.key.removeprefix(SWAP_PREFIX), values["quadrant"]
        quadrants = read_quadrants(store, key, index, codes, directions)
    has_row = np.isfinite(values["gene_set"])
    return _Column(has_row, {**values, "statistic": values[test.column]}, directions, quadrants)


def _finding(column: _Column, concept: int) -> Finding | None:
    if not column.has_row[concept]:
        return None
    return Finding(
        statistic=known_or_none(column.values["statistic"][concept]),
        q=known_or_none(column.values["q"][concept]),
        direction=int(column.directions[concept]),
        quadrant=column.quadrants[concept],
    )
