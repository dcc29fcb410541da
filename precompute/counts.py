"""Finds the raw counts in an AnnData and refuses what only looks like them."""

from __future__ import annotations

from collections.abc import Iterator

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from precompute.errors import InputError, fault

# A sum of float32 that went through a division can be off an integer by its rounding.
_TOLERANCE = 1e-3


def find_counts(
    adata: ad.AnnData, where: str, source: str
) -> tuple[sp.csr_matrix, str, pd.DataFrame]:
    """Return the raw counts as float32 CSR, the name of their place, and their genes' table.

    Parameters
    ----------
    adata : any AnnData.
    where : ``auto``, ``X``, ``raw`` or the name of a layer. ``auto`` takes the first of
        ``layers['counts']``, ``.raw`` (where the CELLxGENE schema keeps counts) and ``X`` that
        holds non-negative integers.
    source : what the error message calls the data.

    Raises
    ------
    InputError
        No such place, or none of the places holds counts.
    """
    places = dict(_list_places(adata))
    if not places:
        raise fault(source, "holds no matrix", "raw counts in X", "Check what wrote the file.")
    if where != "auto":
        if where not in places:
            raise fault(
                source,
                f"data.counts = '{where}' does not exist",
                f"one of: {', '.join(places)}",
                "Correct the name.",
            )
        matrix, var = places[where]
        return _to_csr(matrix), where, var
    found = []
    for name in ("counts", "raw", "X"):
        if name in places:
            matrix, var = places[name]
            reason = describe_non_counts(_stored_values(matrix))
            if reason is None:
                return _to_csr(matrix), name, var
            found.append(f"{name} {reason}")
    raise fault(
        source,
        "no raw counts: " + "; ".join(found),
        "non-negative integers in X, in layers['counts'] or in .raw",
        "Save the counts before normalising, or name their layer in `data.counts`.",
    )


def check_counts(counts: sp.csr_matrix, source: str, place: str) -> None:
    """Raise `InputError` when the counts hold NaN, negative values or fractions."""
    reason = describe_non_counts(counts.data)
    if reason is None:
        return
    bad_cells = _count_bad_rows(counts)
    raise InputError(
        f"{source}: {place} {reason} (in {bad_cells:,} of {counts.shape[0]:,} cells). "
        "Expected raw counts, whole numbers from 0. "
        "Name the layer that holds them in `data.counts`, or mend the matrix."
    )


def describe_non_counts(values: np.ndarray) -> str | None:
    """Say why `values` cannot be counts, or return None when they can."""
    if not np.issubdtype(values.dtype, np.number):
        return f"holds {values.dtype}"
    if np.isnan(values).any():
        return f"holds {int(np.isnan(values).sum()):,} NaN"
    if np.isinf(values).any():
        return "holds infinite values"
    if values.size and values.min() < 0:
        return f"holds negative values (smallest {values.min():.3g})"
    fractions = np.abs(values - np.rint(values)) > _TOLERANCE
    if fractions.any():
        first = values[fractions][0]
        return f"holds fractions (such as {first:.4g}), so it was normalised"
    return None


def _list_places(adata: ad.AnnData) -> Iterator[tuple[str, tuple[object, pd.DataFrame]]]:
    for name in adata.layers:
        yield name, (adata.layers[name], adata.var)
    if adata.raw is not None:
        yield "raw", (adata.raw.X, adata.raw.var)
    if adata.X is not None:
        yield "X", (adata.X, adata.var)


def _stored_values(matrix) -> np.ndarray:
    return matrix.data if sp.issparse(matrix) else np.asarray(matrix).ravel()


def _to_csr(matrix) -> sp.csr_matrix:
    counts = sp.csr_matrix(matrix, dtype=np.float32)
    counts.sum_duplicates()
    counts.eliminate_zeros()
    return counts


def _count_bad_rows(counts: sp.csr_matrix) -> int:
    values = counts.data
    bad = ~np.isfinite(values) | (values < 0) | (np.abs(values - np.rint(values)) > _TOLERANCE)
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    return len(np.unique(rows[bad]))
