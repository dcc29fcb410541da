"""Two concepts side by side: what they share in genes, gene sets and kinds of cells."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.association import list_categories, list_columns
from scconcepts_app.views.comparison import correlate_ranks
from scconcepts_app.views.found import find_directions
from scconcepts_app.views.set_overview import SetTest, table_of
from scconcepts_app.views.spread import pick_extreme, spread, top_of

N_TOP = 50
N_DRAWN = 4000


@dataclass(frozen=True)
class Side:
    """One concept of a comparison, and the attribution it is read under (None: there is none)."""

    store: ConceptStore
    concept: int
    attribution: str | None


@dataclass(frozen=True)
class Split:
    """Names of two lists: in both, and in one alone; each in the order of its list.

    `opposed` are in both, found in opposite directions, and not in `shared`.
    """

    shared: list[str]
    only_a: list[str]
    only_b: list[str]
    opposed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class GenePair:
    """Genes that both concepts have an effect of, by symbol; arrays are (n_genes,).

    Attributes
    ----------
    a, b : effects; `drawn` are the indices of the genes worth drawing.
    rank_correlation : Spearman's over all of them, None where it has no sense.
    """

    symbols: list[str]
    a: np.ndarray
    b: np.ndarray
    drawn: np.ndarray
    rank_correlation: float | None


@dataclass(frozen=True)
class ObsPair:
    """The best category of each concept in one obs column, as (category, F1); None for none."""

    column: str
    a: tuple[str, float] | None
    b: tuple[str, float] | None

    @property
    def differs(self) -> bool:
        """Whether the two go with different categories."""
        return self.a is not None and self.b is not None and self.a[0] != self.b[0]


def pair_genes(a: Side, b: Side) -> GenePair | None:
    """Return the genes of both concepts; None where one has no attribution."""
    if a.attribution is None or b.attribution is None:
        return None
    effects_a, effects_b = _effects(a), _effects(b)
    if a.store is b.store:
        genes = np.flatnonzero(np.isfinite(effects_a) & np.isfinite(effects_b))
        symbols = [a.store.gene_symbols[gene] for gene in genes]
        x, y = effects_a[genes], effects_b[genes]
    else:
        at_a, at_b = _index_known(a.store, effects_a), _index_known(b.store, effects_b)
        symbols = [symbol for symbol in at_a if symbol in at_b]
        x = effects_a[[at_a[symbol] for symbol in symbols]]
        y = effects_b[[at_b[symbol] for symbol in symbols]]
    if not symbols:
        return None
    return GenePair(symbols, x, y, pick_extreme(x, y, N_DRAWN), correlate_ranks(x, y))


def split_genes(a: Side, b: Side, column: str, n: int = N_TOP) -> Split | None:
    """Return the first `n` genes by ``presence`` or ``absence``; None without attribution."""
    if a.attribution is None or b.attribution is None:
        return None
    first_a, first_b = (dict.fromkeys(_first_genes(side, column, n), 1.0) for side in (a, b))
    return _split(first_a, first_b)


def split_sets(a: Side, b: Side, test: SetTest) -> Split:
    """Return the gene sets that a test finds, by name and smallest q first."""
    return _split(_found_sets(a, test), _found_sets(b, test))


def pair_obs(a: Side, b: Side) -> list[ObsPair]:
    """Return the best category of each concept in every categorical column of either store."""
    best_a, best_b = _best_categories(a), _best_categories(b)
    return [
        ObsPair(key, best_a.get(key), best_b.get(key)) for key in dict.fromkeys([*best_a, *best_b])
    ]


def _effects(side: Side) -> np.ndarray:
    rows = side.store.attribution(side.attribution or "").rows(side.concept)
    return spread(rows, "effect", side.store.n_genes)


def _index_known(store: ConceptStore, effects: np.ndarray) -> dict[str, int]:
    """Return gene by symbol, of those with an effect; of two with one symbol the first."""
    found: dict[str, int] = {}
    for gene in np.flatnonzero(np.isfinite(effects)).tolist():
        found.setdefault(store.gene_symbols[gene], gene)
    return found


def _first_genes(side: Side, column: str, n: int) -> list[str]:
    rows = side.store.attribution(side.attribution or "").rows(side.concept)
    genes = rows["gene"][top_of(np.asarray(rows[column], dtype=float), n)]
    return [side.store.gene_symbols[gene] for gene in genes]


def _found_sets(side: Side, test: SetTest) -> dict[str, float]:
    """Return the direction of each set that is found, by name."""
    rows = table_of(side.store, test).rows(side.concept)
    q = np.asarray(rows["q"], dtype=float)
    directions = find_directions(rows, test.info)
    found = np.flatnonzero(directions)
    found = found[np.argsort(q[found], kind="stable")]
    names = side.store.strings("gene_sets/name")
    told: dict[str, float] = {}
    for gene_set, direction in zip(rows["gene_set"][found], directions[found], strict=True):
        told.setdefault(names[gene_set], float(direction))
    return told


def _best_categories(side: Side) -> dict[str, tuple[str, float] | None]:
    found: dict[str, tuple[str, float] | None] = {}
    for column in list_columns(side.store):
        rows = list_categories(side.store, side.concept, column.key)
        f1 = rows[0].f1 if rows else None
        found[column.key] = (rows[0].category, f1) if f1 else None
    return found


def _split(a: dict[str, float], b: dict[str, float]) -> Split:
    return Split(
        shared=[name for name in a if name in b and a[name] == b[name]],
        only_a=[name for name in a if name not in b],
        only_b=[name for name in b if name not in a],
        opposed=[name for name in a if name in b and a[name] != b[name]],
    )
