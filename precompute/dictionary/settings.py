"""What a training is told: sizes, variant, and the options of its recipe. Computes nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

VARIANTS = ("topk", "batch_topk", "matryoshka")
_CELLS_PER_BATCH = (256, 2048)
_FEWEST_STEPS = 4000


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result of a training, beside the cells and the seeds.

    Attributes
    ----------
    n_latents, k : size of the autoencoder, and how many latents a cell may activate.
    epochs : passes over the cells.
    variant : ``topk`` keeps the k largest of each cell (Gao et al. 2024). ``batch_topk`` keeps
        the n x k largest of a batch of n cells, so that a cell may take more or fewer while
        training, and k a cell afterwards (Bussmann et al. 2024). ``matryoshka`` is ``topk``
        with a loss for each prefix of the latents, so that the first ones learn what is
        general (Bussmann et al. 2025).
    prefixes : shares of the latents in the nested prefixes of ``matryoshka``, ascending to 1.
    learning_rate : the highest of the schedule; None lets short runs choose it.
    cells_per_batch : None takes 256, or more (up to 2,048) while 4,000 steps remain.
    held_out : share of the cells kept from the training to measure it on.
    patience : epochs without a better explained variance of the held-out cells, after which
        the decay of the learning rate begins early; None trains all epochs.
    resample : give latents that no cell activated for an epoch a new direction, towards badly
        rebuilt cells (Bricken et al. 2023).
    auxk : weight of a loss by which latents that no cell activated for an epoch learn to
        rebuild what the others miss (Gao et al. 2024, there 1/32); 0 leaves it out.
    multi_topk : weight of a loss for cells rebuilt from their 4 k largest latents beside that for
        k (Gao et al. 2024, there 1/8), of ``topk`` only; 0 leaves it out.
    """

    n_latents: int
    k: int
    epochs: int
    variant: str = "topk"
    prefixes: tuple[float, ...] = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
    learning_rate: float | None = None
    cells_per_batch: int | None = None
    held_out: float = 0.0
    patience: int | None = None
    resample: bool = False
    auxk: float = 0.0
    multi_topk: float = 0.0

    def bounds(self) -> np.ndarray:
        """Return the ascending ends of the prefixes, (n_prefixes,) int64; the last n_latents."""
        if self.variant != "matryoshka":
            return np.array([self.n_latents])
        ends = np.ceil(np.array(self.prefixes) * self.n_latents).astype(np.int64)
        return np.unique(ends)

    def batch_size(self, n_cells: int) -> int:
        """Return the number of cells in a batch of a training on `n_cells`."""
        if self.cells_per_batch is not None:
            return min(self.cells_per_batch, n_cells)
        least, most = _CELLS_PER_BATCH
        affordable = n_cells * self.epochs // _FEWEST_STEPS
        size = least
        while size * 2 <= min(most, affordable):
            size *= 2
        return min(size, n_cells)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self) | {"prefixes": list(self.prefixes)}
