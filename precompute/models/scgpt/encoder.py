"""The encoder of scGPT (Cui et al. 2024, Nature Methods) in plain PyTorch: tokens in, vectors out.

Its modules bear the names of the official checkpoints, so that weights load without translation but
for the joint projection of attention. Nothing here is random, and there is no dropout: it only
embeds.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from precompute.models.gated_attention import attend

Tensor = torch.Tensor
VALUE_STYLES = ("continuous", "category", "scaling")
# The official encoder clips larger values.
_LARGEST_VALUE = 512.0


@dataclass(frozen=True)
class Sizes:
    """The shape of an encoder.

    Attributes
    ----------
    n_tokens : rows of the table of genes and special tokens.
    d_model, n_heads, d_hidden, n_layers : as in any transformer.
    value_style : how values are read, one of `VALUE_STYLES`.
    n_categories : rows of the table of values where `value_style` is ``category``, else 0.
    """

    n_tokens: int
    d_model: int
    n_heads: int
    d_hidden: int
    n_layers: int
    value_style: str = "continuous"
    n_categories: int = 0


class NormedTable(nn.Module):
    """A table of vectors, followed by layer normalisation."""

    def __init__(self, n_rows: int, d_model: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_rows, d_model)
        self.enc_norm = nn.LayerNorm(d_model)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the vectors (..., d_model) of rows (...)."""
        return self.enc_norm(self.embedding(rows.long()))


class ValueEncoder(nn.Module):
    """A small network from one number to a vector."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(1, d_model)
        self.linear2 = nn.Linear(d_model, d_model)
        self.norm = nn.LayerNorm(d_model)

    def forward(self, values: Tensor) -> Tensor:
        """Return the vectors (..., d_model) of values (...)."""
        hidden = self.linear1(values.unsqueeze(-1).clamp(max=_LARGEST_VALUE))
        return self.norm(self.linear2(functional.relu(hidden)))


class SelfAttention(nn.Module):
    """Attention of all tokens of a cell to all of them, in no order."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * d_model, d_model))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * d_model))
        self.out_proj = nn.Linear(d_model, d_model)

    def forward(self, tokens: Tensor, bias: Tensor | None) -> Tensor:
        """Return tokens (n, n_tokens, d_model); `bias` (n, n_tokens) is added to each key."""
        n, n_tokens, d_model = tokens.shape
        joint = functional.linear(tokens, self.in_proj_weight, self.in_proj_bias)
        heads = joint.view(n, n_tokens, 3, self.n_heads, d_model // self.n_heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        mixed = attend(query, key, value, bias)
        return self.out_proj(mixed.transpose(1, 2).reshape(n, n_tokens, d_model))


class Block(nn.Module):
    """A transformer block with the normalisation after each half."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.self_attn = SelfAttention(sizes.d_model, sizes.n_heads)
        self.linear1 = nn.Linear(sizes.d_model, sizes.d_hidden)
        self.linear2 = nn.Linear(sizes.d_hidden, sizes.d_model)
        self.norm1 = nn.LayerNorm(sizes.d_model)
        self.norm2 = nn.LayerNorm(sizes.d_model)

    def forward(self, tokens: Tensor, bias: Tensor | None) -> Tensor:
        """Return tokens of the same shape."""
        tokens = self.norm1(tokens + self.self_attn(tokens, bias))
        return self.norm2(tokens + self.linear2(functional.relu(self.linear1(tokens))))


class Stack(nn.Module):
    """The blocks, one after the other."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block(sizes) for _ in range(sizes.n_layers))

    def forward(self, tokens: Tensor, bias: Tensor | None, depth: int | None) -> Tensor:
        """Return tokens of the same shape, after the first `depth` blocks or after all."""
        for block in itertools.islice(self.layers, depth):
            tokens = block(tokens, bias)
        return tokens


class ScgptEncoder(nn.Module):
    """Turns the tokens of cells into one vector each.

    Parameters
    ----------
    sizes : the shape; weights are those of a checkpoint, loaded afterwards.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder = NormedTable(sizes.n_tokens, sizes.d_model)
        self.value_encoder: nn.Module = nn.Identity()
        if sizes.value_style == "continuous":
            self.value_encoder = ValueEncoder(sizes.d_model)
        elif sizes.value_style == "category":
            self.value_encoder = NormedTable(sizes.n_categories, sizes.d_model)
        self.transformer_encoder = Stack(sizes)

    def forward(
        self, genes: Tensor, values: Tensor, gates: Tensor | None = None, depth: int | None = None
    ) -> Tensor:
        """Return vectors (n, n_tokens, d_model).

        Parameters
        ----------
        genes, values : (n, n_tokens), tokens and what they carry. No padding.
        gates : (n, n_tokens), how far each token is seen by all tokens, itself included: its
            weight in attention before the weights are made to sum to 1. At 0 the others are as
            if it were not there. None for 1 everywhere.
        depth : after how many blocks to stop, None for all of them; 0 gives the input vectors.
        """
        vectors, values = self.encoder(genes), self.value_encoder(values)
        if self.sizes.value_style == "scaling":
            tokens = vectors * values.unsqueeze(-1)
        else:
            tokens = vectors + values
        bias = None if gates is None else gates.log()
        return self.transformer_encoder(tokens, bias, depth)
