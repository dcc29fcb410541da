"""The training loop on centred and scaled cells. Knows nothing of dictionaries or files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from precompute.dictionary.topk import TopKBank

_CELLS_PER_BATCH = 256
_CALIBRATION_CELLS = 4096
_WARM_UP = 0.05
_DECAY = 0.30


@dataclass(frozen=True)
class Shape:
    """Size of an autoencoder: its latents, and how many of them a cell may activate."""

    n_latents: int
    k: int


def fit(
    cells: torch.Tensor,
    seeds: Sequence[int],
    shape: Shape,
    epochs: int,
    learning_rate: float,
    on_epoch: Callable[[], None],
) -> tuple[TopKBank, torch.Tensor]:
    """Train one autoencoder a seed, all of them in the same batched steps.

    Parameters
    ----------
    cells : (n_cells, d_embedding), centred, root mean square 1, on the device to train on.
    seeds : each draws its own first decoder and its own order of batches.
    epochs : passes over the cells; the last partial batch of each order is left out.
    learning_rate : the highest, between the warm-up and the decay.
    on_epoch : called after each epoch.

    Returns
    -------
    bank : the trained autoencoders.
    curve : (n_seeds, n_epochs), explained variance of the batches while they were learnt.
    """
    # The generators stay on the CPU: the same draws on every device.
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    bank = TopKBank(generators, shape.n_latents, cells.shape[1], shape.k, cells.device)
    bank.calibrate_encoder(cells[:_CALIBRATION_CELLS])
    optimiser = _adam(bank, learning_rate)
    per_batch = min(_CELLS_PER_BATCH, len(cells))
    n_batches = steps_per_epoch(len(cells))
    curve = torch.empty(len(seeds), epochs)
    for epoch in range(epochs):
        orders = torch.stack([torch.randperm(len(cells), generator=g) for g in generators])
        residual, total = torch.zeros(2, len(seeds), device=cells.device)
        for batch in range(n_batches):
            chosen = orders[:, batch * per_batch : (batch + 1) * per_batch].to(cells.device)
            share_done = (epoch * n_batches + batch) / (epochs * n_batches)
            optimiser.param_groups[0]["lr"] = learning_rate * _schedule(share_done)
            x = cells[chosen]
            residual += _step(bank, optimiser, x)
            total += x.square().sum(dim=(1, 2))
        curve[:, epoch] = (1 - residual / total).cpu()
        on_epoch()
    return bank, curve


def steps_per_epoch(n_cells: int) -> int:
    """Return the number of whole batches in one pass over the cells, at least 1."""
    return max(1, n_cells // _CELLS_PER_BATCH)


def _step(bank: TopKBank, optimiser: torch.optim.Optimizer, x: torch.Tensor) -> torch.Tensor:
    """Take one optimiser step and return the squared residual of each seed, before it."""
    residual = (bank(x) - x).square().sum(dim=(1, 2))
    optimiser.zero_grad(set_to_none=True)
    # Seeds share no parameter: the gradient of the sum holds each seed's own.
    (residual.sum() / x.shape[1]).backward()
    bank.drop_parallel_gradient()
    optimiser.step()
    bank.normalise_decoder()
    return residual.detach()


def _schedule(share_done: float) -> float:
    """Return the factor on the learning rate: linear warm-up, plateau, linear decay to 0."""
    return min(1.0, (share_done + 1e-3) / _WARM_UP, (1 - share_done) / _DECAY)


def _adam(bank: TopKBank, learning_rate: float) -> torch.optim.Optimizer:
    try:
        return torch.optim.Adam(bank.parameters(), lr=learning_rate, fused=True)
    except RuntimeError:  # this device has no fused kernel
        return torch.optim.Adam(bank.parameters(), lr=learning_rate)
