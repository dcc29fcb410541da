"""Gradient x difference: one backward pass gives the effects of all genes on a pair."""

from __future__ import annotations

import numpy as np

from precompute.attribution.pairs import Pairs
from precompute.attribution.readout import ConceptReadout


def gradient_effects(readout: ConceptReadout, pairs: Pairs) -> np.ndarray:
    """Return the effect of each gene on each pair of cell and concept.

    ``effect = d z / d u * (u - u_counterfactual)`` with u = log1p counts and z the
    pre-activation of the concept, averaged over the draws of the counterfactual. To first
    order, what z loses when the gene takes its counterfactual value.

    Returns
    -------
    (n_pairs, n_genes) float32, in units of pre-activation, positive where the value of the
    gene in the cell raises it.

    Raises
    ------
    InputError
        What `ConceptReadout.gradient` refuses.
    """
    differences = readout.differences(pairs.expression, pairs.profiles)
    return add_parts(readout.slopes_of(pairs), differences)


def add_parts(slopes: np.ndarray, differences: np.ndarray) -> np.ndarray:
    """Return the effects (n, n_genes) of slopes and differences (n_parts, n, n_genes)."""
    return (slopes * differences).sum(axis=0)


def fill_slopes(slopes: np.ndarray) -> np.ndarray:
    """Return slopes (n_parts, n, n_genes) of tokens, so that every gene can change in every cell.

    A gene whose slope a cell does not have takes the mean over cells that have it. For the null,
    whose draws bring more genes than could be let into each cell.
    """
    known = slopes != 0
    mean = slopes.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.where(known, slopes, mean)
