"""Refuses embeddings and settings no dictionary can be trained on. Computes nothing else."""

from __future__ import annotations

import numpy as np

from precompute.errors import fault


def check_embeddings(embeddings: np.ndarray) -> np.ndarray:
    """Return finite embeddings as float32.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding)

    Returns
    -------
    (n_cells, d_embedding), float32; the array itself when it is float32 already.

    Raises
    ------
    InputError
        The array is not two-dimensional, has no column, or holds NaN or infinity.
    """
    embeddings = np.asarray(embeddings)
    if embeddings.ndim != 2 or embeddings.shape[1] == 0:
        raise fault(
            "embeddings",
            f"found an array of shape {embeddings.shape}",
            "two axes, (n_cells, d_embedding)",
            "Pass one embedding a row.",
        )
    embeddings = embeddings.astype(np.float32, copy=False)
    bad = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
    if bad.size:
        raise fault(
            "embeddings",
            f"{bad.size} of {len(embeddings)} rows hold NaN or infinity (first: row {bad[0]})",
            "finite numbers",
            "Remove these cells, or mend the model that embedded them.",
        )
    return embeddings


def check_training(embeddings: np.ndarray, n_latents: int, k: int, epochs: int) -> np.ndarray:
    """Return the embeddings as float32 when a dictionary can be trained on them.

    Raises
    ------
    InputError
        Fewer than 2 cells, all embeddings equal, `k` outside 1..n_latents, no epoch, or
        embeddings refused by `check_embeddings`.
    """
    embeddings = check_embeddings(embeddings)
    if len(embeddings) < 2:
        raise fault(
            "embeddings", f"found {len(embeddings)} cells", "at least 2", "Embed more cells."
        )
    if not (embeddings != embeddings[0]).any():
        raise fault(
            "embeddings",
            f"all {len(embeddings)} rows are equal (zero variance)",
            "embeddings that differ between cells",
            "Check the model and the counts it was given.",
        )
    check_k(k, n_latents)
    if epochs < 1:
        raise fault("epochs", f"found {epochs}", "at least 1", "Raise `epochs`.")
    return embeddings


def check_k(k: int, n_latents: int) -> None:
    """Raise `InputError` unless 1 <= k <= n_latents."""
    if not 1 <= k <= n_latents:
        raise fault(
            "dictionary",
            f"k = {k} with {n_latents} latents",
            "1 <= k <= n_latents",
            "Lower `k` or raise the number of latents.",
        )
