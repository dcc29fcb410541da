"""Are the genes of a set more frequent in a short list than chance allows? Hypergeometric."""

from __future__ import annotations

import numpy as np
from scipy.stats import hypergeom

from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.results import Enrichment, make_enrichment


def overrepresentation(chosen: np.ndarray, n_background: int, sets: MatchedSets) -> Enrichment:
    """Test the overlap of a gene list with every set.

    Parameters
    ----------
    chosen : indices of the listed genes in the background, without duplicates.
    n_background : genes the list could have been drawn from.
    sets : gene sets over the same background.

    Notes
    -----
    With N background genes, n of them listed, a set of K and an overlap of x: p is
    P(X >= x) for X ~ Hypergeometric(N, K, n); the statistic is x / (n K / N), the fold
    enrichment. The leading genes are the overlap, in the order of `chosen`.
    """
    listed = np.zeros(n_background, dtype=bool)
    listed[chosen] = True
    rank = np.full(n_background, n_background)
    rank[chosen] = np.arange(len(chosen))
    size = np.array([len(members) for members in sets.members])
    leading = []
    for members in sets.members:
        found = members[listed[members]]
        leading.append(found[np.argsort(rank[found], kind="stable")])
    overlap = np.array([len(genes) for genes in leading])
    p = hypergeom.sf(overlap - 1, n_background, size, len(chosen))
    expected = len(chosen) * size / n_background
    fold = np.divide(overlap, expected, out=np.zeros(len(size)), where=expected > 0)
    return make_enrichment(np.arange(len(size)), fold, p, size, leading)
