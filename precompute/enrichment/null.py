"""How probable is a score among random gene sets of the same size? Body by counting, tail by steps.

Random sets are random places in the ranking, so one collection of draws serves every ranking;
only the weights differ. Draws are made for a grid of sizes. Between two sizes of the grid, log p
at a given score is taken on a straight line in the size: far out it is proportional to the size
(the score is then a mean over the set), and near the middle the two ends hardly differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from precompute.enrichment.running_sum import TIE, count_reaching, keep_side
from precompute.enrichment.splitting import (
    N_SAMPLES,
    climb,
    draw_sets,
    mean_log_share,
    score_many,
)

N_DRAWS = 10_000
_RATIO = 1.6  # of a size of the grid to the one before
_FEW_SIZES = 8  # so many different sizes are drawn as they are
_ENOUGH = 25  # draws that reach a score, to count them
_FLOOR = np.log(1e-50)  # no p below this is looked for
_MOST_LEVELS = 200


@dataclass(frozen=True)
class Draws:
    """Random sets for each size of the grid.

    Attributes
    ----------
    sizes : (n_sizes,) ascending.
    places : for each size (n_draws, size) ascending positions in a ranking.
    """

    sizes: np.ndarray
    places: list[np.ndarray]

    def neighbours(self, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return for each size the numbers of the grid sizes around it, and its way between."""
        after = np.searchsorted(self.sizes, sizes)
        before = np.where(self.sizes[after] == sizes, after, after - 1)
        gap = np.maximum(self.sizes[after] - self.sizes[before], 1)
        return before, after, (sizes - self.sizes[before]) / gap


def make_draws(sizes: np.ndarray, n_genes: int, seed: int, n_draws: int = N_DRAWS) -> Draws:
    """Draw random sets for gene sets of the given sizes, each below `n_genes`."""
    grid = choose_grid(sizes)
    places = []
    for size in grid:
        drawn = np.empty((n_draws, size), np.int32)
        draw_sets(n_genes, drawn, random_state(seed, n_genes, int(size)))
        drawn.sort(axis=1)
        places.append(drawn)
    return Draws(grid, places)


def choose_grid(sizes: np.ndarray) -> np.ndarray:
    """Return the sizes themselves when they are few, else a geometric series that spans them."""
    different = np.unique(sizes)
    if len(different) <= _FEW_SIZES:
        return different
    low, high = int(different[0]), int(different[-1])
    n_steps = int(np.ceil(np.log(high / low) / np.log(_RATIO)))
    return np.unique(np.rint(np.geomspace(low, high, n_steps + 1)).astype(np.int64))


class Tail:
    """The null distribution of the scores of one side for one size in one ranking.

    Parameters
    ----------
    weights : (n_genes,) positive, from the end of the ranking at which the side is high.
    places : (n_draws, size) ascending positions of the random sets down the ranking.
    tops, others : (n_draws,) float32, how far the running sum of each goes to this side and to
        the other.
    upwards : whether `weights` run up the ranking.
    """

    def __init__(
        self,
        weights: np.ndarray,
        places: np.ndarray,
        tops: np.ndarray,
        others: np.ndarray,
        upwards: bool,
    ) -> None:
        self._weights, self._places, self._upwards = weights, places, upwards
        self._tops = tops
        self._own, self._n_side, total = keep_side(tops, others)
        self.mean = total / self._n_side if self._n_side else np.nan

    def log_p(self, scores: np.ndarray, seeds: tuple[int, ...]) -> np.ndarray:
        """Return log P(score >= s, given the side) for each s of `scores`.

        Counted among the draws, without pseudo-counts, as gseapy does; where fewer than `_ENOUGH`
        of them reach a score, by splitting that starts from the best `N_SAMPLES`. Without a draw
        on this side it is 0.

        Parameters
        ----------
        seeds : whole numbers that fix the random numbers.
        """
        n_side, n_draws = self._n_side, len(self._tops)
        if not n_side:
            return np.zeros(len(scores))
        wanted = scores - TIE
        counts = count_reaching(self._own, wanted.astype(np.float32))
        log_p = np.log(np.maximum(counts, 1) / n_side)
        far = counts < _ENOUGH
        if n_draws > N_SAMPLES and far.any():
            least = np.partition(self._tops, n_draws - N_SAMPLES)[n_draws - N_SAMPLES]
            far &= wanted > least
            if far.any():
                best = np.flatnonzero(self._tops >= least)[-N_SAMPLES:]
                found = self._far(wanted[far], best, random_state(*seeds))
                log_p[far] = found - np.log(n_side / n_draws)
        return np.minimum(log_p, 0.0)

    def _far(self, wanted: np.ndarray, best: np.ndarray, state: np.ndarray) -> np.ndarray:
        members = self._places[best]
        if self._upwards:
            members = np.ascontiguousarray(len(self._weights) - 1 - members[:, ::-1])
        tops, lows = np.empty((2, N_SAMPLES))
        score_many(self._weights, members, tops, lows)
        bounds, logs = np.empty((2, _MOST_LEVELS))
        samples = np.empty((_MOST_LEVELS, N_SAMPLES))
        bounds[0], logs[0] = tops.min(), mean_log_share(N_SAMPLES, len(self._tops))
        samples[0] = np.where(tops > -lows, tops, -np.inf)
        n_levels = climb(
            self._weights, members, tops, wanted.max(), _FLOOR, state, bounds, logs, samples
        )
        level = np.maximum(np.searchsorted(bounds[:n_levels], wanted, side="right") - 1, 0)
        found = np.empty(len(wanted))
        for i, (score, at) in enumerate(zip(wanted, level, strict=True)):
            n_above = int((samples[at] >= score).sum())
            found[i] = logs[at] + mean_log_share(max(n_above, 1), N_SAMPLES)
        return found


def random_state(*parts: int) -> np.ndarray:
    """Return the state of the random numbers that belong to these whole numbers."""
    return np.random.SeedSequence(parts).generate_state(1, np.uint64)


class Null:
    """The null distributions of one side of one ranking, for all sizes of the grid.

    Parameters
    ----------
    draws : the random sets.
    scored : for each size of the grid (2, n_draws), the highest and the lowest value of the
        running sum of each random set in this ranking.
    weights : (n_genes,) positive, down the ranking.
    side : 1 for scores above 0, -1 for those below.
    seeds : whole numbers that fix the random numbers.
    """

    def __init__(
        self,
        draws: Draws,
        scored: list[np.ndarray],
        weights: np.ndarray,
        side: int,
        seeds: tuple[int, ...],
    ) -> None:
        self._draws, self._side, self._seeds = draws, side, seeds
        ahead = np.ascontiguousarray(weights[::side])
        self._tails = []
        for places, (tops, lows) in zip(draws.places, scored, strict=True):
            own, others = (tops, -lows) if side > 0 else (-lows, tops)
            self._tails.append(Tail(ahead, places, own, others, upwards=side < 0))

    def judge(self, scores: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return p and NES, without its sign, of scores of this side, all as lengths.

        Without random sets of this side p is 1 and NES 0.
        """
        before, after, way = self._draws.neighbours(sizes)
        log_p = np.zeros(len(scores))
        for number, tail in enumerate(self._tails):
            share = np.where(before == number, 1 - way, 0.0) + np.where(
                (after == number) & (after != before), way, 0.0
            )
            rows = np.flatnonzero(share)
            if len(rows):
                size = int(self._draws.sizes[number])
                seeds = (*self._seeds, size, int(self._side > 0))
                log_p[rows] += share[rows] * tail.log_p(scores[rows], seeds)
        means = np.log([tail.mean for tail in self._tails])
        low, high = means[before], means[after]
        low, high = np.where(np.isnan(low), high, low), np.where(np.isnan(high), low, high)
        return np.exp(log_p), np.nan_to_num(scores / np.exp((1 - way) * low + way * high))
