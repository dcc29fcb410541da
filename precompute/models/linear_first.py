"""Models whose first layer is linear in log1p expression, taken apart at that layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

Tensor = torch.Tensor

# What does nothing in evaluation: left out, since a call costs as much as the work on a few genes.
_NOTHING = (nn.Dropout, nn.Identity)
# Activations that see one value at a time.
_ELEMENTWISE = (
    nn.ReLU,
    nn.LeakyReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Softplus,
    nn.Tanh,
    nn.Sigmoid,
)


@dataclass(frozen=True)
class LinearFirst:
    """``embedding = last(middle(first))`` with ``first = log_counts @ weight + offset``.

    A swap of one gene moves `first` along one row of `weight`, so it needs no pass through
    the first layer, which holds nearly all of the arithmetic.

    Attributes
    ----------
    weight : (n_genes, d_hidden), what follows the first layer linearly folded in.
    offset : covariates (n, n_covariates) or None to what is added to `first`, (d_hidden,) or
        (n, d_hidden).
    middle : (n, d_hidden) to (n, d_last), row by row.
    last_weight : (d_last, d_embedding).
    last_bias : (d_embedding,).
    elementwise : whether `middle` acts on each hidden value by itself, as in a network with a
        single hidden layer.
    """

    weight: Tensor
    offset: Callable[[Tensor | None], Tensor]
    middle: Callable[[Tensor], Tensor]
    last_weight: Tensor
    last_bias: Tensor
    elementwise: bool = False

    def first(self, log_counts: Tensor, covariates: Tensor | None) -> Tensor:
        """Return the first hidden layer (n, d_hidden) of log1p counts (n, n_genes)."""
        return log_counts @ self.weight + self.offset(covariates)


def fold_batch_norm(linear: nn.Linear, norm: nn.BatchNorm1d | None) -> tuple[Tensor, Tensor]:
    """Return weight (n_in, n_out) and bias (n_out,) of a linear layer and the batch
    normalisation after it, as it acts in evaluation: a fixed affine map.
    """
    bias = linear.bias if linear.bias is not None else linear.weight.new_zeros(len(linear.weight))
    if norm is None:
        return linear.weight.T.contiguous(), bias
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("batch normalisation without running statistics is not a fixed map")
    scale = torch.rsqrt(norm.running_var + norm.eps)
    shift = -norm.running_mean * scale
    if norm.affine:
        scale, shift = scale * norm.weight, shift * norm.weight + norm.bias
    return (linear.weight.T * scale).contiguous(), bias * scale + shift


def split_layers(layers: Sequence[nn.Module], last: nn.Linear, n_genes: int) -> LinearFirst | None:
    """Return the parts of a network of layers that ends in `last`, or None if it cannot be split.

    Parameters
    ----------
    layers : modules applied in turn, the first one linear; its inputs beyond `n_genes` are
        covariates.
    last : the linear layer that gives the embedding.
    n_genes : number of genes.
    """
    if not layers or not isinstance(layers[0], nn.Linear):
        return None
    rest = list(layers[1:])
    norm = rest[0] if rest and isinstance(rest[0], nn.BatchNorm1d) else None
    weight, bias = fold_batch_norm(layers[0], norm)
    genes, extra = weight[:n_genes], weight[n_genes:]

    def offset(covariates: Tensor | None) -> Tensor:
        if covariates is None or len(extra) == 0:
            return bias
        return bias + covariates @ extra

    kept = [m for m in rest[norm is not None :] if not isinstance(m, _NOTHING)]
    elementwise = all(isinstance(module, _ELEMENTWISE) for module in kept)
    middle = kept[0] if len(kept) == 1 else nn.Sequential(*kept)
    return LinearFirst(genes, offset, middle, last.weight.T.contiguous(), last.bias, elementwise)
