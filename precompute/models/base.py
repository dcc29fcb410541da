"""The one interface attribution sees of a model. Holds no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import torch

Differentiable = Literal["expression", "none"]


class CellModel(Protocol):
    """A model that turns the expression of a cell into its embedding.

    Attributes
    ----------
    name : short name shown to the user, such as ``scvi``.
    genes : (n_genes,) names of the genes the model reads, in the order of its input.
    d_embedding : length of an embedding.
    n_weights : size of the network; small ones compute faster with one CPU thread.
    differentiable : ``expression`` when `embed_log1p` carries gradients, ``none`` when
        only finished embeddings are at hand (then the model-based stages are refused).
    """

    name: str
    genes: np.ndarray
    d_embedding: int
    n_weights: int
    differentiable: Differentiable

    def embed(self, counts: sp.csr_matrix, covariates: np.ndarray | None) -> np.ndarray:
        """Return embeddings (n_cells, d_embedding), float32, of raw counts (n_cells, n_genes)."""
        ...

    def embed_log1p(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return differentiable embeddings (n, d_embedding) of log1p counts (n, n_genes).

        Rows are independent of each other: row i of the result depends on row i only.
        `covariates` (n, n_covariates) holds what the encoder reads besides expression
        (a batch code, say), or is None.
        """
        ...
