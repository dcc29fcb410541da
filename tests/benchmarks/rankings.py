"""Rankings of genes by what goes with a concept: what attribution is compared with."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from precompute.attribution import Population
from precompute.attribution.matched_cells import match_cells
from precompute.differential import wilcoxon_all, wilcoxon_matched


def correlational_scores(population: Population, expression: sp.csr_matrix) -> dict:
    """Return scores (n_concepts, n_genes), high where a gene goes with a concept.

    Parameters
    ----------
    expression : (n_cells, n_genes) log-normalised, of the same cells.
    """
    active = (population.activations > 0).tocsr()
    wilcoxon = wilcoxon_all(expression, active)
    matched = wilcoxon_matched(expression, match_cells(population, seed=0))
    return {
        "DE, Wilcoxon z": wilcoxon.z,
        "DE, Wilcoxon \\|z\\|": np.abs(wilcoxon.z),
        "DE, \\|t\\|": np.abs(welch_t(expression, active)),
        "DE, \\|log fold change\\|": np.abs(wilcoxon.log_fold_change),
        "DE, matched neighbours \\|z\\|": np.abs(matched.z),
        "correlation, \\|r\\|": np.abs(correlation(expression, population.activations)),
        "random": np.random.default_rng(0).random(wilcoxon.z.shape),
    }


def welch_t(expression: sp.csr_matrix, active: sp.csr_matrix) -> np.ndarray:
    """Return Welch's t of active against inactive cells, (n_concepts, n_genes)."""
    members = active.T.astype(np.float64)
    n_active = np.asarray(members.sum(axis=1))
    n_rest = expression.shape[0] - n_active
    values = expression.astype(np.float64)
    total, squares = values.sum(axis=0), values.multiply(values).sum(axis=0)

    def moments(part: np.ndarray, part_squares: np.ndarray, n: np.ndarray):
        mean = part / n
        return mean, (part_squares / n - np.square(mean)) * n / (n - 1)

    with np.errstate(divide="ignore", invalid="ignore"):
        inside, inside_squares = (
            (members @ values).toarray(),
            (members @ values.multiply(values)).toarray(),
        )
        mean, variance = moments(inside, inside_squares, n_active)
        other, other_variance = moments(
            np.asarray(total) - inside, np.asarray(squares) - inside_squares, n_rest
        )
        return (mean - other) / np.sqrt(variance / n_active + other_variance / n_rest)


def correlation(expression: sp.csr_matrix, activations: sp.csc_matrix) -> np.ndarray:
    """Return Pearson's correlation of activation and expression, (n_concepts, n_genes)."""
    n_cells = expression.shape[0]
    values, signal = expression.astype(np.float64), activations.astype(np.float64)
    product = (signal.T @ values).toarray() / n_cells
    means = np.asarray(values.mean(axis=0)), np.asarray(signal.mean(axis=0))
    spreads = [
        np.sqrt(np.maximum(np.asarray(m.multiply(m).mean(axis=0)) - np.square(mean), 0))
        for m, mean in zip((values, signal), means, strict=True)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (product - means[1].T * means[0]) / (spreads[1].T * spreads[0])
