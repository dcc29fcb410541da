"""What every method of attribution takes: cells, concepts, and what the cells are compared with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Pairs(NamedTuple):
    """Pairs of a cell and a concept that it activates.

    Attributes
    ----------
    concepts : (n_pairs,) concept of each pair.
    expression : (n_pairs, n_genes) float32, its cell in the unit of the model (log1p counts for
        most; see `CellModel`).
    profiles : (n_draws, n_pairs, n_genes) float32, counterfactuals in the same unit.
    covariates : (n_pairs, n_covariates) for the model, or None.
    """

    concepts: np.ndarray
    expression: np.ndarray
    profiles: np.ndarray
    covariates: np.ndarray | None = None

    def differences(self) -> np.ndarray:
        """Return u - u_counterfactual, averaged over the draws, (n_pairs, n_genes) float32."""
        return self.expression - self.profiles.mean(axis=0)
