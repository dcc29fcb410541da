"""Are the genes of a set more frequent in a short list than chance allows? Hypergeometric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.sparse as sp
from scipy.stats import hypergeom

from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.results import Enrichment, make_enrichment


def overrepresentation_all(
    lists: Sequence[np.ndarray], n_background: int, sets: MatchedSets
) -> Iterator[Enrichment]:
    """Yield for each gene list the test of its overlap with every set.

    Parameters
    ----------
    lists : for each the indices of the listed genes in the background, without duplicates.
    n_background : genes a list could have been drawn from.
    sets : gene sets over the same background.

    Notes
    -----
    With N background genes, n of them listed, a set of K and an overlap of x: p is
    P(X >= x) for X ~ Hypergeometric(N, K, n); the statistic is x / (n K / N), the fold
    enrichment. The leading genes are the overlap, in the order of the list. All overlaps are
    one sparse product, and each different (x, K, n) is looked up once.
    """
    size = np.array([len(members) for members in sets.members], np.int64)
    membership = _indicator(sets.members, n_background).T.tocsr()
    length = np.array([len(chosen) for chosen in lists], np.int64)
    overlap = (_indicator(lists, n_background) @ membership).toarray()
    p = _tail(overlap, size, length, n_background)
    for number, chosen in enumerate(lists):
        expected = length[number] * size / n_background
        found = overlap[number]
        fold = np.divide(found, expected, out=np.zeros(len(size)), where=expected > 0)
        # Sorted by set, and within a set still in the order of the list.
        shared = membership[chosen].tocoo()
        by_set = np.lexsort((shared.row, shared.col))
        leading = np.split(np.asarray(chosen)[shared.row[by_set]], np.cumsum(found)[:-1])
        yield make_enrichment(np.arange(len(size)), fold, p[number], size, leading)


def _indicator(lists: Sequence[np.ndarray], n_background: int) -> sp.csr_matrix:
    """Return the lists as rows of ones over the background."""
    starts = np.concatenate([[0], np.cumsum([len(found) for found in lists])])
    genes = np.concatenate([*lists, np.empty(0, np.int64)]).astype(np.int64)
    ones = np.ones(len(genes), np.int64)
    return sp.csr_matrix((ones, genes, starts), shape=(len(lists), n_background))


def _tail(
    overlap: np.ndarray, size: np.ndarray, length: np.ndarray, n_background: int
) -> np.ndarray:
    """Return P(X >= overlap), (n_lists, n_sets)."""
    cases = np.stack(np.broadcast_arrays(overlap, size[None], length[:, None]), axis=-1)
    different, place = np.unique(cases.reshape(-1, 3), axis=0, return_inverse=True)
    found, set_size, n_listed = different.T
    p = hypergeom.sf(found - 1, n_background, set_size, n_listed)
    return p[place.ravel()].reshape(overlap.shape)
