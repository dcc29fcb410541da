"""Monte Carlo test of gene sets against random sets that match them. Sees no model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from precompute.attribution.random_sets import Strata, draw_matched
from precompute.attribution.set_effects import FlatSets, flatten

# A set draws on while no more random sets than this, itself counted, lie as far out.
_FEW = 10
_VALUES_PER_CHUNK = 1_000_000
# Of the largest value: the same genes summed in another order must count as equal.
_ROUNDING = 1e-5

# From gene sets to a number each, (n_sets,), which may not depend on the other sets of a call.
Statistic = Callable[[FlatSets], np.ndarray]


class Comparison(NamedTuple):
    """Sets against their random sets, each (n_sets,).

    Attributes
    ----------
    distance : the statistic of the set minus the mean of its random sets.
    z : the distance over the standard deviation of the random sets; NaN where these are all
        alike.
    p : two-sided.
    n_random : random sets drawn from the last statistic the set was compared by.
    """

    distance: np.ndarray
    z: np.ndarray
    p: np.ndarray
    n_random: np.ndarray


def compare(
    stages: Sequence[tuple[Statistic, int]],
    sets: Sequence[np.ndarray],
    strata: Strata,
    rng: np.random.Generator,
) -> Comparison:
    """Compare a statistic of gene sets with that of matched random sets.

    Parameters
    ----------
    stages : statistics with ascending totals of random sets; who goes on is told in `swap_sets`.
        The random sets of the stage before are kept where it has the same statistic.
    sets : for each set its genes, one at least.
    """
    distance, z, p = np.full((3, len(sets)), np.nan)
    result = Comparison(distance, z, p, np.zeros(len(sets), np.int64))
    left, values, before = np.arange(len(sets)), np.empty((len(sets), 0), np.float32), None
    for statistic, total in stages:
        if not len(left):
            break
        if statistic is not before:
            values, before = values[:, :0], statistic
        remaining = [sets[i] for i in left.tolist()]
        own = statistic(flatten(remaining))
        drawn = _draw_values(statistic, remaining, strata, total - values.shape[1], rng)
        values = np.concatenate([values, drawn], axis=1)
        result.distance[left] = own - values.mean(axis=1, dtype=np.float64)
        spread = values.std(axis=1, ddof=1, dtype=np.float64)
        spread[spread <= _slack(own, values)] = np.nan
        result.z[left] = result.distance[left] / spread
        result.p[left] = _two_sided(own, values)
        result.n_random[left] = total
        far = np.round(result.p[left] * (total + 1)) <= _FEW
        left, values = left[far], values[far]
    return result


def _draw_values(
    statistic: Statistic,
    sets: Sequence[np.ndarray],
    strata: Strata,
    n_draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the statistic of random sets for each set, (n_sets, n_draws) float32."""
    values = np.empty((len(sets), n_draws), np.float32)
    begin = 0
    while begin < len(sets):
        end = begin
        drawn: list[np.ndarray] = []
        while end < len(sets) and sum(part.size for part in drawn) < _VALUES_PER_CHUNK:
            drawn.append(draw_matched(sets[end], strata, n_draws, rng))
            end += 1
        size = np.repeat([part.shape[1] for part in drawn], n_draws)
        offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int32)
        genes = np.concatenate([part.ravel() for part in drawn])
        values[begin:end] = statistic(FlatSets(genes, offsets)).reshape(-1, n_draws)
        begin = end
    return values


def _two_sided(own: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the share of values, own included, as far from their common mean as own."""
    n_draws = values.shape[1]
    centre = (values.sum(axis=1, dtype=np.float64) + own) / (n_draws + 1)
    least = np.abs(own - centre) - _slack(own, values)
    return (1 + (np.abs(values - centre[:, None]) >= least[:, None]).sum(axis=1)) / (n_draws + 1)


def _slack(own: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return how far apart values may be that differ by rounding only, (n_sets,)."""
    return _ROUNDING * np.maximum(np.abs(own), np.abs(values).max(axis=1))
