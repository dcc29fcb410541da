"""Exact swaps for models that begin with a linear layer: one row added to the first hidden layer.

Swapping gene g of a cell moves the first hidden layer by (u'_g - u_g) W_g, a rank-1 update, so
the first layer, which holds nearly all of the arithmetic, runs once a cell and not once a gene.
"""

from __future__ import annotations

import torch

from precompute.models.linear_first import LinearFirst

# Hidden values of one block; a block stays in a core's cache while it is worked on.
_HIDDEN_PER_BLOCK = 262_144


def rank_one_swaps(
    split: LinearFirst,
    directions: torch.Tensor,
    log_counts: torch.Tensor,
    replacement: torch.Tensor,
    columns: torch.Tensor,
    covariates: torch.Tensor | None,
) -> torch.Tensor:
    """Return by how much each single swap lowers the pre-activation of its pair.

    Parameters
    ----------
    split : the parts of the model.
    directions : (n_pairs, d_embedding), the row of the dictionary's encoder that each pair
        reads, over the scale of the embeddings.
    log_counts : (n_pairs, n_genes) log1p counts.
    replacement : (n_draws, n_pairs, n_swapped) log1p counts that take their place.
    columns : (n_swapped,) the genes that are swapped.
    covariates : (n_pairs, n_covariates) for the model, or None.

    Returns
    -------
    (n_draws, n_pairs, n_swapped) effects; exactly 0 where the value does not change.
    """
    first = split.first(log_counts, covariates)
    readers = directions @ split.last_weight.T
    before = (split.middle(first) * readers).sum(dim=1)
    rows = split.weight[columns]
    change = replacement - log_counts[:, columns]
    effects = torch.zeros_like(change)
    step = max(1, _HIDDEN_PER_BLOCK // first.shape[1])
    for draw, pair in torch.cartesian_prod(
        torch.arange(change.shape[0]), torch.arange(change.shape[1])
    ).tolist():
        moved = torch.nonzero(change[draw, pair]).squeeze(1)
        for genes in moved.split(step):
            whole = len(genes) == len(columns)
            added = rows if whole else rows[genes]
            by = change[draw, pair, genes, None]
            after = split.middle(torch.addcmul(first[pair], by, added)) @ readers[pair]
            effects[draw, pair, genes] = before[pair] - after
    return effects
