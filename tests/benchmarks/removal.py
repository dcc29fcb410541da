"""Slopes of a token model beside the exact removal of each token, in some cells."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.stats import spearmanr

from precompute.models.tokens import TokenModel, Tokens

CELLS_CHECKED = 12
_ROWS = 32  # cells computed together


def compare_removal(
    model: TokenModel, expression: np.ndarray, n_cells: int = CELLS_CHECKED
) -> Iterator[tuple[Tokens, np.ndarray, list[np.ndarray]]]:
    """Yield tokens, drop of a reading by exact removal and its slopes, by cell and direction.

    Directions are the first four principal axes of the embeddings of 200 cells.

    Parameters
    ----------
    expression : (n_cells, n_genes) in the model's unit.
    n_cells : how many are drawn.

    Yields
    ------
    tokens of one cell, (n_tokens,) drops, and for each part of the slopes (n_tokens,).
    """
    rng = np.random.default_rng(1)
    embeddings = model.embed_expression(torch.from_numpy(expression[:200]), None).numpy()
    axes = np.linalg.svd(embeddings - embeddings.mean(axis=0))[2][:4]
    for cell in rng.choice(len(expression), n_cells, replace=False):
        values = torch.from_numpy(expression[cell])
        columns = torch.from_numpy(np.flatnonzero(expression[cell]))
        tokens = Tokens(columns[None], values[columns][None])
        n = len(columns)
        kept = torch.stack([torch.cat([columns[:j], columns[j + 1 :]]) for j in range(n)])
        with torch.no_grad():
            whole = model.embed_tokens(tokens, None)
            without = [model.embed_tokens(Tokens(p, values[p]), None) for p in kept.split(_ROWS)]
        for axis in torch.from_numpy(axes.astype(np.float32)):
            drop = ((whole - torch.cat(without)) @ axis).numpy()
            slopes = model.slopes_of(tokens, axis[None])[1]
            yield tokens, drop, [slope[0].numpy() for slope in slopes]


def agreement(slopes: np.ndarray, drops: np.ndarray) -> tuple[float, float]:
    """Return rank correlation and share of equal signs."""
    return float(spearmanr(slopes, drops)[0]), float(np.mean(np.sign(slopes) == np.sign(drops)))
