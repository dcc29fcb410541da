"""Attention in which every key has a gate, with slopes along the gates from the fused kernels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# One coordinate is enough; kernels on a GPU want a multiple of 8.
_WIDER = 8


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """Return the values mixed by attention, of the shape of `query`.

    A mask that has a gradient leaves PyTorch nothing but its plain formula, which keeps a number
    for each pair of tokens. So the bias is one more coordinate of the keys, and 1 that of the
    queries: ``(q, 1) . (k, b sqrt(d)) / sqrt(d) = q . k / sqrt(d) + b``, which every fused
    kernel can do.

    Parameters
    ----------
    query, key, value : (n, n_heads, n_tokens, d_head)
    bias : (n, n_tokens), added to what each query finds in a key, before the weights are made to
        sum to 1: the logarithm of a gate from 0 to 1. None for none.
    """
    if bias is None:
        return functional.scaled_dot_product_attention(query, key, value)
    d_head = query.shape[-1]
    scaled = (bias * d_head**0.5).to(key.dtype)[:, None, :, None].expand(-1, key.shape[1], -1, 1)
    one = functional.pad(query.new_ones(*query.shape[:-1], 1), (0, _WIDER - 1))
    mixed = functional.scaled_dot_product_attention(
        torch.cat([query, one], dim=-1),
        torch.cat([key, functional.pad(scaled, (0, _WIDER - 1))], dim=-1),
        functional.pad(value, (0, _WIDER)),
        scale=d_head**-0.5,
    )
    return mixed[..., :d_head]
