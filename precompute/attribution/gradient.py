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
    """Return the effect of each gene on each pair of cell and concept, in two parts.

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
    presence : (n_pairs, n_genes) float32, from the draws where the gene is expressed more
        than in the counterfactual.
    absence : the same from the draws where it is expressed less; presence + absence is the
        effect. Both in units of pre-activation, positive where they raise it.

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
    difference = log_counts - profiles
    presence = slope * np.maximum(difference, 0).mean(axis=0)
    absence = slope * np.minimum(difference, 0).mean(axis=0)
    return presence, absence
