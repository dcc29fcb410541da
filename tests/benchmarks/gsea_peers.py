"""Batched GSEA beside gseapy, blitzgsea and decoupler: CPU seconds and answers on one input.

    python -m tests.benchmarks.gsea_peers --workspace runs/kang.workspace --python PEERS/bin/python

PEERS is an environment with ``pip install blitzgsea decoupler``. Every tool gets the same
strictly ordered rankings and the same sets, and one thread.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import false_discovery_control, spearmanr

from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.prerank import break_ties, clean
from tests.benchmarks.gsea import by_gseapy, hallmark_and_go, read_rankings
from tests.benchmarks.gsea_peers_worker import TOOLS
from tests.benchmarks.tables import markdown

WORKER = Path(__file__).with_name("gsea_peers_worker.py")
THREADS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PERMUTATIONS = "gseapy, 1,000 permutations"
Found = dict[str, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, default=Path("runs/kang.workspace"))
    parser.add_argument("--python", type=Path, required=True, help="of the environment of peers")
    parser.add_argument("--rankings", type=int, default=5)
    options = parser.parse_args()
    every, symbols = read_rankings(options.workspace)
    sets = hallmark_and_go(symbols)
    every = np.array([break_ties(clean(row), 0) for row in every])
    few = every[np.linspace(0, len(every) - 1, options.rankings).astype(int)]
    list(BatchedPrerank(sets, len(symbols), 0).score(few[:1]))  # compiles
    found = {
        PERMUTATIONS: one_by_one(few, lambda row: by_gseapy(row, sets, "permutation", 1000)),
        "gseapy, multilevel": one_by_one(few, lambda row: by_gseapy(row, sets, "multilevel", 1000)),
        "ours, one ranking a call": one_by_one(few, lambda row: by_ours(row[None], sets)[0]),
        f"ours, {len(every)} rankings a call": all_at_once(every, few, sets),
    }
    for tool in TOOLS:
        found[tool] = by_peer(options.python, tool, few, sets)
    print(f"{len(few)} rankings of {len(symbols):,} genes x {len(sets.names)} sets, one thread.\n")
    heads = ["", "CPU seconds a ranking", "pairs per CPU-second", "times permutations"]
    heads += ["largest difference of ES", "NES, Spearman", "q, Spearman"]
    heads += ["same answer at q < .05", "q < .05"]
    truth = found[PERMUTATIONS]
    print(markdown(heads, [[name, *tell(one, truth)] for name, one in found.items()]))


def by_ours(rankings: np.ndarray, sets: MatchedSets) -> list[np.ndarray]:
    """Return ES, NES and p of each ranking, (n_sets, 3)."""
    scored = BatchedPrerank(sets, rankings.shape[1], 0).score(rankings)
    return [np.stack([one.es, one.nes, one.p], axis=1) for one in scored]


def one_by_one(rankings: np.ndarray, call: Callable[[np.ndarray], object]) -> Found:
    seconds, answers = [], []
    for row in rankings:
        started = time.process_time()
        answers.append(np.asarray(call(row)))
        seconds.append(time.process_time() - started)
    return _found(np.array(seconds), np.array(answers))


def all_at_once(every: np.ndarray, few: np.ndarray, sets: MatchedSets) -> Found:
    started = time.process_time()
    answers = by_ours(every, sets)
    each = (time.process_time() - started) / len(every)
    kept = [int(np.flatnonzero((every == row).all(axis=1))[0]) for row in few]
    return _found(np.full(len(few), each), np.array([answers[i] for i in kept]))


def _found(seconds: np.ndarray, answers: np.ndarray) -> Found:
    es, nes, p = np.moveaxis(answers, 2, 0)
    return {"seconds": seconds, "es": es, "nes": nes, "q": false_discovery_control(p, axis=1)}


def by_peer(python: Path, tool: str, rankings: np.ndarray, sets: MatchedSets) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.npz", Path(folder) / "out.npz"
        sizes = [len(members) for members in sets.members]
        np.savez(source, rankings=rankings, genes=np.concatenate(sets.members), sizes=sizes)
        environment = os.environ | dict.fromkeys(THREADS, "1")
        subprocess.run(
            [python, WORKER, tool, source, target],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found = dict(np.load(target))
    if np.isnan(found["q"]).all():
        found["q"] = false_discovery_control(np.clip(found["p"], 0, 1), axis=1)
    return found


def tell(found: Found, truth: Found) -> list[str]:
    """Return the cells of one tool; a dash where it gives no such number."""
    per_ranking, n_sets = found["seconds"], truth["nes"].shape[1]
    apart = np.abs(found["es"] - truth["es"]).max()
    return [
        f"{np.median(per_ranking):.2f} ({per_ranking.min():.2f}-{per_ranking.max():.2f})",
        f"{n_sets / np.median(per_ranking):,.0f}",
        f"{np.median(truth['seconds']) / np.median(per_ranking):.1f}",
        "—" if np.isnan(apart) else f"{apart:.1e}",
        *(f"{_agreement(found[name], truth[name]):.3f}" for name in ("nes", "q")),
        f"{((found['q'] < 0.05) == (truth['q'] < 0.05)).mean():.3f}",
        f"{(found['q'] < 0.05).sum()}",
    ]


def _agreement(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean([spearmanr(a, b).statistic for a, b in zip(found, truth, strict=True)]))


if __name__ == "__main__":
    main()
