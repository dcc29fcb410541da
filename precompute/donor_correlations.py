"""Spearman's correlation of activations with a number, within each donor, for all concepts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.stats import rankdata

# Of fewer cells a correlation says little, and the donor is left out.
LEAST_CELLS = 10


@dataclass(frozen=True, eq=False)
class Lifts:
    """Ranks of activations within each donor and concept, relative to the tied block of zeros.

    Attributes
    ----------
    known : (n_cells,) cells that take part.
    cells, group, lift : (n_active,) of each activation: its cell, donor x n_concepts + concept,
        and rank. Zeros have lift 0, and so drop out of every sum.
    """

    known: np.ndarray
    cells: np.ndarray
    group: np.ndarray
    lift: np.ndarray


def rank_within(
    activations: sp.csc_matrix, known: np.ndarray, donors: np.ndarray, n_donors: int
) -> Lifts:
    """Return the ranks of the activations (n_cells, n_concepts) of the cells that are known."""
    n_concepts = activations.shape[1]
    concepts = np.repeat(np.arange(n_concepts), np.diff(activations.indptr))
    keep = known[activations.indices]
    cells, values = activations.indices[keep], activations.data[keep]
    group = donors[cells].astype(np.int64) * n_concepts + concepts[keep]
    n_active = np.bincount(group, minlength=n_donors * n_concepts)
    n_cells = np.bincount(donors[known], minlength=n_donors)
    n_zero = np.repeat(n_cells, n_concepts) - n_active
    return Lifts(known, cells, group, _rank_in_groups(values, group) + (n_zero[group] - 1) / 2)


def correlate_within(
    activations: sp.csc_matrix,
    numbers: np.ndarray,
    donors: np.ndarray,
    n_donors: int,
    earlier: list[Lifts] | None = None,
) -> np.ndarray:
    """Return Spearman's correlation within each donor, (n_donors, n_concepts).

    Zeros of a concept are one block of tied ranks, so the cost follows the active cells. A concept
    that is silent in a donor has 0 there: nothing goes with the number.

    Parameters
    ----------
    activations : (n_cells, n_concepts), its zeros not stored.
    numbers : (n_cells,), NaN where missing.
    donors : (n_cells,) codes, -1 missing.
    earlier : ranks of the same activations and donors, used again for columns that miss the same
        cells, and added to.

    Returns
    -------
    ndarray
        NaN for donors with fewer than `LEAST_CELLS` cells that have a number, or of one number.
    """
    n_concepts = activations.shape[1]
    known = np.isfinite(numbers) & (donors >= 0)
    earlier = [] if earlier is None else earlier
    found = next((lifts for lifts in earlier if np.array_equal(lifts.known, known)), None)
    if found is None:
        found = rank_within(activations, known, donors, n_donors)
        earlier.append(found)
    centred, n_cells, spread = _rank_numbers(numbers, np.where(known, donors, -1), n_donors)
    n_groups, group, lift = n_donors * n_concepts, found.group, found.lift
    total = np.bincount(group, weights=lift, minlength=n_groups)
    squares = np.bincount(group, weights=lift**2, minlength=n_groups)
    products = np.bincount(group, weights=lift * centred[found.cells], minlength=n_groups)
    variance = squares - total**2 / np.maximum(np.repeat(n_cells, n_concepts), 1)
    scale = np.sqrt(np.maximum(variance, 0) * np.repeat(spread, n_concepts))
    correlation = np.divide(products, scale, out=np.zeros(n_groups), where=scale > 1e-9)
    correlation = np.clip(correlation, -1, 1).reshape(n_donors, n_concepts)
    correlation[(n_cells < LEAST_CELLS) | (spread == 0)] = np.nan
    return correlation


def _rank_numbers(
    numbers: np.ndarray, donors: np.ndarray, n_donors: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return centred ranks within the donor, and for each donor its cells and sum of squares."""
    centred = np.zeros(len(numbers))
    n_cells, spread = np.zeros(n_donors, int), np.zeros(n_donors)
    for donor in range(n_donors):
        cells = np.flatnonzero(donors == donor)
        if len(cells):
            ranks = rankdata(numbers[cells]) - (len(cells) + 1) / 2
            centred[cells], n_cells[donor] = ranks, len(cells)
            spread[donor] = (ranks**2).sum()
    return centred, n_cells, spread


def _rank_in_groups(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the rank of each value in its group, from 1, ties sharing their mean rank."""
    order = np.argsort(values, kind="stable")
    order = order[np.argsort(group[order], kind="stable")]
    ordered, of_group = values[order], group[order]
    n = len(values)
    is_new = np.ones(n, bool)
    is_new[1:] = of_group[1:] != of_group[:-1]
    is_next = is_new.copy()
    is_next[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_next)
    lengths = np.diff(np.append(starts, n))
    begin = np.repeat(np.flatnonzero(is_new), np.diff(np.append(np.flatnonzero(is_new), n)))
    mean_position = np.repeat(starts + (lengths - 1) / 2, lengths)
    ranks = np.empty(n)
    ranks[order] = mean_position - begin + 1
    return ranks
