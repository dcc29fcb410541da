"""Two-dimensional maps of the cells: UMAPs made here, and matrices that came with the data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anndata as ad
import numpy as np
import scanpy as sc
import scipy.sparse as sp

from precompute.cells import Cells
from precompute.config import MapsConfig
from precompute.errors import fault

MODEL, COUNTS = "model", "counts"
N_COMPONENTS = 50
EXACT_BELOW = 8192  # cells; scanpy looks at every pair below it
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class CellMap:
    """One map: `key` is safe as a folder, `title` for the reader, `xy` (n_cells, 2) float32."""

    key: str
    title: str
    xy: np.ndarray


def choose_maps(cells: Cells, settings: MapsConfig, supplied: str) -> tuple[str, ...]:
    """Return the names of the maps to make, the app's first one first.

    Parameters
    ----------
    settings : what was asked for; where nothing was, the map `supplied` with the data or else
        that of the model, and that of the counts unless the cells are very many.
    supplied : name of the matrix of ``obsm`` that is taken for a map.

    Raises
    ------
    InputError
        A name is neither ``model`` nor ``counts`` nor in ``obsm``, or that matrix is no map.
    """
    names = settings.make
    if not names:
        first = supplied if supplied in cells.obsm else MODEL
        names = (first, COUNTS) if cells.n_cells <= settings.most_cells else (first,)
    for name in names:
        if name not in (MODEL, COUNTS):
            _read_supplied(cells, name)
    return names


def make_maps(
    cells: Cells, names: tuple[str, ...], embeddings: Callable[[], np.ndarray], seed: int
) -> list[CellMap]:
    """Return the maps of these names; see `choose_maps`.

    ``model`` is the UMAP (McInnes et al. 2018) of the embeddings. ``counts`` is that of the first
    50 principal components of log1p counts per 10,000 of the model's genes: what the cells look
    like without the model. Both by scanpy's defaults, 15 neighbours.

    Parameters
    ----------
    embeddings : gives the model's embeddings (n_cells, d_embedding), read only when needed.
    """
    found: list[CellMap] = []
    for name in names:
        if name == MODEL:
            title, xy = "UMAP of the model", compute_umap(embeddings(), seed)
        elif name == COUNTS:
            title, xy = "UMAP of the counts", compute_umap(_reduce_counts(cells, seed), seed)
        else:
            words = name.removeprefix("X_").replace("_", " ")
            words = words.upper() if words.islower() and len(words) <= 5 else words
            title, xy = f"{words} that came with the data", _read_supplied(cells, name)
        found.append(CellMap(_make_key(name, [made.key for made in found]), title, xy))
    return found


def compute_umap(points: np.ndarray, seed: int) -> np.ndarray:
    """Return scanpy's UMAP of points (n_cells, n_dimensions); fewer than four stand in a row."""
    n_cells = len(points)
    if n_cells < 4:
        return np.zeros((n_cells, 2), np.float32) + np.arange(n_cells)[:, None]
    adata = ad.AnnData(np.asarray(points, np.float32))
    n_neighbours = min(15, n_cells - 1)
    finder = None if n_cells < EXACT_BELOW else _make_finder(n_cells, n_neighbours, seed)
    sc.pp.neighbors(
        adata, n_neighbors=n_neighbours, use_rep="X", random_state=seed, transformer=finder
    )
    sc.tl.umap(adata, random_state=seed)
    return np.asarray(adata.obsm["X_umap"], dtype=np.float32)


def _make_finder(n_cells: int, n_neighbours: int, seed: int) -> Any:
    """Return what finds neighbours among many cells, with the settings that scanpy has for it.

    pynndescent 0.7 answers with a sparse array, and scanpy 1.11 reads nothing but a matrix.
    """
    from pynndescent import PyNNDescentTransformer

    class Finder(PyNNDescentTransformer):
        def fit_transform(self, X: np.ndarray, *_: Any, **__: Any) -> sp.csr_matrix:
            return sp.csr_matrix(super().fit_transform(X))

    return Finder(
        n_neighbors=n_neighbours,
        random_state=seed,
        n_trees=min(64, 5 + round(n_cells**0.5 / 20)),
        n_iters=max(5, round(np.log2(n_cells))),
    )


def _reduce_counts(cells: Cells, seed: int) -> np.ndarray:
    """Return the first principal components of the cells' expression."""
    expression = cells.log_normalised()[:, cells.model_genes]
    n_components = min(N_COMPONENTS, min(expression.shape) - 1)
    if n_components < 3:  # too few cells or genes for a decomposition
        return expression.toarray()
    return sc.pp.pca(expression, n_comps=n_components, random_state=seed)


def _read_supplied(cells: Cells, name: str) -> np.ndarray:
    if name not in cells.obsm:
        known = ", ".join((MODEL, COUNTS, *cells.obsm))
        raise fault(
            cells.source,
            f"maps.make names '{name}', which is not in obsm",
            f"any of: {known}",
            "Correct the name.",
        )
    xy = np.asarray(cells.obsm[name], dtype=np.float32)[:, :2]
    if xy.shape[1] < 2 or not np.isfinite(xy).all():
        raise fault(
            cells.source,
            f"obsm['{name}'] has NaN or fewer than two columns",
            "two finite coordinates a cell",
            "Remove it, or set data.umap to another name, or say in maps.make which maps to make.",
        )
    return xy


def _make_key(name: str, taken: list[str]) -> str:
    base = _NOT_IN_KEYS.sub("_", name.removeprefix("X_").lower()).strip("_") or "map"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key
