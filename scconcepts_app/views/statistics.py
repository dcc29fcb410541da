"""Exact counting tests and false discovery rates, for whole tables at once. numpy only."""

from __future__ import annotations

import math

import numpy as np

# Below this, a factorial's logarithm is summed; above, Stirling's series is exact to 1e-14.
_SMALL = 16
_SMALL_LOGS = tuple(math.lgamma(n + 1) for n in range(_SMALL))
_NEGLIGIBLE = 1e-15
_ROOT_2 = math.sqrt(2)
# What has q up to 0.05 is found. Some tables hold q as float32, whose 0.05 is a little larger.
SIGNIFICANT_Q = float(np.float32(0.05))


def log_factorial(n: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of n! for whole numbers n >= 0.

    Above 15 by Stirling's series (1730) with three corrections, which is exact to about 1e-13.
    """
    n = np.asarray(n, np.int64)
    x = np.maximum(n, _SMALL).astype(float)
    series = 1 / (12 * x) - 1 / (360 * x**3) + 1 / (1260 * x**5) - 1 / (1680 * x**7)
    large = x * np.log(x) - x + 0.5 * np.log(2 * np.pi * x) + series
    return np.where(n < _SMALL, np.array(_SMALL_LOGS)[np.minimum(n, _SMALL - 1)], large)


def log_choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return the logarithm of n over k for whole numbers 0 <= k <= n."""
    return log_factorial(n) - log_factorial(k) - log_factorial(np.asarray(n) - k)


def hypergeometric_tails(
    hits: np.ndarray, n_marked: np.ndarray | int, n_drawn: np.ndarray | int, n_all: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance of as many hits or more, and of as many or fewer.

    Of `n_all` things `n_marked` are marked; `n_drawn` are drawn without putting back.

    Parameters
    ----------
    hits : marked things among those drawn; broadcast with the next two.

    Returns
    -------
    P(X >= hits) and P(X <= hits), both from the smaller tail, so that small ones are exact.
    """
    hits, n_marked, n_drawn = (
        np.atleast_1d(a).astype(np.int64) for a in np.broadcast_arrays(hits, n_marked, n_drawn)
    )
    log_point = (
        log_choose(n_marked, hits)
        + log_choose(n_all - n_marked, n_drawn - hits)
        - log_choose(np.full(hits.shape, n_all), n_drawn)
    )
    point = np.exp(log_point)
    above = hits * n_all >= n_marked * n_drawn
    step = np.where(above, 1, -1)
    with np.errstate(under="ignore"):
        total = _sum_tail(hits, n_marked, n_drawn, n_all, step)
        tail = np.clip(np.exp(log_point + np.log(total)), 0, 1)
        other = np.clip(1 - tail + point, 0, 1)
    return np.where(above, tail, other), np.where(above, other, tail)


def _sum_tail(hits, n_marked, n_drawn, n_all, step) -> np.ndarray:
    """Return the sum of a tail in units of its first term, away from the mean: terms that fall."""
    total = np.ones(hits.shape)
    term = np.ones(hits.shape)
    x = hits.astype(float)
    k, n, rest = n_marked.astype(float), n_drawn.astype(float), float(n_all) - n_marked - n_drawn
    up = step > 0
    for _ in range(int(max(1, np.minimum(n_marked, n_drawn).max(initial=0)))):
        # Of the direction that is not taken, a denominator may pass through 0.
        with np.errstate(divide="ignore", invalid="ignore"):
            rising = (k - x) * (n - x) / ((x + 1) * np.maximum(rest + x + 1, 1))
            falling = x * np.maximum(rest + x, 0) / ((k - x + 1) * (n - x + 1))
        term = term * np.where(up, rising, falling)
        total += term
        x += step
        if not (term > _NEGLIGIBLE * total).any():
            break
    return total


def false_discovery_rate(p: np.ndarray) -> np.ndarray:
    """Return q of each p by Benjamini and Hochberg (1995); a missing p stays missing."""
    p = np.asarray(p, float)
    q = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return q


def normal_two_sided(z: np.ndarray) -> np.ndarray:
    """Return the two-sided p of standard normal z; 0 where it is below what a float holds."""
    return np.array([math.erfc(abs(value) / _ROOT_2) for value in np.asarray(z, float)])
