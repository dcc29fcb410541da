"""A network of three hidden layers, trained here: stands for a model that somebody brings along.

It offers no more than `CellModel` asks for, so whatever reads it takes the general path.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn

from precompute.models.base import Differentiable
from precompute.models.expression import ExpressionModel
from precompute.models.scvi.model import count_weights

HIDDEN = (256, 128, 64)
BATCH = 128
SHARE_MASKED = 0.3
LEARNING_RATE = 1e-3
_ROWS = 4096


class SequentialModel(ExpressionModel):
    """A ``torch.nn.Sequential`` that reads log1p counts, as a `CellModel`.

    Parameters
    ----------
    network : (n, n_genes) log1p counts to embeddings (n, d_embedding), row by row.
    genes : (n_genes,) names of what it reads.
    """

    name = "mlp3"
    differentiable: Differentiable = "expression"

    def __init__(self, network: nn.Sequential, genes: np.ndarray, d_embedding: int) -> None:
        self.network = network.eval().requires_grad_(False)
        self.genes = genes
        self.d_embedding = d_embedding
        self.n_weights = count_weights(network)

    def embed(self, counts: sp.csr_matrix, covariates: np.ndarray | None) -> np.ndarray:
        """Return embeddings (n_cells, d_embedding), float32, of raw counts (n_cells, n_genes)."""
        blocks = (counts[start : start + _ROWS] for start in range(0, counts.shape[0], _ROWS))
        with torch.no_grad():
            pieces = [self.embed_log1p(log1p_tensor(block), None).numpy() for block in blocks]
        return np.concatenate(pieces)

    def embed_log1p(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of log1p counts, with gradients; see `CellModel`."""
        return self.network(log_counts)


def train_network(
    counts: sp.csr_matrix, genes: np.ndarray, seed: int, d_embedding: int = 24, epochs: int = 60
) -> SequentialModel:
    """Train a denoising autoencoder of `HIDDEN` layers and return its encoder.

    It sees log1p counts with 30 % of the genes of each cell masked, and predicts how the
    total of the cell divides among all genes: the likelihood is multinomial, that of Poisson
    counts given their total.

    Parameters
    ----------
    counts : (n_cells, n_genes) raw counts.
    seed : of weights, batches and masks.
    """
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        encoder = make_layers(counts.shape[1], *HIDDEN, d_embedding)
        decoder = make_layers(d_embedding, *reversed(HIDDEN), counts.shape[1])
    both = nn.Sequential(encoder, decoder)
    optimiser = torch.optim.Adam(both.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        for rows in torch.randperm(counts.shape[0], generator=rng).split(BATCH):
            inputs = log1p_tensor(counts[rows.numpy()])
            kept = torch.rand(inputs.shape, generator=rng) >= SHARE_MASKED
            loss = multinomial_loss(both(inputs * kept), torch.expm1(inputs))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    return SequentialModel(encoder, genes, d_embedding)


def make_layers(*widths: int) -> nn.Sequential:
    """Return linear layers of these widths, each but the last followed by LayerNorm and GELU."""
    layers: list[nn.Module] = []
    for n_in, n_out in zip(widths[:-1], widths[1:], strict=True):
        layers += [nn.Linear(n_in, n_out), nn.LayerNorm(n_out), nn.GELU()]
    return nn.Sequential(*layers[:-2])


def multinomial_loss(logits: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Return minus the mean log probability of a count, over all counts of the cells."""
    return -(counts * logits.log_softmax(dim=1)).sum() / counts.sum()


def log1p_tensor(counts: sp.csr_matrix) -> torch.Tensor:
    """Return dense log1p counts, float32."""
    return torch.log1p(torch.from_numpy(counts.toarray().astype(np.float32)))
