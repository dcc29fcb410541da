"""Refuses embeddings and settings no dictionary can be trained on. Computes nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from precompute.dictionary.settings import VARIANTS, Settings
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
    _check_axes(embeddings)
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


def _check_axes(embeddings: np.ndarray) -> None:
    if embeddings.ndim != 2 or embeddings.shape[1] == 0:
        raise fault(
            "embeddings",
            f"found an array of shape {embeddings.shape}",
            "two axes, (n_cells, d_embedding)",
            "Pass one embedding a row.",
        )


def check_matrix(embeddings: np.ndarray) -> np.ndarray:
    """Return the embeddings, read from or not, when they are a matrix of real numbers.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding), an array or a memory map.

    Raises
    ------
    InputError
        Not two axes, no column, fewer than 2 rows, or another type than numbers.
    """
    _check_axes(embeddings)
    if embeddings.dtype.kind not in "fiu":
        raise fault(
            "embeddings",
            f"found values of type {embeddings.dtype}",
            "real numbers, best float32",
            "Convert the array.",
        )
    if len(embeddings) < 2:
        raise fault(
            "embeddings", f"found {len(embeddings)} cells", "at least 2", "Embed more cells."
        )
    return embeddings


def refuse_rows(bad: np.ndarray, n_cells: int) -> None:
    """Raise `InputError` when there are rows that are not finite."""
    if bad.size:
        raise fault(
            "embeddings",
            f"{bad.size} of {n_cells} rows hold NaN or infinity (first: row {bad[0]})",
            "finite numbers",
            "Remove these cells, or mend the model that embedded them.",
        )


def check_settings(settings: Settings, seeds: Sequence[int]) -> None:
    """Raise `InputError` for settings and seeds that no training can follow."""
    check_k(settings.k, settings.n_latents)
    rate = settings.learning_rate
    prefixes = settings.prefixes
    rules = {
        "epochs": (settings.epochs >= 1, "at least 1"),
        "variant": (settings.variant in VARIANTS, f"one of {', '.join(VARIANTS)}"),
        "learning_rate": (rate is None or 0 < rate < np.inf, "a positive number"),
        "cells_per_batch": ((settings.cells_per_batch or 1) >= 1, "at least 1"),
        "auxk": (0 <= settings.auxk < np.inf, "0, or a positive weight such as 0.03"),
        "multi_topk": (
            settings.multi_topk == 0
            or (0 < settings.multi_topk < np.inf and settings.variant == "topk"),
            "0, or a positive weight such as 0.5 and the variant topk",
        ),
        "held_out": (0 <= settings.held_out <= 0.5, "a share of the cells from 0 to 0.5"),
        "patience": (
            settings.patience is None or (settings.patience >= 1 and settings.held_out > 0),
            "at least 1 epoch, and held-out cells to measure",
        ),
        "prefixes": (
            list(prefixes) == sorted(set(prefixes)) and prefixes[0] > 0 and prefixes[-1] == 1,
            "ascending shares above 0, the last 1",
        ),
    }
    for name, (kept, expected) in rules.items():
        if not kept:
            raise fault(name, f"found {getattr(settings, name)}", expected, "Change it.")
    if len(seeds) == 0 or len(set(seeds)) != len(seeds) or min(seeds) < 0:
        raise fault(
            "seeds",
            f"found {list(seeds)}",
            "one or more different integers, 0 or above",
            "Change the seeds.",
        )


def check_cells(n_cells: int, scale: float, settings: Settings) -> None:
    """Raise `InputError` for cells a dictionary cannot be learnt from.

    Parameters
    ----------
    n_cells : cells to train on, the held-out ones left out.
    scale : root mean square of the centred embeddings.
    """
    if not scale > 0:
        raise fault(
            "embeddings",
            "all rows are equal (zero variance)",
            "embeddings that differ between cells",
            "Check the model and the counts it was given.",
        )
    if n_cells < settings.n_latents:
        raise fault(
            "embeddings",
            f"{n_cells} cells to train on with {settings.n_latents} latents",
            "at least one cell a latent: with fewer, each cell can be learnt by heart",
            "Lower the number of latents, or embed more cells.",
        )


def check_k(k: int, n_latents: int) -> None:
    """Raise `InputError` unless 1 <= k <= n_latents."""
    if not 1 <= k <= n_latents:
        raise fault(
            "dictionary",
            f"k = {k} with {n_latents} latents",
            "1 <= k <= n_latents",
            "Lower `k` or raise the number of latents.",
        )
