"""Which cells are kept from a training to measure it on."""

from __future__ import annotations

import numpy as np

from precompute.errors import fault

_SEED = 0
_MOST = 8192


def split_rows(
    n_cells: int, share: float, donors: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ascending rows to train on, and those to measure on.

    Parameters
    ----------
    share : of the cells that are held out; 0 holds none out.
    donors : (n_cells,) labels. Whole donors are then held out, in random order until the share
        is reached: cells of one donor resemble each other, and would flatter the measure.

    Returns
    -------
    training, held_out : of the second at most 8,192, by random choice; the same at each call.

    Raises
    ------
    InputError
        `donors` of another length, or a single donor.
    """
    every = np.arange(n_cells)
    if share == 0:
        return every, every[:0]
    rng = np.random.default_rng(_SEED)
    if donors is None:
        n_held_out = min(max(1, round(share * n_cells)), n_cells - 1)
        out = np.zeros(n_cells, bool)
        out[rng.permutation(n_cells)[:n_held_out]] = True
    else:
        out = _whole_donors(n_cells, share, np.asarray(donors), rng)
    held_out = every[out]
    if len(held_out) > _MOST:
        held_out = np.sort(rng.choice(held_out, _MOST, replace=False))
    return every[~out], held_out


def _whole_donors(
    n_cells: int, share: float, donors: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    if donors.shape != (n_cells,):
        raise fault(
            "donors", f"found shape {donors.shape}", f"({n_cells},)", "Give one label a cell."
        )
    names, codes, counts = np.unique(donors, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise fault("donors", f"found {len(names)}", "at least 2 to hold one out", "Leave it out.")
    order = rng.permutation(len(names))
    n_out = 1 + np.searchsorted(np.cumsum(counts[order]), share * n_cells)
    return np.isin(codes, order[: min(n_out, len(names) - 1)])
