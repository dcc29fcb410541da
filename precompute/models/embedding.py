"""Embeddings that came with the cells: no model is at hand, so nothing can be perturbed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from precompute.cells import Cells
from precompute.errors import InputError, fault
from precompute.models.base import LOG1P, Differentiable, Move, Moves

if TYPE_CHECKING:
    import torch


class EmbeddingModel(Moves):
    """An ``obsm`` matrix in the place of a model.

    Parameters
    ----------
    cells : cells whose ``obsm`` holds the matrix.
    obsm : its name.

    Raises
    ------
    InputError
        No such matrix, or it holds NaN or infinite values.
    """

    name = "embedding"
    unit = LOG1P
    differentiable: Differentiable = "none"
    moves: frozenset[Move] = frozenset()
    n_weights = 0

    def __init__(self, cells: Cells, obsm: str) -> None:
        if obsm not in cells.obsm:
            known = ", ".join(cells.obsm) or "none"
            raise fault(
                cells.source,
                f"model.obsm = '{obsm}' is not in obsm",
                f"one of: {known}",
                "Correct the name.",
            )
        matrix = np.asarray(cells.obsm[obsm], dtype=np.float32)
        wrong = int((~np.isfinite(matrix).all(axis=1)).sum())
        if wrong:
            raise fault(
                cells.source,
                f"obsm['{obsm}'] holds NaN or infinite values in {wrong:,} cells",
                "finite numbers",
                "Leave those cells out, or embed them again.",
            )
        self.embeddings = matrix
        self.genes = np.empty(0, dtype=str)
        self.d_embedding = matrix.shape[1]

    def prepare(self, counts: np.ndarray, cell_ids: Sequence[str] | None = None) -> np.ndarray:
        """Refuse, as `embed_expression` does."""
        raise _no_model()

    def embed(
        self,
        counts: sp.csr_matrix,
        covariates: np.ndarray | None,
        cell_ids: Sequence[str] | None = None,
    ) -> np.ndarray:
        """Return the embeddings (n_cells, d_embedding) that came with the cells."""
        return self.embeddings

    def embed_expression(
        self, expression: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Refuse: without the model nobody knows what other expression would have given."""
        raise _no_model()

    def embed_with_gradient(
        self,
        expression: torch.Tensor,
        covariates: torch.Tensor | None,
        readers: torch.Tensor,
        others: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Refuse, as `embed_expression` does."""
        raise _no_model()

    def differences(self, expression: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Refuse, as `embed_expression` does."""
        raise _no_model()


def _no_model() -> InputError:
    return InputError(
        "model.kind = 'embedding': the embeddings came without their model, so no gene can be "
        "replaced by a counterfactual. Use a model for attribution."
    )
