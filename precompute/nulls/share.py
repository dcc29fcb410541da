"""How many sets are significant, and the share of concepts that have one under each null."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import false_discovery_control

from scconcepts_app.store.schema import SIGNIFICANT
from scconcepts_app.store.shares import Share


def count_found(p: np.ndarray, statistic: np.ndarray) -> int:
    """Return how many sets have q < .05 (Benjamini and Hochberg) and a statistic above 0."""
    return int(((false_discovery_control(p) < SIGNIFICANT) & (statistic > 0)).sum())


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
