"""Compares active cells with their counterfactuals in a sample: means, errors, effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.stats import norm


@dataclass(frozen=True)
class Contrast:
    """Mean values of active cells and of the cells they are compared with.

    Attributes
    ----------
    n_active, n_rest : (n_concepts,) cells of either side in the sample.
    active : (n_concepts, n_values) mean over active cells; NaN where there are none.
    rest : the same over all inactive cells.
    matched : the same over inactive cells of the same types, in the proportions of the active.
    variance : (n_concepts, n_values) of the active cells.
    rest_variance : (n_values,) of all cells.
    """

    n_active: np.ndarray
    n_rest: np.ndarray
    active: np.ndarray
    rest: np.ndarray
    matched: np.ndarray
    variance: np.ndarray
    rest_variance: np.ndarray

    def against(self, counterfactual: str) -> np.ndarray:
        """Return the means of a kind of counterfactual: ``neighbours`` or ``random_matched``."""
        return self.matched if counterfactual == "neighbours" else self.rest

    def error(self) -> np.ndarray:
        """Return the standard error of a difference of means, (n_concepts, n_values)."""
        own = self.variance / np.maximum(self.n_active, 1)[:, None]
        others = self.rest_variance / np.maximum(self.n_rest, 1)[:, None]
        return np.sqrt(own + others).astype(np.float32)


def compare(active: sp.csr_matrix, values: np.ndarray, kind: np.ndarray) -> Contrast:
    """Compare the cells in which each concept is active with the others.

    Parameters
    ----------
    active : (n_cells, n_concepts) 1 where the concept is active.
    values : (n_cells, n_values) float32.
    kind : (n_cells,) cell type.
    """
    by_concept = active.T.tocsr()
    n_active = np.asarray(by_concept.sum(axis=1)).ravel()
    n_rest = len(values) - n_active
    total, sums = values.sum(axis=0), by_concept @ values
    squares = by_concept @ np.square(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / n_active[:, None]
        variance = np.maximum(squares / n_active[:, None] - mean**2, 0)
        rest = (total - sums) / n_rest[:, None]
    matched = np.zeros_like(mean)
    for one in range(int(kind.max()) + 1):
        rows = np.flatnonzero(kind == one)
        part = active[rows].T.tocsr()
        n_here = np.asarray(part.sum(axis=1)).ravel()
        n_off = len(rows) - n_here
        off = values[rows].sum(axis=0) - part @ values[rows]
        # A type in which all cells are active has no inactive ones to compare with.
        known = n_off[:, None] > 0
        there = np.divide(off, n_off[:, None], out=rest.copy(), where=known)
        matched += np.divide(n_here, n_active, out=np.zeros(len(n_here)), where=n_active > 0)[
            :, None
        ] * np.nan_to_num(there)
    matched[n_active == 0] = np.nan
    return Contrast(
        n_active.astype(np.int64),
        n_rest.astype(np.int64),
        mean.astype(np.float32),
        rest.astype(np.float32),
        matched.astype(np.float32),
        variance.astype(np.float32),
        values.var(axis=0),
    )


def two_sided(z: np.ndarray) -> np.ndarray:
    """Return the two-sided p of normal deviates, NaN kept."""
    return np.maximum(2 * norm.sf(np.abs(np.asarray(z, np.float64))), 1e-300)


def adjust(p: np.ndarray) -> np.ndarray:
    """Return q by Benjamini and Hochberg (1995) within each row; NaN stay out."""
    p = np.asarray(p, np.float64)
    order = np.argsort(p, axis=1)
    known = np.isfinite(p).sum(axis=1, keepdims=True)
    raised = np.take_along_axis(p, order, 1) * known / np.arange(1, p.shape[1] + 1)
    raised = np.fmin.accumulate(raised[:, ::-1], axis=1)[:, ::-1]
    found = np.empty_like(p)
    np.put_along_axis(found, order, np.minimum(raised, 1), 1)
    return np.where(np.isfinite(p), found, np.nan)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of each row of `a` with that of `b`; no ties are expected."""
    ranks = [np.argsort(np.argsort(x, axis=1), axis=1).astype(np.float64) for x in (a, b)]
    x, y = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    found = (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.where(np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1), found, np.nan)


def flatten(
    columns: dict[str, np.ndarray], order: np.ndarray, filled: np.ndarray, index: str
) -> dict[str, np.ndarray]:
    """Return a ragged table in which every concept that is `filled` has the same number of rows.

    Parameters
    ----------
    columns : name -> (n_concepts, n) values.
    order : (n_concepts, n_rows) which of the n values, best first; it becomes column `index`.
    """
    offsets = np.concatenate([[0], np.cumsum(filled * order.shape[1])])
    table = {n: np.take_along_axis(v, order, 1)[filled].ravel() for n, v in columns.items()}
    return {"offsets": offsets, index: order[filled].ravel(), **table}
