"""What five seeds together cost against one: as whole trainings, and as bare steps.

    python -m tests.benchmarks.dictionary_seeds [--rounds 5] [--trainings 0 1]

Trainings of a small and of a large shape, on one thread and on two: with the learning rate given,
and with the check that finds it, which is made once whatever the number of seeds. Bare steps on one
thread, and in them the products of cells and encoders: five apart, and one with all five encoders
side by side, as if all seeds saw the cells in one order. Rounds alternate; medians.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from precompute.dictionary import Settings, train_seeds
from precompute.dictionary.autoencoder import draw_autoencoder
from precompute.dictionary.rebuilding import calibrate
from precompute.dictionary.sparse_step import SparseStep, encoder_products, make_tile
from tests.benchmarks.dictionary_speed import SHAPES, Shape, make_cells
from tests.benchmarks.tables import markdown

# Shape, cells, epochs.
TRAININGS = ((SHAPES[1], 2000, 100), (SHAPES[0], 8192, 4))
N_SEEDS = 5


def main() -> None:
    """Print one table of trainings and one of steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trainings", type=int, nargs="*", default=range(len(TRAININGS)))
    options = parser.parse_args()
    rows = [
        row
        for position in options.trainings
        for n_threads in (1, 2)
        for row in compare_trainings(*TRAININGS[position], n_threads, options.rounds)
    ]
    print(markdown(["", "seconds, 1 / 5 seeds", "CPU-seconds, 1 / 5 seeds"], rows))
    heads = ["", "1 step", "5 steps", "5 products", "as one product", "5 steps without products"]
    with threadpool_limits(1):
        steps = [compare_steps(shape, options.rounds) for shape in SHAPES[:2]]
    print(f"\nCPU-milliseconds; in brackets, over 1 step:\n\n{markdown(heads, steps)}")


def compare_trainings(
    shape: Shape, n_cells: int, epochs: int, n_threads: int, rounds: int
) -> list[list[str]]:
    """Return a row with the learning rate given, and one with its check."""
    torch.set_num_threads(n_threads)
    cells = make_cells(shape, n_cells)
    rows = []
    for rate in (1e-2, None):

        def cost(n_seeds: int, rate: float | None = rate) -> tuple[float, float]:
            start = time.perf_counter(), time.process_time()
            train_seeds(cells, shape.n_latents, shape.k, range(n_seeds), epochs, rate)
            return time.perf_counter() - start[0], time.process_time() - start[1]

        times = np.array([[cost(1), cost(N_SEEDS)] for _ in range(rounds)])
        ratios = np.median(times[:, 1] / times[:, 0], axis=0)
        name = f"d={shape.d}, {shape.n_latents:,} latents, {n_threads} thread"
        name += f"{'s' * (n_threads > 1)}, {'given rate' if rate else 'with the check'}"
        wall, cpu = np.median(times, axis=0).T
        pairs = zip((wall, cpu), ratios, strict=True)
        rows.append([name, *(f"{a:.2f} / {b:.2f} ({ratio:.2f})" for (a, b), ratio in pairs)])
    return rows


def compare_steps(shape: Shape, rounds: int) -> list[str]:
    """Return the row of one shape."""
    cells, batch = make_cells(shape), np.arange(shape.n_batch)
    x = cells[batch]
    settings = Settings(shape.n_latents, shape.k, 1)
    models = [draw_autoencoder(s, shape.n_latents, np.ones(shape.d, bool)) for s in range(N_SEEDS)]
    for model in models:
        calibrate(model, cells[:4096], shape.k)
    steps = [SparseStep(model, settings, shape.n_batch) for model in models]
    tile = make_tile(shape.n_batch, models[0].encoder)
    encoders = np.concatenate([model.encoder for model in models])
    wide = make_tile(shape.n_batch, encoders)

    def step(chosen: list[SparseStep]) -> None:
        for one in chosen:
            one.step(cells, batch, 1e-3)

    def apart() -> None:
        for model in models:
            for _ in encoder_products(x, model.encoder, tile):
                pass

    def together() -> None:
        for _ in encoder_products(x, encoders, wide):
            pass

    works = (lambda: step(steps[:1]), lambda: step(steps), apart, together)
    step(steps)
    n_times = max(1, shape.n_steps // 10)
    times = np.array([[_cost(work, n_times) for work in works] for _ in range(rounds)])
    one, five, products, product = np.median(times, axis=0) * 1e3
    name = f"d={shape.d}, {shape.n_latents:,} latents, k={shape.k}"
    shown = (five, products, product, five - products)
    return [name, f"{one:.2f}", *(f"{value:.2f} ({value / one:.2f})" for value in shown)]


def _cost(work: Callable[[], None], n_times: int) -> float:
    start = time.process_time()
    for _ in range(n_times):
        work()
    return (time.process_time() - start) / n_times


if __name__ == "__main__":
    main()
