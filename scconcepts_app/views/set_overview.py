"""All gene sets of a store under one test: in how many concepts each is found, and where best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.columns import Ragged
from scconcepts_app.store.manifest import EnrichmentInfo
from scconcepts_app.views.found import LOWERED, NOT_FOUND, RAISED, find_directions
from scconcepts_app.views.pathways import default_enrichment

# Keys of set swaps carry this before the key of their attribution, so that no test has their key.
SWAP_PREFIX = "set-swap:"


@dataclass(frozen=True)
class SetTest:
    """A test of gene sets: an enrichment, or a set swap under one counterfactual.

    Attributes
    ----------
    statistic : name of what it reports: NES, odds ratio, or the effect of a swap.
    column : the column of its table that holds it.
    info : the enrichment; None for a set swap.
    """

    key: str
    title: str
    statistic: str
    column: str
    info: EnrichmentInfo | None = None

    @property
    def is_swap(self) -> bool:
        """Whether it replaces sets instead of testing a ranking."""
        return self.key.startswith(SWAP_PREFIX)


@dataclass(frozen=True)
class SetOverview:
    """Every gene set under one test; arrays are (n_gene_sets,).

    Attributes
    ----------
    n_raised, n_lowered : concepts in which it is found, by direction.
    n_tested : concepts in which it was tested.
    best : concept of smallest q (of equal ones, statistic farthest from 0), -1 for none: among
        those that find it raised; without one among those that find it lowered, else among all.
    best_direction : in which that concept finds it, `NOT_FOUND` where none does.
    best_q, best_statistic : of that concept, NaN for none.
    """

    n_raised: np.ndarray
    n_lowered: np.ndarray
    n_tested: np.ndarray
    best: np.ndarray
    best_direction: np.ndarray
    best_q: np.ndarray
    best_statistic: np.ndarray

    @property
    def is_found(self) -> np.ndarray:
        """Whether any concept finds the set, (n_gene_sets,) bool."""
        return self.n_raised + self.n_lowered > 0


def list_tests(store: ConceptStore) -> list[SetTest]:
    """Return the tests of a store, enrichments before set swaps."""
    manifest = store.manifest
    known = {info.key: info.title for info in manifest.attributions}
    titles = {info.key: known.get(info.key, info.key) for info in manifest.set_swaps}
    tests = [
        SetTest(info.key, info.title, info.statistic, "statistic", info)
        for info in manifest.enrichments
    ]
    swaps = [
        SetTest(
            f"{SWAP_PREFIX}{info.key}",
            f"Set swap, {titles[info.key][:1].lower()}{titles[info.key][1:]}",
            "effect",
            "effect",
        )
        for info in manifest.set_swaps
    ]
    return tests + swaps


def default_test(store: ConceptStore) -> str | None:
    """Return the key of the test to show first, None in a store without any."""
    enrichment = default_enrichment(store)
    tests = list_tests(store)
    return enrichment.key if enrichment else (tests[0].key if tests else None)


def table_of(store: ConceptStore, test: SetTest) -> Ragged:
    """Return the table of a test, owned by concepts."""
    if test.is_swap:
        return store.set_swap(test.key.removeprefix(SWAP_PREFIX))
    return store.enrichment(test.key)


def summarise_sets(store: ConceptStore, test: SetTest) -> SetOverview:
    """Return every gene set under a test; some 10 ms for a million rows."""
    table = table_of(store, test)
    n_sets = store.manifest.counts["n_gene_sets"]
    sets = np.asarray(table.columns["gene_set"])
    directions = find_directions(table.columns, test.info)
    rows = _best_rows(sets, directions, table.columns["q"], table.columns[test.column], n_sets)
    found = sets[rows]
    best, best_direction = np.full(n_sets, -1), np.full(n_sets, NOT_FOUND)
    best_q, best_statistic = np.full(n_sets, np.nan), np.full(n_sets, np.nan)
    best[found] = np.searchsorted(table.offsets, rows, side="right") - 1
    best_direction[found] = directions[rows]
    best_q[found] = table.columns["q"][rows]
    best_statistic[found] = table.columns[test.column][rows]
    return SetOverview(
        n_raised=np.bincount(sets[directions == RAISED], minlength=n_sets),
        n_lowered=np.bincount(sets[directions == LOWERED], minlength=n_sets),
        n_tested=np.bincount(sets, minlength=n_sets),
        best=best,
        best_direction=best_direction,
        best_q=best_q,
        best_statistic=best_statistic,
    )


def _best_rows(
    sets: np.ndarray, directions: np.ndarray, q: np.ndarray, statistic: np.ndarray, n_sets: int
) -> np.ndarray:
    """Return the row of the best concept of each set that has a q, see `SetOverview`."""
    preferred = np.select([directions == RAISED, directions == LOWERED], [0, 1], 2)
    first = np.full(n_sets, 2)
    np.minimum.at(first, sets, preferred)
    known = np.nan_to_num(np.asarray(q, float), nan=np.inf)
    known = np.where(preferred == first[sets], known, np.inf)
    lowest = np.full(n_sets, np.inf)
    np.minimum.at(lowest, sets, known)
    rows = np.flatnonzero((known == lowest[sets]) & np.isfinite(known))
    values = np.nan_to_num(np.abs(np.asarray(statistic[rows], float)), nan=-np.inf)
    # Of each set the first row in this order is its best; a set comes once.
    rows = rows[np.lexsort((rows, -values, sets[rows]))]
    return rows[np.unique(sets[rows], return_index=True)[1]]
