"""Would torch score the random sets faster? The compiled loop beside gather, cumsum and max.

python -m tests.benchmarks.gsea_torch
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from precompute.enrichment.null import random_state
from precompute.enrichment.running_sum import LANES, score_draws
from precompute.enrichment.splitting import draw_sets
from tests.benchmarks.tables import markdown

N_DRAWS, ROUNDS = 10_000, 3
CASES = ((2000, 16), (2000, 61), (2000, 240), (20_000, 61))
CHUNK = 250  # draws that torch holds at a time


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for n_genes, size in CASES:
        weights = np.abs(np.random.default_rng(0).standard_normal((n_genes, LANES)))
        weights = weights.astype(np.float32)
        places = np.empty((N_DRAWS, size), np.int32)
        draw_sets(n_genes, places, random_state(0, size))
        places.sort(axis=1)
        compiled = np.empty((2, N_DRAWS, LANES), np.float32)
        score_draws(weights, places[:10], *compiled[:, :10])  # compiles
        seconds = [clock(score_draws, weights, places, *compiled)]
        for chunk in (CHUNK, 1000):
            found = np.empty_like(compiled)
            seconds.append(clock(by_torch, weights, places, found, chunk))
            if not np.allclose(found, compiled, atol=1e-4):
                raise SystemExit(f"size {size}: torch and the compiled loop differ")
        told = [f"{s:.3f}" for s in seconds]
        rows.append([f"{n_genes:,}, {size}", *told, f"{min(seconds[1:]) / seconds[0]:.1f}"])
    print(f"CPU seconds for {N_DRAWS:,} random sets on {LANES} rankings, one thread.\n")
    heads = ["genes, size", "compiled", f"torch, {CHUNK} at a time", "torch, 1,000", "times ours"]
    print(markdown(heads, rows))


def clock(call: Callable[..., object], *given: object) -> float:
    """Return the least CPU seconds of a few rounds."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        call(*given)
        seconds.append(time.process_time() - started)
    return min(seconds)


def by_torch(weights: np.ndarray, places: np.ndarray, found: np.ndarray, chunk: int) -> None:
    """Write highest and lowest value of the running sums, (2, n_draws, LANES)."""
    rows = torch.from_numpy(weights)
    size = places.shape[1]
    per_miss = 1 / (len(weights) - size)
    for start in range(0, len(places), chunk):
        part = torch.from_numpy(places[start : start + chunk]).long()
        own = rows[part]
        after = own.cumsum(dim=1)
        total = after[:, -1:]
        fall = (part - torch.arange(size))[..., None].float() * per_miss
        sums = after / total - fall
        found[0, start : start + chunk] = sums.amax(dim=1).numpy()
        found[1, start : start + chunk] = (sums - own / total).amin(dim=1).numpy()


if __name__ == "__main__":
    main()
