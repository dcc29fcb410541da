"""Two shortcuts of the batched GSEA, measured: log p between sizes of the grid, few swaps a level.

python -m tests.benchmarks.gsea_null --workspace runs/kang.workspace
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gseapy
import numpy as np
import pandas as pd

from precompute.enrichment.null import random_state
from precompute.enrichment.prerank import break_ties, clean
from precompute.enrichment.running_sum import LANES, score_draws
from precompute.enrichment.splitting import N_SAMPLES, climb, draw_sets, mean_log_share, score_one
from tests.benchmarks.gsea import read_rankings
from tests.benchmarks.tables import markdown

N_DRAWS = 60_000
SIZES = ((10, 14, 20), (30, 42, 60), (30, 37, 45), (100, 122, 150))
SHARES = (0.3, 0.05, 0.01, 0.002)
CHAINS = 200
TARGETS = ((30, 0.8), (30, 0.7), (120, 0.55))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, default=Path("runs/kang.workspace"))
    rankings, _ = read_rankings(parser.parse_args().workspace)
    strict = [np.sort(break_ties(clean(row), 0))[::-1] for row in rankings[:LANES]]
    weights = np.abs(np.array(strict)).T / np.abs(strict).max(axis=1)
    compare_lines(weights)
    watch_chains(strict[7] / np.abs(strict[7]).max())


def compare_lines(weights: np.ndarray) -> None:
    """How far off is log10 p of the middle size, on a line in the size or in its logarithm?"""
    padded = np.ones((len(weights), LANES), np.float32)
    padded[:, : weights.shape[1]] = weights
    rows = []
    for low, middle, high in SIZES:
        tails = [list_tails(padded, size, weights.shape[1]) for size in (low, middle, high)]
        for share in SHARES:
            gaps: list[list[float]] = [[], []]
            for before, own, after in zip(*tails, strict=True):
                if min(map(len, (before, own, after))) < N_DRAWS / 3:
                    continue
                score = np.quantile(own, 1 - share)
                ends = [
                    np.log10(max((tail >= score).sum(), 0.5) / len(tail))
                    for tail in (before, after)
                ]
                ways = (middle - low) / (high - low), np.log(middle / low) / np.log(high / low)
                for gap, way in zip(gaps, ways, strict=True):
                    gap.append((1 - way) * ends[0] + way * ends[1] - np.log10(share))
            told = [f"{np.mean(gap):+.3f} ({np.std(gap):.3f})" for gap in gaps]
            rows.append([f"{low}, {middle}, {high}", str(share), str(len(gaps[0])), *told])
    print("Error of log10 p at the middle size: mean over tails (standard deviation).\n")
    print(markdown(["sizes", "p", "tails", "line in the size", "line in its logarithm"], rows))


def list_tails(weights: np.ndarray, size: int, n_rankings: int) -> list[np.ndarray]:
    """Return the scores of random sets on each side of every fourth ranking."""
    drawn = np.empty((N_DRAWS, size), np.int32)
    draw_sets(len(weights), drawn, random_state(1, size))
    drawn.sort(axis=1)
    tops, lows = np.empty((2, N_DRAWS, LANES), np.float32)
    score_draws(weights, drawn, tops, lows)
    rises = tops > -lows
    tails = []
    for lane in range(0, n_rankings, 4):
        tails += [tops[rises[:, lane], lane], -lows[~rises[:, lane], lane]]
    return tails


def watch_chains(values: np.ndarray) -> None:
    """Mean and scatter of log10 p over chains that share nothing, and over seeds of gseapy."""
    weights, rows = np.ascontiguousarray(np.abs(values)), []
    for size, score in TARGETS:
        found = np.array([one_chain(weights, size, score, seed) for seed in range(CHAINS)])
        theirs = watch_gseapy(values, find_set(weights, size, score))
        told = [np.log10(np.mean(10**found)), found.mean(), found.std(), theirs.std()]
        rows.append([f"{size}, {score}", *(f"{value:.2f}" for value in told)])
    print(f"\n{CHAINS} chains of {N_SAMPLES} sets for one score; as many seeds of gseapy.\n")
    heads = ["size, score", "log10 of the mean p", "mean log10 p", "standard deviation"]
    print(markdown([*heads, "of gseapy's multilevel"], rows))


def one_chain(weights: np.ndarray, size: int, score: float, seed: int) -> float:
    drawn = np.empty((10_000, size), np.int32)
    draw_sets(len(weights), drawn, random_state(seed, size))
    drawn.sort(axis=1)
    tops = np.array([score_one(weights, row)[0] for row in drawn])
    best = np.argsort(tops)[-N_SAMPLES:]
    bounds, logs = np.empty((2, 200))
    samples = np.empty((200, N_SAMPLES))
    bounds[0], logs[0] = tops[best].min(), mean_log_share(N_SAMPLES, len(tops))
    samples[0] = tops[best]
    state = random_state(seed, size, 7)
    n_levels = climb(weights, drawn[best], tops[best], score, -115.0, state, bounds, logs, samples)
    level = int(np.searchsorted(bounds[:n_levels], score, side="right")) - 1
    above = int((samples[level] >= score).sum())
    return (logs[level] + mean_log_share(max(above, 1), N_SAMPLES)) / np.log(10)


def find_set(weights: np.ndarray, size: int, score: float) -> np.ndarray:
    """Return ascending places of a set of about this score, by swaps that come nearer to it."""
    rng = np.random.default_rng(0)
    members = np.sort(rng.choice(len(weights), size, replace=False))
    gap = abs(score_one(weights, members)[0] - score)
    while gap > 1e-3:
        swapped = members.copy()
        swapped[rng.integers(size)] = rng.integers(len(weights))
        swapped = np.unique(swapped)
        if len(swapped) == size and abs(score_one(weights, swapped)[0] - score) < gap:
            members, gap = swapped, abs(score_one(weights, swapped)[0] - score)
    return members


def watch_gseapy(values: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return log10 p of one set by gseapy's multilevel method, for each seed."""
    ranking = pd.Series(values, [f"g{place}" for place in range(len(values))])
    options = {"method": "multilevel", "threads": 1, "outdir": None, "no_plot": True}
    found = [
        gseapy.prerank(
            ranking, {"set": [f"g{m}" for m in members]}, max_size=len(values), seed=seed, **options
        ).res2d["NOM p-val"][0]
        for seed in range(CHAINS)
    ]
    return np.log10(np.array(found, np.float64))


if __name__ == "__main__":
    main()
