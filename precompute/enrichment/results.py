"""The table that every enrichment test fills, and the false discovery rate within it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control


@dataclass(frozen=True)
class Scores:
    """GSEA of one ranking, in the order of the gene sets.

    Attributes
    ----------
    es, nes, p : (n_sets,) enrichment score, score over the mean of random sets of its side and
        size, and p on that side.
    leading : for each set the genes of its leading edge, nearest to the end of the ranking first.
    """

    es: np.ndarray
    nes: np.ndarray
    p: np.ndarray
    leading: list[np.ndarray]

    def tabulate(self, size: np.ndarray) -> Enrichment:
        """Return the table, smallest p first; `size` (n_sets,) is that of each set."""
        return make_enrichment(np.arange(len(size)), self.nes, self.p, size, self.leading)


def no_scores(n_sets: int) -> Scores:
    """Return the scores of a ranking that says nothing: p = 1, all else 0, no leading genes."""
    none = [np.empty(0, np.int64) for _ in range(n_sets)]
    return Scores(np.zeros(n_sets), np.zeros(n_sets), np.ones(n_sets), none)


@dataclass(frozen=True)
class Enrichment:
    """Gene sets tested on one ranking, smallest p first.

    Attributes
    ----------
    gene_set : (n_rows,) index of the set.
    statistic : (n_rows,) NES, or fold enrichment.
    p, q : (n_rows,) p and its Benjamini-Hochberg q over the sets of this ranking.
    size : (n_rows,) genes of the set in the background.
    leading : for each row the indices of the leading genes in the background.
    """

    gene_set: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    q: np.ndarray
    size: np.ndarray
    leading: list[np.ndarray]

    def head(self, n: int) -> Enrichment:
        """Return the first `n` rows; their q still counts all sets that were tested."""
        return Enrichment(
            gene_set=self.gene_set[:n],
            statistic=self.statistic[:n],
            p=self.p[:n],
            q=self.q[:n],
            size=self.size[:n],
            leading=self.leading[:n],
        )


def make_enrichment(
    gene_set: np.ndarray,
    statistic: np.ndarray,
    p: np.ndarray,
    size: np.ndarray,
    leading: list[np.ndarray],
) -> Enrichment:
    """Return the rows ordered by p, then by size of the statistic, with q added.

    q by Benjamini and Hochberg (1995), in scipy.
    """
    order = np.lexsort((gene_set, -np.abs(statistic), p))
    return Enrichment(
        gene_set=gene_set[order],
        statistic=statistic[order],
        p=p[order],
        q=(false_discovery_control(p) if len(p) else p)[order],
        size=size[order],
        leading=[leading[i] for i in order],
    )
