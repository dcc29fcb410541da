"""Chooses the cells that speak for a concept. Sees activations and donors only."""

from __future__ import annotations

import numpy as np


def choose_cells(
    cells: np.ndarray,
    activations: np.ndarray,
    donors: np.ndarray | None,
    max_cells: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return at most `max_cells` cells, spread over donors and over the activation.

    Donors give the same number of cells as far as they have them; within a donor the cells
    are ordered by activation, cut into as many equal strata as it gives cells, and one is
    drawn from each.

    Parameters
    ----------
    cells : (n,) cells that activate the concept.
    activations : (n,) their activations.
    donors : (n,) int64 codes, or None.

    Returns
    -------
    Chosen cells, ascending.
    """
    if len(cells) <= max_cells:
        return np.sort(cells)
    groups = np.zeros(len(cells), np.int64) if donors is None else donors
    order = np.lexsort((cells, activations, groups))
    available = np.bincount(groups)
    chosen, start = [], 0
    for n_available, n_given in zip(available, even_quotas(available, max_cells), strict=True):
        strata = start + np.linspace(0, n_available, n_given + 1).astype(np.int64)
        chosen.append(rng.integers(strata[:-1], strata[1:]))
        start += n_available
    return np.sort(cells[order[np.concatenate(chosen)]])


def even_quotas(available: np.ndarray, total: int) -> np.ndarray:
    """Return how many each group gives so that `total` come together as evenly as possible.

    Parameters
    ----------
    available : (n_groups,) what each group has.
    total : what is asked for; all is given where there is less.
    """
    groups = np.repeat(np.arange(len(available)), available)
    turn = np.concatenate([np.arange(n) for n in available])
    first = np.lexsort((groups, turn))[:total]  # each group in turn, as in dealing out cards
    return np.bincount(groups[first], minlength=len(available))
