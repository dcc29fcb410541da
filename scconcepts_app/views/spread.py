"""Rows of a ragged table laid out over all genes, so that columns of two tables can be compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def spread(rows: Mapping[str, np.ndarray], column: str, n_genes: int) -> np.ndarray:
    """Return a column as (n_genes,) float64, NaN for the genes that have no row."""
    values = np.full(n_genes, np.nan)
    values[rows["gene"]] = rows[column]
    return values


def list_known(values: np.ndarray) -> list[float | None]:
    """Return numbers as plain floats, None for those that are missing (JSON has no NaN)."""
    known = np.isfinite(values)
    return [float(v) if k else None for v, k in zip(values, known, strict=True)]


def top_of(values: np.ndarray, n: int) -> np.ndarray:
    """Return the indices of the `n` largest values above 0, largest first; missing ones never."""
    filled = np.nan_to_num(values, nan=0.0)
    order = np.argsort(-filled, kind="stable")[:n]
    return order[filled[order] > 0]


# A fold change of more than 2 to the 10 arises where one side has next to no counts.
FOLD_LIMIT = 10.0
_HEADROOM = 1.06


def clip_folds(folds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log2 fold changes drawn in to a common limit, and which of them were.

    Those beyond 10 come to lie just outside the largest of the others, with their sign.
    """
    size = np.abs(np.nan_to_num(folds))
    far = size > FOLD_LIMIT
    largest = size[~far].max(initial=0.0) or 1.0
    return np.where(far, np.sign(folds) * _HEADROOM * largest, folds), far


def pick_extreme(x: np.ndarray, y: np.ndarray, n: int) -> np.ndarray:
    """Return at most `n` indices, rising: the points farthest out on either axis.

    A browser draws a few thousand points at once without waiting; those left out crowd the middle.
    """
    if len(x) <= n:
        return np.arange(len(x))
    out = np.maximum(_relative(x), _relative(y))
    return np.sort(np.argsort(-out, kind="stable")[:n])


def _relative(values: np.ndarray) -> np.ndarray:
    size = np.abs(np.nan_to_num(values))
    return size / (size.max() or 1.0)
