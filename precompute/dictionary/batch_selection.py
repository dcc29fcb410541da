"""Which activations a whole batch keeps (BatchTopK). Knows arrays only."""

from __future__ import annotations

import numpy as np

from precompute.dictionary.kernels import at_least, compiled, kth_largest


@compiled
def gather(products, bias, threshold, columns, values, begin, starts, stops):
    """Append the positive pre-activations from `threshold` on, cell after cell.

    Parameters
    ----------
    products : (n_cells, n_latents); `bias` (n_latents,) is still to add.
    columns, values : flat, written from place `begin` on.
    starts, stops : (n_cells,), written: the places of each cell.

    Returns
    -------
    The next free place, or -1 where the places did not suffice.
    """
    n_latents = products.shape[1]
    for cell in range(products.shape[0]):
        if begin + n_latents + 1 > columns.size:
            return -1
        starts[cell] = begin
        begin += at_least(products[cell], bias, threshold, columns[begin:], values[begin:])
        stops[cell] = begin
    return begin


@compiled
def keep_largest(columns, values, starts, stops, wanted):
    """Keep the `wanted` largest of all entries in place; of equal ones the earlier.

    Returns
    -------
    The smallest value kept, 0 where there are no more than `wanted`.
    """
    n_entries = stops[-1]
    smallest = values[0] * 0
    if n_entries > wanted:
        smallest = kth_largest(values[:n_entries].copy(), n_entries, wanted)
    ties = wanted
    for entry in range(n_entries):
        ties -= values[entry] > smallest
    place = 0
    for cell in range(starts.size):
        entry, stop = starts[cell], stops[cell]
        starts[cell] = place
        while entry < stop:
            equal = values[entry] == smallest
            if values[entry] > smallest or (equal and ties > 0):
                columns[place] = columns[entry]
                values[place] = values[entry]
                place += 1
                ties -= equal
            entry += 1
        stops[cell] = place
    return smallest


class BatchSelection:
    """Chooses the n x k largest positive pre-activations of n cells.

    Cells are first reduced to what reaches a threshold learnt from the batch before; where
    that leaves too few, or too many to hold, the batch is gathered again without it. The
    result is exact and does not depend on it.
    """

    def __init__(self, n_cells: int, n_latents: int, k: int, dtype: np.dtype) -> None:
        self.k, self.threshold = k, 0.0
        self._reserve(4 * n_cells * k + n_latents + 1, dtype)
        self.starts, self.stops = np.zeros((2, n_cells), np.int64)

    def select(self, tiles, bias: np.ndarray) -> None:
        """Fill `columns`, `values`, `starts` and `stops`.

        Parameters
        ----------
        tiles : called for an iterator of (slice of the cells, products), once or twice.
        bias : (n_latents,)
        """
        wanted = len(self.starts) * self.k
        if self._gather(tiles, bias, self.threshold) < wanted:
            self._reserve((len(self.starts) + 1) * (len(bias) + 1), self.values.dtype)
            self._gather(tiles, bias, 0.0)
        smallest = keep_largest(self.columns, self.values, self.starts, self.stops, wanted)
        self.threshold = 0.9 * float(smallest)

    def _gather(self, tiles, bias: np.ndarray, threshold: float) -> int:
        found = 0
        limit = self.values.dtype.type(threshold)
        for rows, products in tiles():
            starts, stops = self.starts[rows], self.stops[rows]
            found = gather(products, bias, limit, self.columns, self.values, found, starts, stops)
            if found < 0:
                break
        return found

    def _reserve(self, n_places: int, dtype: np.dtype) -> None:
        self.columns = np.empty(n_places, np.int32)
        self.values = np.empty(n_places, dtype)
