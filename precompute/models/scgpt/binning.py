"""From expression to scGPT's bins: quantiles over the genes that one cell expresses."""

from __future__ import annotations

from typing import Literal

import numpy as np

Ties = Literal["midpoint", "random"]
TIES: tuple[Ties, ...] = ("midpoint", "random")


def bin_expression(
    values: np.ndarray, n_bins: int, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Return the bin of each expressed gene of a cell, 1 to `n_bins` - 1 (bin 0 is no expression).

    The edges are `n_bins` - 1 quantiles of the values, from the smallest to the largest. Equal
    counts can fall on several edges at once; scGPT (Cui et al. 2024) then draws one of the bins
    between them, so that two runs differ.

    Parameters
    ----------
    values : (n_expressed,) above 0.
    rng : draws the bin of tied values, as scGPT does; None takes the middle of the tied range,
        rounded up, which is the same in every run.

    Returns
    -------
    (n_expressed,) float32.
    """
    if not len(values):
        return np.empty(0, np.float32)
    edges = np.quantile(values, np.linspace(0, 1, n_bins - 1))
    first = np.digitize(values, edges, right=True)
    last = np.digitize(values, edges)
    share = 0.5 if rng is None else rng.random(len(values))
    return np.ceil(last - share * (last - first)).astype(np.float32)
