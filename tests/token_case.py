"""What tests of several token models share."""

from __future__ import annotations

import numpy as np
import torch

from precompute.models.tokens import TokenModel


def entering(
    model: TokenModel, cell: torch.Tensor, other: torch.Tensor, reader: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes and exact gains of genes that only the other cell has, entering one by one.

    Parameters
    ----------
    cell, other : (n_genes,) expression in the model's unit.
    reader : (d_embedding,) what is read of an embedding.
    """
    read = torch.from_numpy(reader)
    genes = torch.nonzero((cell <= 0) & (other > 0))[:, 0]
    swapped = torch.cat([model.swap(cell[None], other[None], gene[None]) for gene in genes])
    gains = model.embed_expression(torch.cat([cell[None], swapped]), None) @ read
    _, slopes = model.embed_with_gradient(cell[None], None, read[None], other[None])
    return slopes[0, 0, genes].numpy(), (gains[1:] - gains[0]).numpy()
