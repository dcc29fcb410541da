"""What an autoencoder makes of cells it is not trained on: residuals and calibration."""

from __future__ import annotations

import numpy as np

from precompute.dictionary.autoencoder import Autoencoder
from precompute.dictionary.kernels import rebuild, select_top_k
from precompute.dictionary.sparse_step import encoder_products, make_tile


def residuals(model: Autoencoder, cells: np.ndarray, k: int) -> np.ndarray:
    """Return x_hat - x of each cell with its k largest latents, (n_cells, d_embedding)."""
    n_cells, d_embedding = cells.shape
    columns = np.empty((n_cells, k), np.int32)
    values = np.empty((n_cells, k), cells.dtype)
    counts = np.empty(n_cells, np.int64)
    tile = make_tile(n_cells, model.encoder)
    for rows, products in encoder_products(cells, model.encoder, tile):
        places = columns[rows], values[rows], counts[rows]
        select_top_k(products, model.bias[:, 0], k, *places)
    starts = np.arange(n_cells) * k
    residual = np.empty((n_cells, 1, d_embedding), cells.dtype)
    rebuild(
        cells,
        model.decoder,
        np.array([len(model.decoder)]),
        columns.reshape(-1),
        values.reshape(-1),
        starts,
        starts + counts,
        residual,
        np.empty(n_cells * k, cells.dtype),
        np.empty(n_cells * k, np.uint8),
        np.empty(n_cells, cells.dtype),
    )
    return residual[:, 0]


def explained(model: Autoencoder, cells: np.ndarray, k: int) -> float:
    """Return 1 - residual / total of centred cells; minus infinity where it is not finite."""
    error = np.square(residuals(model, cells, k), dtype=np.float64).sum()
    share = 1 - error / np.square(cells, dtype=np.float64).sum()
    return float(share) if np.isfinite(share) else -np.inf


def calibrate(model: Autoencoder, cells: np.ndarray, k: int) -> None:
    """Scale a tied encoder by <x, x_hat> / <x_hat, x_hat>, the best single factor."""
    rebuilt = residuals(model, cells, k) + cells
    energy = np.square(rebuilt, dtype=np.float64).sum()
    if energy > 0:
        model.encoder *= model.encoder.dtype.type((cells * rebuilt).sum(dtype=np.float64) / energy)


def resample(model: Autoencoder, dead: np.ndarray, cells: np.ndarray, k: int, seed: list) -> None:
    """Give dead latents the directions in which badly rebuilt cells are missed.

    Cells are drawn by their squared error (Bricken et al. 2023). Encoder rows get the mean
    length of the others: at a fifth of it, as there, they are never among a cell's top k, and
    more latents were dead at the end than without.

    Parameters
    ----------
    dead : indices of latents.
    cells : (n_cells, d_embedding), to draw from.
    seed : of the draws.
    """
    missed = -residuals(model, cells, k).astype(np.float64)
    errors = np.square(missed).sum(axis=1)
    if not len(dead) or not errors.sum() > 0:
        return
    chosen = np.random.default_rng(seed).choice(len(cells), len(dead), p=errors / errors.sum())
    alive = np.setdiff1d(np.arange(len(model.encoder)), dead)
    length = np.linalg.norm(model.encoder[alive], axis=1).mean() if len(alive) else 1.0
    directions = missed[chosen] / np.linalg.norm(missed[chosen], axis=1, keepdims=True)
    model.decoder[dead] = directions
    model.encoder[dead] = length * directions
    model.bias[dead] = 0
    for moment in model.moments:
        moment[dead] = 0
    model.idle[dead] = 0
