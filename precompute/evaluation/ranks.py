"""The area under the ROC curve of every unit for every group, by ranks."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def rank_auroc(units: np.ndarray, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Return the chance that a cell of the group has the higher value, ties counting half.

    Parameters
    ----------
    units : (n_cells, n_units)
    codes : (n_cells,) group of each cell; `n_groups` and above for none, -1 to leave it out.

    Returns
    -------
    (n_groups, n_units), NaN where a group holds no or all cells.
    """
    known = codes >= 0
    ranks = rankdata(np.asarray(units)[known], axis=0)
    inside = codes[known][None, :] == np.arange(n_groups)[:, None]
    n_in = inside.sum(axis=1)[:, None]
    pairs = n_in * (inside.shape[1] - n_in)
    lifted = inside @ ranks - n_in * (n_in + 1) / 2
    return np.divide(lifted, pairs, out=np.full(lifted.shape, np.nan), where=pairs > 0)
