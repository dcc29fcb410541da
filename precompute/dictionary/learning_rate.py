"""A short check that picks the learning rate. The setting with the largest effect on quality."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from precompute.dictionary.fit import Shape, fit, steps_per_epoch

CANDIDATES = (1e-3, 3e-3, 1e-2, 3e-2)
_CELLS = 8192
_STEPS = 500
_SEED = 0


def choose_learning_rate(
    cells: torch.Tensor, shape: Shape, epochs: int, on_run: Callable[[], None]
) -> float:
    """Return the candidate whose short run explains most variance of held-out cells.

    The choice depends on the cells and the shape only, not on the seeds that are trained
    afterwards, so every seed of a data set gets the same learning rate.

    Parameters
    ----------
    cells : (n_cells, d_embedding), centred and scaled. At most 8,192 are used, a fifth of
        them held out (with fewer than 10 cells, none: the training cells are used again).
    epochs : length of the real training; a short run takes no more, and about 500 steps.
    on_run : called after each short run.
    """
    order = torch.randperm(len(cells), generator=torch.Generator().manual_seed(_SEED))
    order = order[:_CELLS].to(cells.device)
    n_held_out = len(order) // 5 if len(order) >= 10 else 0
    training = cells[order[n_held_out:]]
    held_out = cells[order[:n_held_out]] if n_held_out else training
    epochs = min(epochs, math.ceil(_STEPS / steps_per_epoch(len(training))))
    results = []
    for candidate in CANDIDATES:
        bank, _ = fit(training, [_SEED], shape, epochs, candidate, on_epoch=lambda: None)
        with torch.no_grad():
            residual = (bank(held_out[None]) - held_out).square().sum()
        results.append(residual.nan_to_num(torch.inf).item())
        on_run()
    return CANDIDATES[results.index(min(results))]
