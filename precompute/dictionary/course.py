"""How far the training of one seed is: its schedule, its curves, and whether it has ended."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from precompute.dictionary.autoencoder import Autoencoder

_WARM_UP = 0.05
_DECAY = 0.30
_BETTER = 1e-4  # explained variance that counts as progress


@dataclass(eq=False)
class Course:
    """One seed's training.

    Attributes
    ----------
    seed : decides the first decoder and the order of the cells.
    model : changed in place.
    learning_rate : the highest of the schedule.
    n_steps : steps of the whole schedule: 5 % linear warm-up, plateau, 30 % linear decay.
    decay_from, end : steps where the decay begins and the training ends.
    curve : explained variance of the batches of each epoch, while they were learnt.
    held_out : explained variance of the held-out cells after each epoch.
    residual, total : sums of the present epoch.
    """

    seed: int
    model: Autoencoder
    learning_rate: float
    n_steps: int
    decay_from: float = 0
    end: int = 0
    curve: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    residual: float = 0.0
    total: float = 0.0

    def __post_init__(self) -> None:
        if not self.end:
            self.end = self.n_steps
            self.decay_from = self.n_steps * (1 - _DECAY)

    @property
    def ended(self) -> bool:
        """Whether all steps are taken."""
        return self.model.n_steps >= self.end

    def rate(self) -> float:
        """Return the learning rate of the next step."""
        step = self.model.n_steps
        warm = (step / self.n_steps + 1e-3) / _WARM_UP
        decay = (self.end - step) / (self.end - self.decay_from)
        return self.learning_rate * min(1.0, warm, decay)

    def end_epoch(self) -> None:
        """Move the sums of the epoch to the curve."""
        self.curve.append(1 - self.residual / self.total if self.total > 0 else math.nan)
        self.residual = self.total = 0.0

    def stop_early(self, patience: int) -> None:
        """Let the decay begin now when the held-out cells are rebuilt no better for a while.

        The decay then takes the share of the shortened training that it has of a whole one.
        """
        step, n_epochs = self.model.n_steps, len(self.held_out)
        if step >= self.decay_from or n_epochs <= patience:
            return
        if max(self.held_out[-patience:]) > max(self.held_out[:-patience]) + _BETTER:
            return
        steps_per_epoch = step // n_epochs
        more = max(1, math.ceil(n_epochs * _DECAY / (1 - _DECAY)))
        end = step + more * steps_per_epoch
        if end < self.end:
            self.decay_from, self.end = step, end

    def record(self) -> dict:
        """Return everything but the model as plain values."""
        names = ("seed", "learning_rate", "n_steps", "decay_from", "end", "residual", "total")
        plain = {name: getattr(self, name) for name in names}
        return plain | {"curve": list(self.curve), "held_out": list(self.held_out)}
