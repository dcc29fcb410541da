"""Shares of concepts that a store's counts give, with their intervals; both halves show them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations


@dataclass(frozen=True)
class Share:
    """Concepts with at least one significant set; `n_found` may be a mean over draws."""

    n_found: float
    n: int

    @property
    def value(self) -> float:
        """The share, NaN of none."""
        return self.n_found / self.n if self.n else math.nan


def wilson(share: Share) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927); NaN of none."""
    if not share.n:
        return math.nan, math.nan
    spread = _Z**2 / share.n
    middle = (share.value + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share.value * (1 - share.value) + spread**2 / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference_interval(found: Share, other: Share) -> tuple[float, float]:
    """Return the 95 % interval of one share minus another, from their score intervals.

    Method 10 of Newcombe (1998), for independent shares. The same concepts with random sets are
    not independent of the concepts with real ones; the interval is then wider than it had to be.
    """
    (low, high), (other_low, other_high) = wilson(found), wilson(other)
    difference = found.value - other.value
    below = math.hypot(found.value - low, other_high - other.value)
    above = math.hypot(high - found.value, other.value - other_low)
    return difference - below, difference + above
