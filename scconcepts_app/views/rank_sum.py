"""Differential expression between two sets of cells, on the levels that the browser is sent.

Wilcoxon's rank-sum test with ties (Wilcoxon 1945; Lehmann 1975), from histograms of the levels:
a gene is decoded once, no value is sorted. Values are rounded to 255 levels of the gene's largest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.payload import HEADER, LEVELS, decode_payload
from scconcepts_app.views.numbers import known_or_none
from scconcepts_app.views.statistics import false_discovery_rate, normal_two_sided

PSEUDO_COUNT = 1e-9  # as in the stored tables
_SIDES = 3  # neither, first, second


@dataclass(frozen=True, eq=False)
class RankSums:
    """The first set of cells against the second, one number a gene.

    Attributes
    ----------
    z : positive where the first set expresses more; NaN for a gene without any difference.
    p, q : two-sided by the normal approximation; by Benjamini and Hochberg over all genes.
    log_fold_change : log2 of the ratio of the means of counts per 10,000, 1e-9 added to both.
    share_first, share_second : share of the cells that express the gene.
    n_first, n_second : cells.
    """

    z: np.ndarray
    p: np.ndarray
    q: np.ndarray
    log_fold_change: np.ndarray
    share_first: np.ndarray
    share_second: np.ndarray
    n_first: int
    n_second: int


def side_of_cells(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return 1 for cells of the first set, 2 for those of the second only, else 0, as int64."""
    return np.where(first, 1, np.where(second, 2, 0)).astype(np.int64)


def count_levels(store: ConceptStore, gene: int, side: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the histogram of a gene's levels in both sets, and its largest value.

    Returns
    -------
    (2, 256) int64; level 0 stays empty: cells that do not express it have no entry.
    """
    payload = store.payload("expression", gene)
    cells, _ = decode_payload(payload)
    largest = float(HEADER.unpack(bytes(payload[: HEADER.size]))[2])
    levels = np.asarray(payload[len(payload) - len(cells) :], np.int64)
    found = np.bincount(side[cells] * (LEVELS + 1) + levels, minlength=_SIDES * (LEVELS + 1))
    return found.reshape(_SIDES, LEVELS + 1)[1:], largest


def compare_genes(store: ConceptStore, side: np.ndarray) -> Iterator[tuple[int, list[float]]]:
    """Yield gene by gene what `finish` makes a table of; the caller may tell the progress.

    Parameters
    ----------
    side : (n_cells,), of `side_of_cells`.
    """
    sizes = np.bincount(side, minlength=_SIDES)[1:]
    for gene in range(store.n_genes):
        histogram, largest = count_levels(store, gene, side)
        histogram[:, 0] = sizes - histogram[:, 1:].sum(axis=1)
        yield gene, [rank_sum_z(histogram), *_means(histogram, largest)]


def rank_sum_z(histogram: np.ndarray) -> float:
    """Return z of Wilcoxon's rank sum of the first row against the second, corrected for ties.

    Parameters
    ----------
    histogram : (2, n_levels), cells of each level in both sets.
    """
    (first, second), both = histogram.astype(float), histogram.sum(axis=0).astype(float)
    n, m = first.sum(), second.sum()
    total = n + m
    rank = np.cumsum(both) - both + (both + 1) / 2
    ties = 1 - (both**3 - both).sum() / (total**3 - total) if total > 1 else 0.0
    variance = ties * n * m * (total + 1) / 12
    if variance <= 0:
        return float("nan")
    return float((first @ rank - n * (total + 1) / 2) / np.sqrt(variance))


def finish(rows: list[list[float]], n_first: int, n_second: int) -> RankSums:
    """Return the table of what `compare_genes` yielded for every gene in order."""
    z, fold, share_first, share_second = np.array(rows, float).reshape(-1, 4).T
    p = np.where(np.isfinite(z), normal_two_sided(np.nan_to_num(z)), np.nan)
    q = false_discovery_rate(p)
    return RankSums(z, p, q, fold, share_first, share_second, n_first, n_second)


def list_genes(store: ConceptStore, table: RankSums) -> list[list[Any]]:
    """Return the rows of all genes, the largest |z| first; a missing number is None.

    Columns: symbol, id, z, log2 fold change, the two shares, p, q.
    """
    ids, symbols = list(store.strings("genes/id")), store.gene_symbols
    columns = (
        table.z,
        table.log_fold_change,
        table.share_first,
        table.share_second,
        table.p,
        table.q,
    )
    order = np.argsort(-np.nan_to_num(np.abs(table.z)), kind="stable")
    return [[symbols[g], ids[g], *(known_or_none(c[g]) for c in columns)] for g in order]


def _means(histogram: np.ndarray, largest: float) -> tuple[float, float, float]:
    counts = np.expm1(np.arange(histogram.shape[1]) / LEVELS * largest)
    sizes = np.maximum(histogram.sum(axis=1), 1)
    first, second = (histogram @ counts) / sizes + PSEUDO_COUNT
    shares = 1 - histogram[:, 0] / sizes
    return float(np.log2(first / second)), float(shares[0]), float(shares[1])
