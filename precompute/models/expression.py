"""Models that are differentiable in log1p counts: all of `CellModel` from one function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
import torch

from precompute.errors import InputError, fault
from precompute.models.base import LOG1P, Differentiable, Moves

_ROWS = 4096


class ExpressionModel(Moves, ABC):
    """The rest of a `CellModel` whose `embed_log1p` carries gradients.

    Attributes
    ----------
    device : where `embed` computes.
    """

    name: str
    unit = LOG1P
    differentiable: Differentiable = "expression"
    device: torch.device = torch.device("cpu")

    @abstractmethod
    def embed_log1p(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return differentiable embeddings (n, d_embedding) of log1p counts (n, n_genes).

        Rows are independent of each other. `covariates` is as in `CellModel`.
        """

    def prepare(self, counts: np.ndarray, cell_ids: Sequence[str] | None = None) -> np.ndarray:
        """Return log1p of the counts; see `CellModel`."""
        return np.log1p(np.asarray(counts, np.float32))

    def embed(
        self,
        counts: sp.csr_matrix,
        covariates: np.ndarray | None,
        cell_ids: Sequence[str] | None = None,
    ) -> np.ndarray:
        """Return the embeddings (n_cells, d_embedding) of raw counts (n_cells, n_genes)."""
        pieces = []
        with torch.no_grad():
            for start in range(0, counts.shape[0], _ROWS):
                dense = torch.from_numpy(counts[start : start + _ROWS].toarray()).to(self.device)
                extra = None
                if covariates is not None:
                    extra = torch.from_numpy(covariates[start : start + _ROWS]).to(self.device)
                pieces.append(self.embed_log1p(torch.log1p(dense), extra).cpu().numpy())
        return np.concatenate(pieces)

    def embed_expression(
        self, expression: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return embeddings of log1p counts, with gradients; see `CellModel`."""
        return self.embed_log1p(expression, covariates)

    def embed_with_gradient(
        self,
        expression: torch.Tensor,
        covariates: torch.Tensor | None,
        readers: torch.Tensor,
        others: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return embeddings, and slopes (1, n, n_genes) by log1p counts; see `CellModel`.

        Absent genes have slopes too, so `others` is not needed.

        Raises
        ------
        InputError
            `embed_log1p` returns another shape than `readers` has, or no gradients.
        """
        inputs = expression.detach().requires_grad_(True)
        embeddings = self.embed_log1p(inputs, covariates)
        if embeddings.shape != readers.shape:
            found, expected = f"shape {tuple(embeddings.shape)}", f"{tuple(readers.shape)}"
            raise self._fault(f"embed_log1p returned {found}", expected)
        if not embeddings.requires_grad:
            raise self._fault("embed_log1p returned embeddings without gradients", "gradients")
        # Rows do not see each other, so the gradient of the sum holds each row's own.
        (gradient,) = torch.autograd.grad((embeddings * readers).sum(), inputs)
        return embeddings.detach(), gradient[None]

    def differences(self, expression: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return the differences in log1p counts, (1, n, n_genes); see `CellModel`."""
        return (expression - others)[None]

    def _fault(self, found: str, expected: str) -> InputError:
        return fault(f"model '{self.name}'", found, expected, "Mend the model.")
