"""Rebuilding of cells from their k largest latents, and from several times as many. Arrays only."""

from __future__ import annotations

import numpy as np

from precompute.dictionary.kernels import compiled, cut_of

WIDTH = 4  # times k, as of Gao et al. 2024


@compiled
def rebuild_twice(
    cells, decoder, k, weight, columns, values, starts, stops, residual, slopes, groups, errors
):
    """Rebuild cells from their k largest active latents, and from all of them.

    The loss of a cell is |x_hat_k - x|^2 plus ``weight`` times |x_hat_all - x|^2 (Multi-TopK, Gao
    et al. 2024). Latents that just miss the choice of the k largest so learn what they are for.

    Parameters
    ----------
    cells : (n_cells, d_embedding)
    decoder : (n_latents, d_embedding)
    columns, values, starts, stops, slopes : as in `kernels.rebuild`.
    residual : (n_cells, 2, d_embedding), written: what an entry of each group is multiplied with.
    groups : flat, written: 0 for the k largest of a cell, 1 for the others.
    errors : (n_cells,), written: |x_hat_k - x|^2.
    """
    n_cells, n_dims = cells.shape
    scratch = np.empty(np.max(stops - starts) + 1, values.dtype)
    for cell in range(n_cells):
        start, stop = starts[cell], stops[cell]
        limit, ties = values[start] * 0, 0
        if stop - start > k:
            limit, ties = cut_of(values[start:stop], stop - start, k, scratch)
        chosen, every = residual[cell, 0], residual[cell, 1]
        for i in range(n_dims):
            chosen[i] = -cells[cell, i]
            every[i] = 0
        for entry in range(start, stop):
            value, direction = values[entry], decoder[columns[entry]]
            equal = (value == limit) & (ties > 0)
            ties -= equal
            groups[entry] = 0 if (value > limit) | equal else 1
            row = residual[cell, groups[entry]]
            for i in range(n_dims):
                row[i] += value * direction[i]
        error = chosen[0] * 0
        for i in range(n_dims):
            error += chosen[i] * chosen[i]
            every[i] = weight * (every[i] + chosen[i])
            chosen[i] += every[i]
        errors[cell] = error
        for entry in range(start, stop):
            row, direction = residual[cell, groups[entry]], decoder[columns[entry]]
            slope = row[0] * 0
            for i in range(n_dims):
                slope += row[i] * direction[i]
            slopes[entry] = slope
