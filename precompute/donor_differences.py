"""A category against all else, donor by donor. Arrays in, arrays out; tests nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

# Of fewer cells a mean says little, and the donor is left out of the comparison.
LEAST_CELLS = 5


@dataclass(frozen=True, eq=False)
class DonorTable:
    """Cells and activations of one obs column, added up by donor, stratum and category.

    Attributes
    ----------
    counts : (n_donors, n_strata, n_categories) cells.
    sums : (n_donors, n_strata, n_categories, n_concepts) sums of activations.
    """

    counts: np.ndarray
    sums: np.ndarray

    @cached_property
    def _all(self) -> tuple[np.ndarray, np.ndarray]:
        """Counts and sums over all categories."""
        return self.counts.sum(axis=2), self.sums.sum(axis=2)

    def split(self, code: int) -> Sides:
        """Return the cells in a category and those outside of it."""
        n_in, sum_in = self.counts[:, :, code], self.sums[:, :, code]
        n_all, sum_all = self._all
        return Sides(n_in, n_all - n_in, sum_in, sum_all - sum_in)

    def stratum(self, index: int) -> DonorTable:
        """Return the table of one stratum alone."""
        return DonorTable(self.counts[:, [index]], self.sums[:, [index]])


@dataclass(frozen=True, eq=False)
class Sides:
    """Cells in a category and outside: counts (n_donors, n_strata), sums (..., n_concepts)."""

    n_in: np.ndarray
    n_out: np.ndarray
    sum_in: np.ndarray
    sum_out: np.ndarray

    @property
    def on_both(self) -> np.ndarray:
        """Which donors have enough cells on both sides of the same strata, (n_donors,) bool."""
        shared = (self.n_in > 0) & (self.n_out > 0)
        smaller = np.minimum((self.n_in * shared).sum(1), (self.n_out * shared).sum(1))
        return smaller >= LEAST_CELLS

    @property
    def only_in(self) -> np.ndarray:
        """Which donors have enough cells, all of them in the category, (n_donors,) bool."""
        return (self.n_in.sum(1) >= LEAST_CELLS) & (self.n_out.sum(1) == 0)

    @property
    def only_out(self) -> np.ndarray:
        """Which donors have enough cells, none of them in the category, (n_donors,) bool."""
        return (self.n_out.sum(1) >= LEAST_CELLS) & (self.n_in.sum(1) == 0)

    def pool(self) -> Sides:
        """Return the same cells as if they came from one donor."""
        arrays = (self.n_in, self.n_out, self.sum_in, self.sum_out)
        return Sides(*(array.sum(axis=0, keepdims=True) for array in arrays))

    def differences(self) -> np.ndarray:
        """Return the mean inside minus the mean outside of each donor, (n_donors, n_concepts).

        Over strata with cells on both sides, weighted by n_in n_out / (n_in + n_out), so that a
        donor with other proportions of the strata on one side shows no difference for that; the
        weights are those of a regression on the category with a term for each stratum. NaN for a
        donor without such a stratum.
        """
        n_in, n_out = self.n_in[:, :, None], self.n_out[:, :, None]
        weight = n_in * n_out / np.maximum(n_in + n_out, 1)
        means = self.sum_in / np.maximum(n_in, 1) - self.sum_out / np.maximum(n_out, 1)
        total = weight.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weight * means).sum(axis=1) / total

    def adjusted_means(self) -> np.ndarray:
        """Return the mean of each donor after taking out that of each stratum over all cells."""
        n, sums = self.n_in + self.n_out, self.sum_in + self.sum_out
        usual = sums.sum(axis=0) / np.maximum(n.sum(axis=0), 1)[:, None]
        rest = (sums - n[:, :, None] * usual).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return rest / n.sum(axis=1)[:, None]


def add_up(
    activations: sp.csc_matrix,
    donors: np.ndarray,
    strata: np.ndarray,
    codes: np.ndarray,
    shape: tuple[int, int, int],
) -> DonorTable:
    """Return the table of one obs column.

    Parameters
    ----------
    activations : (n_cells, n_concepts).
    donors, strata, codes : (n_cells,) indices; a cell with -1 in one of them is left out.
    shape : numbers of donors, strata and categories.
    """
    known = (donors >= 0) & (strata >= 0) & (codes >= 0)
    n_groups = int(np.prod(shape))
    group = np.ravel_multi_index((donors[known], strata[known], codes[known]), shape)
    cells = np.flatnonzero(known)
    member = sp.csr_matrix(
        (np.ones(len(cells)), (group, cells)), shape=(n_groups, activations.shape[0])
    )
    sums = np.asarray((member @ activations).todense(), dtype=float)
    counts = np.bincount(group, minlength=n_groups).reshape(shape)
    return DonorTable(counts, sums.reshape(*shape, activations.shape[1]))
