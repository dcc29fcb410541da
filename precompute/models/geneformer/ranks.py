"""Where tokens stand among those of a cell, and where others would stand if they came."""

from __future__ import annotations

from typing import NamedTuple

import torch

from precompute.models.tokens import Tokens


class Ranks(NamedTuple):
    """The ranks of the tokens of cells, and of those that might enter.

    Attributes
    ----------
    place : (n, n_tokens) how many tokens of the cell stand before each; of a gene that is there
        already, without itself.
    source : (n, n_entering) for each token that might enter the number of the token in the cell
        with the same gene, which would move; -1 for a gene the cell does not have.
    """

    place: torch.Tensor
    source: torch.Tensor


def rank_tokens(tokens: Tokens, n_entering: int, n_genes: int) -> Ranks:
    """Return the ranks, highest value first and of equal values the gene that comes first.

    Parameters
    ----------
    tokens : the last `n_entering` of them are not in the cells.
    n_genes : above every column of the tokens.
    """
    n_real = tokens.columns.shape[1] - n_entering
    value, column = tokens.values[:, :, None], tokens.columns[:, :, None]
    others, genes = tokens.values[:, None, :n_real], tokens.columns[:, None, :n_real]
    before = (others > value) | ((others == value) & (genes < column))
    place = before.sum(dim=2)
    number = torch.arange(n_real, device=place.device).expand(len(place), -1)
    nowhere = number.new_full((len(place), n_genes), -1)
    found = nowhere.scatter(1, tokens.columns[:, :n_real], number)
    source = found.gather(1, tokens.columns[:, n_real:])
    passes_itself = before[:, n_real:].gather(2, source.clamp(min=0)[:, :, None])[:, :, 0]
    place[:, n_real:] -= (passes_itself & (source >= 0)).long()
    return Ranks(place, source)
