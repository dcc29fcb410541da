"""Cells whose genes no longer know of each other."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

_GENES_PER_CHUNK = 1000


def shuffle_genes(
    counts: sp.csr_matrix, library_size: np.ndarray, seed: int
) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return counts in which the share of each gene was shuffled over all cells.

    Each gene keeps its shares of the library, deep cells stay deep, and whatever genes did
    together is gone: cell types, states, programmes. Counts moved as they are would keep some of
    it within cells of one size (large cells are of other types than small ones) and lose the
    sizes over all cells. A share times the new library size is rounded up as often as its
    fraction says, so means stay.

    Parameters
    ----------
    counts : (n_cells, n_genes), raw counts.
    library_size : (n_cells,) total counts, genes that are not in `counts` included; a cell keeps
        what these have.

    Returns
    -------
    Shuffled counts (n_cells, n_genes) float32 CSR, and the library size of each cell.
    """
    rng = np.random.default_rng(seed)
    columns, blocks = sp.csc_matrix(counts), []
    depth = np.asarray(library_size, np.float64)[:, None]
    for start in range(0, counts.shape[1], _GENES_PER_CHUNK):
        share = columns[:, start : start + _GENES_PER_CHUNK].toarray() / depth
        expected = rng.permuted(share, axis=0) * depth
        # Rounded a little first: a count that came back to its own cell is a whole number again.
        lower = np.floor(np.round(expected, 6))
        lower += rng.random(expected.shape) < expected - lower
        blocks.append(sp.csr_matrix(lower.astype(np.float32)))
    shuffled = sp.csr_matrix(sp.hstack(blocks, format="csr"))
    outside = library_size - np.asarray(counts.sum(axis=1)).ravel()
    return shuffled, outside + np.asarray(shuffled.sum(axis=1)).ravel()
