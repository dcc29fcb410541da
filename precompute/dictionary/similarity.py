"""How alike latents of different dictionaries are: by direction and by the cells they act in."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def activation_matrix(indices: np.ndarray, values: np.ndarray, n_latents: int) -> sp.csc_matrix:
    """Return activations as a sparse matrix (n_cells, n_latents), float32.

    Parameters
    ----------
    indices, values : (n_cells, k) as `Dictionary.activate` returns them, -1 for none.
    """
    cells, slots = np.nonzero(indices >= 0)
    entries = (values[cells, slots], (cells, indices[cells, slots]))
    return sp.csc_matrix(entries, shape=(len(indices), n_latents), dtype=np.float32)


def activation_correlation(left: sp.csc_matrix, right: sp.csc_matrix) -> np.ndarray:
    """Return the Pearson correlation over cells of every pair of columns.

    Parameters
    ----------
    left : (n_cells, n_left)
    right : (n_cells, n_right), activations in the same cells.

    Returns
    -------
    (n_left, n_right) float64 in [-1, 1]; 0 for a column that is constant (a dead latent).
    """
    deviations = np.outer(_moments(left)[1], _moments(right)[1])
    correlation = activation_covariance(left, right) / deviations
    return np.clip(np.nan_to_num(correlation, nan=0.0, posinf=0.0, neginf=0.0), -1, 1)


def activation_covariance(left: sp.csc_matrix, right: sp.csc_matrix) -> np.ndarray:
    """Return the covariance over cells of every pair of columns, (n_left, n_right) float64.

    Parameters
    ----------
    left : (n_cells, n_left)
    right : (n_cells, n_right), activations in the same cells.
    """
    products = (left.T.astype(np.float64) @ right.astype(np.float64)).toarray() / left.shape[0]
    return products - np.outer(_moments(left)[0], _moments(right)[0])


def activation_spread(activations: sp.csc_matrix) -> np.ndarray:
    """Return the standard deviation of each column over cells, 0 where it is constant."""
    return np.nan_to_num(_moments(activations)[1])


def partner_share(left: sp.csc_matrix, right: sp.csc_matrix, threshold: float = 0.7) -> float:
    """Return the share of the columns of `left` that have a partner in `right`.

    A partner is a column whose activation correlation reaches `threshold`. It measures how
    far concepts come back under other seeds, or from other cells.

    Parameters
    ----------
    left : (n_cells, n_left), at least one column.
    right : (n_cells, n_right), activations in the same cells.
    """
    best = activation_correlation(left, right).max(axis=1, initial=-1.0)
    return float((best >= threshold).mean())


def _moments(activations: sp.csc_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column, the latter NaN where it is 0."""
    doubled = activations.astype(np.float64)
    mean = np.asarray(doubled.mean(axis=0)).ravel()
    variance = np.asarray(doubled.multiply(doubled).mean(axis=0)).ravel() - mean**2
    # Rounding leaves a constant column slightly off 0.
    constant = variance <= 1e-12 * np.maximum(mean**2, np.finfo(float).tiny)
    return mean, np.sqrt(np.where(constant, np.nan, variance))
