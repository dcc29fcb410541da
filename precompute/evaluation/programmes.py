"""How units go with programmes whose activity is known: simulated cells."""

from __future__ import annotations

import numpy as np


def match_programmes(units: np.ndarray, programmes: np.ndarray) -> tuple[float, float]:
    """Return the mean best correlation of units with programmes, and of programmes with units.

    Correlations are absolute: the sign of a component means nothing. Units that do not vary are
    left out of the first, and match nothing in the second.

    Parameters
    ----------
    units : (n_cells, n_units)
    programmes : (n_cells, n_programmes) true activity.
    """
    moving = [x[:, x.std(axis=0) > 0].astype(np.float64) for x in (units, programmes)]
    if not all(x.shape[1] for x in moving):
        return 0.0, 0.0
    n_units = moving[0].shape[1]
    both = np.atleast_2d(np.corrcoef(np.concatenate(moving, axis=1), rowvar=False))
    between = np.abs(both[:n_units, n_units:])
    return float(between.max(axis=1).mean()), float(between.max(axis=0).mean())
