"""The share of concepts with a significant gene set, and how far it is above a null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control, norm

SIGNIFICANT = 0.05


def count_found(p: np.ndarray, statistic: np.ndarray) -> int:
    """Return how many sets have q < .05 (Benjamini and Hochberg) and a statistic above 0."""
    return int(((false_discovery_control(p) < SIGNIFICANT) & (statistic > 0)).sum())


@dataclass(frozen=True)
class Share:
    """Concepts with at least one significant set; `n_found` may be a mean over draws."""

    n_found: float
    n: int

    @property
    def value(self) -> float:
        """The share, NaN of none."""
        return self.n_found / self.n if self.n else float("nan")


def list_nulls(kinds: Sequence[str], drawn: np.ndarray, shuffled: np.ndarray) -> dict[str, Share]:
    """Return the shares of one ranking under each null there is, by name.

    Parameters
    ----------
    kinds : of random sets.
    drawn : (n_kinds, n_draws, n_concepts) significant random sets.
    shuffled : (n_null_concepts,) significant sets of the concepts of shuffled cells.
    """
    nulls = {}
    if drawn.shape[1]:
        means = (drawn > 0).mean(axis=1).sum(axis=1)
        for kind, mean in zip(kinds, means, strict=True):
            nulls[f"random sets of {kind}"] = Share(float(mean), drawn.shape[2])
    if len(shuffled):
        nulls["shuffled cells"] = Share(int((shuffled > 0).sum()), len(shuffled))
    return nulls


def wilson(share: Share, level: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share (Wilson 1927); NaN of none."""
    if not share.n:
        return float("nan"), float("nan")
    z = norm.ppf((1 + level) / 2)
    middle = (share.value + z**2 / (2 * share.n)) / (1 + z**2 / share.n)
    half = (
        z
        / (1 + z**2 / share.n)
        * np.sqrt(share.value * (1 - share.value) / share.n + z**2 / (4 * share.n**2))
    )
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def difference_interval(found: Share, null: Share, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of one share minus another, from their score intervals.

    Method 10 of Newcombe (1998), for independent shares. The same concepts with random sets are
    not independent of the concepts with real ones; the interval is then wider than it had to be.
    """
    (low, high), (null_low, null_high) = wilson(found, level), wilson(null, level)
    difference = found.value - null.value
    below = np.hypot(found.value - low, null_high - null.value)
    above = np.hypot(high - found.value, null.value - null_low)
    return float(difference - below), float(difference + above)
