"""All gene sets of a store under one test: in how many concepts each is found, and where best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.columns import Ragged
from scconcepts_app.views.pathways import default_enrichment
from scconcepts_app.views.statistics import SIGNIFICANT_Q

# Keys of set swaps carry this before the key of their attribution, so that no test has their key.
SWAP_PREFIX = "set-swap:"


@dataclass(frozen=True)
class SetTest:
    """A test of gene sets: an enrichment, or a set swap under one counterfactual.

    Attributes
    ----------
    statistic : name of what it reports: NES, odds ratio, or the effect of a swap.
    column : the column of its table that holds it.
    """

    key: str
    title: str
    statistic: str
    column: str

    @property
    def is_swap(self) -> bool:
        """Whether it replaces sets instead of testing a ranking."""
        return self.key.startswith(SWAP_PREFIX)


@dataclass(frozen=True)
class SetOverview:
    """Every gene set under one test; arrays are (n_gene_sets,).

    Attributes
    ----------
    n_found : concepts with q <= 0.05.
    n_tested : concepts in which it was tested.
    best : concept of smallest q (of equal ones, that of largest statistic), -1 for none.
    best_q, best_statistic : of that concept, NaN for none.
    """

    n_found: np.ndarray
    n_tested: np.ndarray
    best: np.ndarray
    best_q: np.ndarray
    best_statistic: np.ndarray


def list_tests(store: ConceptStore) -> list[SetTest]:
    """Return the tests of a store, enrichments before set swaps."""
    manifest = store.manifest
    known = {info.key: info.title for info in manifest.attributions}
    titles = {info.key: known.get(info.key, info.key) for info in manifest.set_swaps}
    tests = [
        SetTest(info.key, info.title, info.statistic, "statistic") for info in manifest.enrichments
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
    q = np.nan_to_num(np.asarray(table.columns["q"], dtype=np.float64), nan=np.inf)
    lowest = np.full(n_sets, np.inf)
    np.minimum.at(lowest, sets, q)
    rows = np.flatnonzero((q == lowest[sets]) & np.isfinite(q))
    statistic = np.nan_to_num(np.asarray(table.columns[test.column][rows], float), nan=-np.inf)
    # Of each set the first row in this order is its best; a set comes once.
    rows = rows[np.lexsort((rows, -statistic, sets[rows]))]
    found, first = np.unique(sets[rows], return_index=True)
    rows = rows[first]
    best, best_q = np.full(n_sets, -1), np.full(n_sets, np.nan)
    best_statistic = np.full(n_sets, np.nan)
    best[found] = np.searchsorted(table.offsets, rows, side="right") - 1
    best_q[found] = q[rows]
    best_statistic[found] = table.columns[test.column][rows]
    return SetOverview(
        n_found=np.bincount(sets[q <= SIGNIFICANT_Q], minlength=n_sets),
        n_tested=np.bincount(sets, minlength=n_sets),
        best=best,
        best_q=best_q,
        best_statistic=best_statistic,
    )
