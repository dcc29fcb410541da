"""The one interface attribution and the pipeline see of a model. Holds no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import torch

Differentiable = Literal["expression", "token_value", "token_gate", "token_embedding", "none"]
Move = Literal["swap", "ablate"]

LOG1P = "log1p counts"
BOTH_MOVES: frozenset[Move] = frozenset(("swap", "ablate"))


class CellModel(Protocol):
    """A model that turns the expression of a cell into its embedding.

    Everything is said in the model's own unit of expression, one number a gene, where 0 means
    that the gene is absent: no counts for scVI, no token for scGPT and Geneformer. So a gene
    takes its value from another cell by taking its number, and leaves by becoming 0.

    Attributes
    ----------
    name : short name shown to the user, such as ``scvi``.
    genes : (n_genes,) names of the genes the model reads, in the order of its input.
    d_embedding : length of an embedding.
    n_weights : size of the network; small ones compute faster with one CPU thread.
    unit : what the numbers of `prepare` are, such as ``log1p counts``.
    differentiable : by what `embed_with_gradient` differentiates: ``expression``;
        ``token_value`` (what a token carries); ``token_gate`` (whether a token is there);
        ``token_embedding``; ``none`` when only finished embeddings are at hand (then the
        stages that need the model are refused).
    moves : the counterfactual moves that are exact: ``swap``, ``ablate``.
    """

    name: str
    genes: np.ndarray
    d_embedding: int
    n_weights: int
    unit: str
    differentiable: Differentiable
    moves: frozenset[Move]

    def prepare(self, counts: np.ndarray, cell_ids: Sequence[str] | None = None) -> np.ndarray:
        """Return the expression (n, n_genes), float32, in `unit`, of raw counts of that shape.

        Fractions are welcome, since counterfactual cells are brought to another library size.
        A row depends on its own counts and its own id only.
        """
        ...

    def embed(
        self,
        counts: sp.csr_matrix,
        covariates: np.ndarray | None,
        cell_ids: Sequence[str] | None = None,
    ) -> np.ndarray:
        """Return embeddings (n_cells, d_embedding), float32, of raw counts (n_cells, n_genes)."""
        ...

    def embed_expression(
        self, expression: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of expression (n, n_genes) in `unit`.

        Rows are independent of each other: row i of the result depends on row i only.
        `covariates` (n, n_covariates) holds what the encoder reads besides expression
        (a batch code, say), or is None.
        """
        ...

    def embed_with_gradient(
        self,
        expression: torch.Tensor,
        covariates: torch.Tensor | None,
        readers: torch.Tensor,
        others: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return embeddings, and the slope of what is read of them along each gene.

        Parameters
        ----------
        expression : (n, n_genes) in `unit`.
        covariates : as in `embed_expression`.
        readers : (n, d_embedding), what is read of each embedding: their product is what is
            differentiated.
        others : (n, n_genes) in `unit`, or None. Where an absent gene cannot be moved a little,
            its slope is that of entering with the value it has here, 0 if it has none; where a
            value only ranks genes, slopes along it are those of taking the rank it has here.

        Returns
        -------
        (n, d_embedding) and (n_parts, n, n_genes). A part is a way in which a gene can change:
        its expression; whether its token is there; the value of its token.
        """
        ...

    def differences(self, expression: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return how far genes are from another profile in each part, (n_parts, n, n_genes).

        Slopes times these, summed over parts, are the first-order effects of a swap.
        """
        ...

    def swap(
        self, expression: torch.Tensor, others: torch.Tensor, genes: torch.Tensor
    ) -> torch.Tensor:
        """Return the expression with some genes, columns, as in another profile (n, n_genes)."""
        ...

    def ablate(self, expression: torch.Tensor, genes: torch.Tensor) -> torch.Tensor:
        """Return the expression (n, n_genes) without some genes, columns."""
        ...


class Moves:
    """The moves of every model whose unit has 0 for an absent gene."""

    moves: frozenset[Move] = BOTH_MOVES

    def swap(
        self, expression: torch.Tensor, others: torch.Tensor, genes: torch.Tensor
    ) -> torch.Tensor:
        """Return the expression with some genes as in another profile; see `CellModel`."""
        swapped = expression.clone()
        swapped[:, genes] = others[:, genes]
        return swapped

    def ablate(self, expression: torch.Tensor, genes: torch.Tensor) -> torch.Tensor:
        """Return the expression without some genes; see `CellModel`."""
        rest = expression.clone()
        rest[:, genes] = 0
        return rest
