"""GSEA of many rankings against many gene sets at once; answers as gseapy's, at another speed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.null import N_DRAWS, Null, make_draws
from precompute.enrichment.prerank import break_ties, clean, fingerprint
from precompute.enrichment.results import Enrichment, Scores, no_scores
from precompute.enrichment.running_sum import LANES, list_leading, score_draws, score_sets


class BatchedPrerank:
    """Gene sets with their random counterparts, ready for any number of rankings.

    Parameters
    ----------
    sets : gene sets over the background that the rankings order.
    n_genes : size of the background.
    seed : of the random sets and of the order of ties.
    threads : CPU threads; the results do not depend on them.
    n_draws : random sets for each size.

    Notes
    -----
    The score is that of gseapy's prerank with weight 1. p is the share of random sets of the same
    size and side that score as high or higher; where it is small, by multilevel splitting. All
    rankings share the random sets; other random numbers are fixed by the seed and the values of
    a ranking, so that it gets the same answer alone and in any company. A ranking without
    spread, a set of the whole background and a set without random counterparts of its side get
    p = 1 and NES = 0.
    """

    def __init__(
        self,
        sets: MatchedSets,
        n_genes: int,
        seed: int,
        threads: int = 1,
        n_draws: int = N_DRAWS,
    ) -> None:
        self._seed, self._threads = seed, threads
        self._sizes = np.array([len(members) for members in sets.members], np.int64)
        self._usable = (self._sizes > 0) & (self._sizes < n_genes)
        kept = [m if ok else m[:0] for m, ok in zip(sets.members, self._usable, strict=True)]
        owners = np.repeat(np.arange(len(kept)), [len(members) for members in kept])
        genes = np.concatenate([*kept, np.empty(0, np.int64)])
        self._owners = owners[np.argsort(genes, kind="stable")]
        self._offsets = np.concatenate([[0], np.cumsum(np.bincount(genes, minlength=n_genes))])
        self._kept_sizes = np.where(self._usable, self._sizes, 0)
        self._draws = make_draws(self._sizes[self._usable], n_genes, seed, n_draws)

    def score(self, rankings: np.ndarray) -> Iterator[Scores]:
        """Yield the scores of each row of `rankings` (n_rankings, n_genes), in their order.

        High is the top of a ranking; NaN is taken as 0. What is held at a time does not grow
        with the number of rankings.
        """
        blocks = [rankings[start : start + LANES] for start in range(0, len(rankings), LANES)]
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(blocks), self._threads):
                for found in pool.map(self._score_block, blocks[start : start + self._threads]):
                    yield from found

    def test(self, rankings: np.ndarray) -> Iterator[Enrichment]:
        """Yield the table of each row of `rankings`, smallest p first."""
        for found in self.score(rankings):
            yield found.tabulate(self._sizes)

    def _score_block(self, block: np.ndarray) -> list[Scores]:
        filled = clean(block)
        spread = np.ptp(filled, axis=1) > 0
        if not spread.any() or not self._usable.any():
            return [no_scores(len(self._sizes)) for _ in block]
        strict = [break_ties(row, self._seed) for row in filled]
        orders = [np.argsort(-row, kind="stable") for row in strict]
        weights = [np.abs(row[order]) for row, order in zip(strict, orders, strict=True)]
        lanes = np.ones((filled.shape[1], LANES), np.float32)
        for lane in np.flatnonzero(spread):
            lanes[:, lane] = weights[lane] / weights[lane].max()
        scored = [_score_null(lanes, places, len(block)) for places in self._draws.places]
        return [
            self._score_one(filled[lane], weights[lane], orders[lane], [s[lane] for s in scored])
            if spread[lane]
            else no_scores(len(self._sizes))
            for lane in range(len(block))
        ]

    def _score_one(
        self, values: np.ndarray, weights: np.ndarray, order: np.ndarray, scored: list[np.ndarray]
    ) -> Scores:
        es, leads = np.empty(len(self._sizes)), np.empty(len(self._sizes), np.int64)
        score_sets(weights, order, self._offsets, self._owners, self._kept_sizes, es, leads)
        es[~self._usable], leads[~self._usable] = 0, 0
        p, nes = np.ones(len(es)), np.zeros(len(es))
        seeds = (self._seed, fingerprint(values))
        for side in (1, -1):
            own = np.flatnonzero(self._usable & ((es > 0) == (side > 0)))
            null = Null(self._draws, scored, weights, side, seeds)
            p[own], lengths = null.judge(np.abs(es[own]), self._sizes[own])
            nes[own] = side * lengths
        return Scores(es, nes, p, self._list_leading(order, es, leads))

    def _list_leading(
        self, order: np.ndarray, es: np.ndarray, leads: np.ndarray
    ) -> list[np.ndarray]:
        starts = np.concatenate([[0], np.cumsum(leads)])
        genes = np.empty(starts[-1], np.int32)
        list_leading(order, self._offsets, self._owners, self._kept_sizes, es, starts, genes)
        ends = starts.tolist()
        return [genes[start:end] for start, end in pairwise(ends)]


def _score_null(weights: np.ndarray, places: np.ndarray, n_used: int) -> np.ndarray:
    """Return highest and lowest value of the running sum of random sets, (n_used, 2, n_draws)."""
    found = np.empty((2, len(places), LANES), np.float32)
    score_draws(weights, places, *found)
    return np.ascontiguousarray(found[:, :, :n_used].transpose(2, 0, 1))
