"""What five seeds together cost against one, as whole trainings, on one thread and on two.

    python -m tests.benchmarks.dictionary_seeds

Sizes of the field's small end: 2,000 cells, d=32, 256 latents, k=8, 100 epochs. With the learning
rate given, and with the check that finds it, which is made once whatever the number of seeds.
Rounds alternate; medians.
"""

from __future__ import annotations

import time

import numpy as np
import torch

from precompute.dictionary import train_seeds
from tests.benchmarks.dictionary_speed import Shape, make_cells
from tests.benchmarks.tables import markdown

SHAPE = Shape(32, 256, 8, 256, 0)
EPOCHS, ROUNDS = 100, 5


def main() -> None:
    cells = make_cells(SHAPE, 2000)
    rows = []
    for n_threads in (1, 2):
        torch.set_num_threads(n_threads)
        for rate in (1e-2, None):
            times = np.array([[cost(cells, n, rate) for n in (1, 5)] for _ in range(ROUNDS)])
            wall, cpu = np.median(times, axis=0).T
            ratios = np.median(times[:, 1] / times[:, 0], axis=0)
            rows.append(
                [
                    f"{n_threads} thread{'s' if n_threads > 1 else ''}, "
                    f"{'given rate' if rate else 'with the check'}",
                    *(
                        f"{one:.2f} / {five:.2f} ({ratio:.2f})"
                        for (one, five), ratio in zip((wall, cpu), ratios, strict=True)
                    ),
                ]
            )
    print(markdown(["", "seconds, 1 / 5 seeds", "CPU-seconds, 1 / 5 seeds"], rows))


def cost(cells: np.ndarray, n_seeds: int, rate: float | None) -> tuple[float, float]:
    """Return seconds and CPU-seconds of one training."""
    start = time.perf_counter(), time.process_time()
    train_seeds(cells, SHAPE.n_latents, SHAPE.k, range(n_seeds), EPOCHS, rate)
    return time.perf_counter() - start[0], time.process_time() - start[1]


if __name__ == "__main__":
    main()
