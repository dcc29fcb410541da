"""Two-dimensional maps of the cells, and the order in which the browser wants the cells."""

from __future__ import annotations

import anndata as ad
import numpy as np
import scanpy as sc

from precompute.cells import Cells
from precompute.errors import fault

QUANTA = 65535


def make_map(
    cells: Cells, embeddings: np.ndarray, supplied: str, seed: int
) -> tuple[np.ndarray, str]:
    """Return a map (n_cells, 2), float32, and its title.

    The matrix `supplied` of ``obsm`` when the data has it, else scanpy's UMAP (McInnes et al.
    2018) of the embeddings.

    Raises
    ------
    InputError
        The supplied map has NaN or fewer than two columns.
    """
    if supplied in cells.obsm:
        xy = np.asarray(cells.obsm[supplied], dtype=np.float32)[:, :2]
        if xy.shape[1] < 2 or not np.isfinite(xy).all():
            raise fault(
                cells.source,
                f"obsm['{supplied}'] has NaN or fewer than two columns",
                "two finite coordinates a cell",
                "Remove it, or set data.umap to another name.",
            )
        return xy, f"{supplied.removeprefix('X_').upper()} that came with the data"
    return _compute_umap(embeddings, seed), "UMAP of the embeddings"


def _compute_umap(embeddings: np.ndarray, seed: int) -> np.ndarray:
    if len(embeddings) < 4:
        return np.zeros((len(embeddings), 2), np.float32) + np.arange(len(embeddings))[:, None]
    adata = ad.AnnData(np.asarray(embeddings, np.float32))
    n_neighbours = min(15, len(embeddings) - 1)
    sc.pp.neighbors(adata, n_neighbors=n_neighbours, use_rep="X", random_state=seed)
    sc.tl.umap(adata, random_state=seed)
    return np.asarray(adata.obsm["X_umap"], dtype=np.float32)


def quantise(xy: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Return the map on a grid of 16 bits a side, uint16, and x_min, y_min and side of it.

    The grid is square, so that the aspect of the map is kept.
    """
    low = xy.min(axis=0).astype(np.float64)
    side = float((xy.max(axis=0) - low).max()) or 1.0
    grid = np.rint((xy - low) / side * QUANTA).astype(np.uint16)
    return grid, [float(low[0]), float(low[1]), side]


def order_by_morton(grid: np.ndarray) -> np.ndarray:
    """Return the cells in Morton order of their grid position: neighbours stand together.

    The order makes the gaps between the active cells of a concept small (FORMAT.md,
    'payloads').
    """
    code = _spread_bits(grid[:, 0]) | (_spread_bits(grid[:, 1]) << np.uint64(1))
    return np.argsort(code, kind="stable")


def _spread_bits(values: np.ndarray) -> np.ndarray:
    """Return the 16 bits of each value on the even bits of a 32-bit number."""
    bits = values.astype(np.uint64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
