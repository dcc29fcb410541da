"""scVI (Lopez et al. 2018) and scANVI (Xu et al. 2021) as a `CellModel`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from precompute.models.expression import ExpressionModel
from precompute.models.linear_first import LinearFirst, split_layers
from precompute.models.scvi.covariates import Covariates

if TYPE_CHECKING:
    from scvi.model import SCANVI, SCVI


class ScviModel(ExpressionModel):
    """The encoder of an scVI or scANVI model; the embedding is the mean of its posterior.

    The latent sample ``z`` is random and is never used.

    Parameters
    ----------
    model : a trained model.
    covariates : what its encoder reads besides expression, or None.
    device : where to compute.
    known : (n_genes,) positions among the genes of the model of those that are at hand,
        ascending; the others are 0 in every cell. None for all.

    Attributes
    ----------
    covariates : (n_cells, n_covariates) float32, or None.
    linear_first : the encoder taken apart at its first layer, which is linear in log1p counts;
        None when it reads covariates too.
    """

    name = "scvi"

    def __init__(
        self,
        model: SCVI | SCANVI,
        covariates: Covariates | None,
        device: torch.device,
        known: np.ndarray | None = None,
    ) -> None:
        self.module = model.module.to(device).eval().requires_grad_(False)
        names = np.asarray(model.adata_manager.get_state_registry("X")["column_names"], str)
        self.n_read = len(names)
        self.known = np.arange(len(names)) if known is None else known
        self.genes = names[self.known]
        self.d_embedding = int(model.module.n_latent)
        self.n_weights = count_weights(self.module)
        self.covariates = None if covariates is None else covariates.values
        self.n_categorical = 0 if covariates is None else covariates.n_categorical
        self.device = device
        reads_only_genes = covariates is None and self.module.log_variational
        self.linear_first = self._split() if reads_only_genes else None

    def _split(self) -> LinearFirst | None:
        encoder = self.module.z_encoder
        layers = [m for block in encoder.encoder.fc_layers for m in block if m is not None]
        split = split_layers(layers, encoder.mean_encoder, self.n_read)
        return split and replace(split, weight=split.weight[self.known].contiguous())

    def embed_log1p(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of log1p counts, with gradients; see `CellModel`."""
        counts = torch.expm1(log_counts)
        if len(self.known) < self.n_read:
            places = torch.as_tensor(self.known, device=counts.device)
            padded = counts.new_zeros(len(counts), self.n_read)
            counts = padded.index_copy(1, places, counts)
        if covariates is None:
            batch = counts.new_zeros(len(counts), 1)
            return self.module.inference(x=counts, batch_index=batch)["qz"].loc
        codes = covariates[:, : 1 + self.n_categorical].long()
        numbers = covariates[:, 1 + self.n_categorical :]
        result = self.module.inference(
            x=counts,
            batch_index=codes[:, :1],
            cat_covs=codes[:, 1:] if self.n_categorical else None,
            cont_covs=numbers if numbers.shape[1] else None,
        )
        return result["qz"].loc


def count_weights(module: torch.nn.Module) -> int:
    """Return the number of weights of a network."""
    return sum(weights.numel() for weights in module.parameters())
