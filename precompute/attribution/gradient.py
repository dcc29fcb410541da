"""Gradient x difference: one backward pass gives the effects of all genes on a pair."""

from __future__ import annotations

import numpy as np

from precompute.attribution.readout import ConceptReadout


def gradient_effects(
    readout: ConceptReadout,
    concepts: np.ndarray,
    log_counts: np.ndarray,
    profiles: np.ndarray,
    covariates: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the effect of each gene on each pair of cell and concept.

    ``effect = d z / d u * (u - u_counterfactual)`` with u = log1p counts and z the
    pre-activation of the concept, averaged over the draws of the counterfactual. To first
    order, what z loses when the gene takes its counterfactual value.

    Parameters
    ----------
    concepts : (n_pairs,) concept of each pair.
    log_counts : (n_pairs, n_genes) log1p counts of its cell.
    profiles : (n_draws, n_pairs, n_genes) counterfactual log1p counts.
    covariates : (n_pairs, n_covariates) for the model, or None.

    Returns
    -------
    effects : (n_pairs, n_genes) float32, in units of pre-activation, positive where the value
        of the gene in the cell raises it.
    differences : (n_pairs, n_genes) float32, u - u_counterfactual, averaged over the draws.

    Raises
    ------
    InputError
        What `ConceptReadout.gradient` refuses.
    """
    gradient = readout.gradient(
        readout.to_device(log_counts),
        None if covariates is None else readout.to_device(covariates),
        readout.to_device(np.asarray(concepts, np.int64)),
    )
    slope = gradient.detach().cpu().numpy()
    differences = log_counts - profiles.mean(axis=0)
    return slope * differences, differences
