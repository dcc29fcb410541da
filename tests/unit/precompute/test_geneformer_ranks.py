"""Where genes stand, enter and move among the genes of a cell."""

import numpy as np
import pytest
import torch

from precompute.models.geneformer.ranks import rank_tokens
from precompute.models.tokens import Tokens


def test_a_worked_example():
    """Genes 1, 4, 6 of scores 5, 9, 2; gene 3 enters with 5, gene 4 moves to 1, gene 6 to 7."""
    columns = torch.tensor([[1, 4, 6, 3, 4, 6]])
    values = torch.tensor([[5.0, 9, 2, 5, 1, 7]])
    ranks = rank_tokens(Tokens(columns, values), 3, 8)
    # Gene 1 comes before gene 3 of the same score; gene 4 does not stand before itself.
    assert ranks.place.tolist() == [[1, 0, 2, 2, 2, 1]]
    assert ranks.source.tolist() == [[-1, 1, 2]]


@pytest.mark.parametrize("seed", range(5))
def test_places_are_those_of_a_cell_ranked_anew(seed):
    rng = np.random.default_rng(seed)
    cell, other = rng.integers(0, 6, (2, 20)).astype(np.float32)
    real, new = np.flatnonzero(cell), np.flatnonzero((other > 0) & (other != cell))
    columns = torch.from_numpy(np.concatenate([real, new]))[None]
    values = torch.from_numpy(np.concatenate([cell[real], other[new]]))[None]
    place = rank_tokens(Tokens(columns, values), len(new), 20).place[0].numpy()
    for token, gene in enumerate(columns[0].tolist()):
        changed = cell.copy()
        changed[gene] = values[0, token]
        ranked = np.argsort(-changed, kind="stable")
        assert place[token] == ranked.tolist().index(gene)


def test_nothing_enters():
    ranks = rank_tokens(Tokens(torch.tensor([[0, 2]]), torch.tensor([[1.0, 3.0]])), 0, 3)
    assert ranks.place.tolist() == [[1, 0]] and ranks.source.shape == (1, 0)
