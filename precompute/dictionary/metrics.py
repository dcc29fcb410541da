"""How well a dictionary rebuilds embeddings, and how its latents are used. Trains nothing."""

from __future__ import annotations

import numpy as np

from precompute.errors import fault


def explained_variance(embeddings: np.ndarray, reconstruction: np.ndarray) -> float:
    """Return 1 - residual / total, over all entries.

    Parameters
    ----------
    embeddings, reconstruction : (n_cells, d_embedding)

    Returns
    -------
    1 for a perfect reconstruction, 0 for the mean embedding, negative for worse.
    ``total`` is the sum of squares around the mean of `embeddings`.

    Raises
    ------
    InputError
        Shapes differ, or the embeddings have no variance.
    """
    if embeddings.shape != reconstruction.shape:
        raise fault(
            "explained variance",
            f"embeddings {embeddings.shape} and reconstruction {reconstruction.shape}",
            "equal shapes",
            "Rebuild the same cells.",
        )
    center = embeddings.mean(axis=0, dtype=np.float64)
    total = np.square(embeddings - center).sum()
    if not total > 0:
        raise fault(
            "explained variance", "embeddings without variance", "cells that differ", "Add cells."
        )
    residual = np.square(embeddings.astype(np.float64) - reconstruction).sum()
    return float(1 - residual / total)


def active_cells(indices: np.ndarray, n_latents: int) -> np.ndarray:
    """Return how many cells activate each latent, (n_latents,) int64.

    Parameters
    ----------
    indices : (n_cells, k) as `Dictionary.activate` returns them, -1 for none.
    """
    return np.bincount(indices[indices >= 0], minlength=n_latents)


def mean_active(indices: np.ndarray) -> float:
    """Return the mean number of active latents of a cell, between 0 and k."""
    return float((indices >= 0).sum(axis=1).mean())


def dead_latents(indices: np.ndarray, n_latents: int) -> np.ndarray:
    """Return the ascending indices of the latents that no cell activates."""
    return np.flatnonzero(active_cells(indices, n_latents) == 0)
