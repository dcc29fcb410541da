"""Fits a surrogate encoder: from counts to embeddings that came without their model."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn

from precompute.device import threads_for
from precompute.errors import fault
from precompute.models.surrogate import SurrogateNetwork, SurrogateQuality

LEAST_CELLS = 50
N_HIDDEN = 128
# Chosen on Kang's cells, PCA and scVI: `python -m tests.benchmarks.surrogate`.
_DROPOUT, _LEARNING_RATE, _WEIGHT_DECAY = 0.1, 1e-3, 1e-2
_BATCH, _MOST_EPOCHS, _PATIENCE = 128, 200, 15
_LEAST_DEVIATION = 0.01  # of a gene that hardly varies, so that noise is not blown up


class Split(NamedTuple):
    """Cells for learning, for stopping and for the verdict; and how the last were chosen."""

    training: np.ndarray
    stopping: np.ndarray
    held_out: np.ndarray
    words: str


def fit_surrogate(
    counts: sp.csr_matrix,
    embeddings: np.ndarray,
    donors: np.ndarray | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[SurrogateNetwork, SurrogateQuality]:
    """Return a network that foretells embeddings from log1p counts, and how well it does.

    Parameters
    ----------
    counts : (n_cells, n_genes) raw counts.
    embeddings : (n_cells, d_embedding) of those cells.
    donors : (n_cells,) labels; of three donors or more, whole ones are held out.
    seed : of the split, the weights and the batches.
    progress : called with (epochs done, most epochs).

    Raises
    ------
    InputError
        Fewer than `LEAST_CELLS` cells, or embeddings that are all equal.
    """
    if counts.shape[0] < LEAST_CELLS:
        raise fault(
            "surrogate",
            f"{counts.shape[0]} cells",
            f"at least {LEAST_CELLS} to learn embeddings from",
            "Leave model.surrogate out.",
        )
    split = split_cells(counts.shape[0], donors, seed)
    targets = np.asarray(embeddings, np.float32)
    center, scale = targets[split.training].mean(axis=0), float(targets[split.training].std())
    if not scale > 0:
        raise fault("surrogate", "embeddings that are all equal", "ones that differ", "Check them.")
    expression = np.log1p(counts.toarray().astype(np.float32))
    mean = expression[split.training].mean(axis=0)
    deviation = expression[split.training].std(axis=0) + _LEAST_DEVIATION
    inputs = torch.from_numpy((expression - mean) / deviation)
    aims = torch.from_numpy((targets - center) / scale)
    torch.manual_seed(seed)
    network = SurrogateNetwork(counts.shape[1], N_HIDDEN, targets.shape[1])
    with threads_for(sum(weights.numel() for weights in network.parameters())):
        _train(network, inputs, aims, split, progress)
        network = _in_units(network, mean, deviation, center, scale)
        read = torch.from_numpy(expression)
        quality = SurrogateQuality(
            held_out=_explained(network, read, targets, split.held_out),
            training=_explained(network, read, targets, split.training),
            n_held_out=len(split.held_out),
            n_training=len(split.training),
            split=split.words,
        )
    return network, quality


def split_cells(n_cells: int, donors: np.ndarray | None, seed: int) -> Split:
    """Hold a fifth of the cells out, whole donors where there are three or more of them."""
    rng = np.random.default_rng([seed, n_cells])
    names = np.unique(donors) if donors is not None else np.empty(0)
    if donors is not None and len(names) >= 3:
        n_out = max(1, round(len(names) / 5))
        out = rng.permutation(names)[:n_out]
        held_out = np.flatnonzero(np.isin(donors, out))
        words = f"{n_out} of {len(names)} donors"
    else:
        held_out = np.sort(rng.permutation(n_cells)[: n_cells // 5])
        words = "a fifth of the cells at random"
    rest = rng.permutation(np.setdiff1d(np.arange(n_cells), held_out))
    n_stopping = max(1, len(rest) // 8)
    return Split(np.sort(rest[n_stopping:]), np.sort(rest[:n_stopping]), held_out, words)


def _train(
    network: SurrogateNetwork,
    inputs: torch.Tensor,
    aims: torch.Tensor,
    split: Split,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Train in place until the cells for stopping get no better, and keep the best weights."""
    drop = nn.Dropout(_DROPOUT)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY
    )
    training, stopping = (torch.from_numpy(rows) for rows in (split.training, split.stopping))
    best, kept, since = float("inf"), copy.deepcopy(network.state_dict()), 0
    for epoch in range(_MOST_EPOCHS):
        for rows in training[torch.randperm(len(training))].split(_BATCH):
            loss = (network(drop(inputs[rows])) - aims[rows]).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            found = float((network(inputs[stopping]) - aims[stopping]).square().mean())
        since = since + 1 if found >= best else 0
        if found < best:
            best, kept = found, copy.deepcopy(network.state_dict())
        if progress is not None:
            progress(epoch + 1, _MOST_EPOCHS)
        if since >= _PATIENCE:
            break
    network.load_state_dict(kept)
    network.requires_grad_(False)


def _in_units(
    network: SurrogateNetwork,
    mean: np.ndarray,
    deviation: np.ndarray,
    center: np.ndarray,
    scale: float,
) -> SurrogateNetwork:
    """Return the network with its standardisation folded in: log1p counts to embeddings."""
    folded = copy.deepcopy(network)
    for layer in (folded.hidden, folded.straight):
        layer.weight.div_(torch.from_numpy(deviation))
        layer.bias.sub_(layer.weight @ torch.from_numpy(mean))
    for layer in (folded.straight, folded.last):
        layer.weight.mul_(scale)
    folded.straight.bias.mul_(scale).add_(torch.from_numpy(center))
    return folded


def _explained(
    network: SurrogateNetwork, inputs: torch.Tensor, targets: np.ndarray, rows: np.ndarray
) -> float:
    """Return the share of the variance of some cells' embeddings that is explained."""
    found = network(inputs[rows]).numpy()
    residual = float(np.square(targets[rows] - found).sum())
    return 1 - residual / float(np.square(targets[rows] - targets[rows].mean(axis=0)).sum())
