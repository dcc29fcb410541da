"""Cells whose genes no longer know of each other."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

N_BINS = 10


def shuffle_genes(
    counts: sp.csr_matrix, library_size: np.ndarray, seed: int, n_bins: int = N_BINS
) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return counts with the values of each gene shuffled over cells of about the same size.

    Each gene keeps its values, deep cells stay deep and shallow ones shallow, and whatever genes
    did together is gone: cell types, states, programmes.

    Parameters
    ----------
    counts : (n_cells, n_genes), raw counts.
    library_size : (n_cells,) total counts, genes that are not in `counts` included; a cell keeps
        what these have.
    n_bins : groups of cells of equal number, by library size, within which values move.

    Returns
    -------
    Shuffled counts (n_cells, n_genes) float32 CSR, and the library size of each cell.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(library_size, kind="stable")
    bins = [rows for rows in np.array_split(order, n_bins) if len(rows)]
    blocks = [sp.csr_matrix(rng.permuted(counts[rows].toarray(), axis=0)) for rows in bins]
    back = np.argsort(np.concatenate(bins), kind="stable")
    shuffled = sp.csr_matrix(sp.vstack(blocks, format="csr")[back], dtype=np.float32)
    outside = library_size - np.asarray(counts.sum(axis=1)).ravel()
    return shuffled, outside + np.asarray(shuffled.sum(axis=1)).ravel()
