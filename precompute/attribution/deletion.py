"""Deletion and insertion: what is left of a concept when its top genes are replaced.

The test of an attribution that no correlation passes by chance: genes in the order of a ranking
take their counterfactual values, and the model says how far the pre-activation falls (after
Petsiuk et al. 2018, for images).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from precompute.attribution.readout import ConceptReadout

STEPS = (5, 10, 20, 50, 100, 160)


@dataclass(frozen=True, eq=False)
class DeletionCurve:
    """Pre-activations of one concept while genes are replaced, each cell and draw kept apart.

    Attributes
    ----------
    steps : (n_steps,) number of genes replaced, first of the ranking first.
    before : (n_cells,) pre-activation of the cell as it is.
    after : (n_steps, n_draws, n_cells) with the top genes replaced.
    replaced : (n_draws, n_cells) with all genes replaced.
    """

    steps: np.ndarray
    before: np.ndarray
    after: np.ndarray
    replaced: np.ndarray

    def share_of_drop(self) -> np.ndarray:
        """Return the share of the full drop that is lost at each step, (n_steps,).

        The full drop is what replacing every gene takes from the pre-activation, summed over
        cells and draws; NaN when it is not positive.
        """
        full = float((self.before - self.replaced).sum())
        lost = (self.before - self.after).sum(axis=(1, 2))
        return lost / full if full > 0 else np.full(len(self.steps), np.nan)

    def remaining(self) -> np.ndarray:
        """Return what is left of the positive pre-activation at each step, (n_steps,)."""
        total = np.maximum(self.before, 0).sum() * self.replaced.shape[0]
        left = np.maximum(self.after, 0).sum(axis=(1, 2))
        return left / total if total > 0 else np.full(len(self.steps), np.nan)


def deletion_curve(
    readout: ConceptReadout,
    concept: int,
    log_counts: np.ndarray,
    profiles: np.ndarray,
    ranking: np.ndarray,
    steps: tuple[int, ...] = STEPS,
    covariates: np.ndarray | None = None,
) -> DeletionCurve:
    """Replace the top genes of a ranking by counterfactual values, more and more of them.

    Parameters
    ----------
    readout : the model and the dictionary.
    concept : whose pre-activation is read.
    log_counts : (n_cells, n_genes) log1p counts of cells that activate it.
    profiles : (n_draws, n_cells, n_genes) counterfactual log1p counts; for a fair test not
        those the ranking was made with.
    ranking : (n_ranked,) genes, the one to replace first at the start. To insert instead of
        delete, exchange `log_counts` and `profiles`.
    steps : numbers of genes to replace.
    covariates : (n_cells, n_covariates) for the model, or None.

    Raises
    ------
    InputError
        The model returns NaN or a wrong shape.
    """
    cells = readout.to_device(log_counts)
    given = None if covariates is None else readout.to_device(covariates)
    concepts = torch.full((len(log_counts),), concept, device=readout.device)
    after = np.empty((len(steps), *profiles.shape[:2]), np.float32)
    replaced = np.empty(profiles.shape[:2], np.float32)
    with torch.no_grad():
        before = readout(cells, given, concepts).cpu().numpy()
        for draw, profile in enumerate(profiles):
            other = readout.to_device(profile)
            swapped, done = cells.clone(), 0
            for i, step in enumerate(steps):
                genes = torch.as_tensor(ranking[done:step].copy(), device=readout.device)
                swapped[:, genes] = other[:, genes]
                done = step
                after[i, draw] = readout(swapped, given, concepts).cpu().numpy()
            replaced[draw] = readout(other, given, concepts).cpu().numpy()
    return DeletionCurve(np.array(steps), before, after, replaced)
