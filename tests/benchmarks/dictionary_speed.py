"""How fast are dictionaries trained, against the machine's arithmetic and against other libraries?

    python -m tests.benchmarks.dictionary_speed
    python -m tests.benchmarks.dictionary_speed --peers FOLDER

FOLDER holds one environment a peer, named as on PyPI (`python -m venv FOLDER/NAME`, then
`FOLDER/NAME/bin/pip install torch==2.13.0 NAME`). Every worker is a process of its own on one
thread, with the same cells, the same batches and Adam; they take turns within a round. A figure
is cells per CPU-second of whole steps (forward, gradient, Adam, unit rows), the median over
rounds; ratios are taken within a round.

The limit is what the necessary arithmetic (one product of cells and encoder, and four products
of each active latent with a row) takes at the rate of a large matrix product measured in the
same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.tables import markdown

WORKER = Path(__file__).with_name("dictionary_worker.py")
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMBA")}


@dataclass(frozen=True)
class Shape:
    """Sizes of a case; `n_steps` are taken by every worker in a round."""

    d: int
    n_latents: int
    k: int
    n_batch: int
    n_steps: int

    @property
    def flops(self) -> float:
        """Necessary operations of a step."""
        return 2.0 * self.n_batch * self.d * (self.n_latents + 4 * self.k)

    def __str__(self) -> str:
        return f"d={self.d}, {self.n_latents:,} latents, k={self.k}, batches of {self.n_batch:,}"


SHAPES = (
    Shape(512, 4096, 32, 2048, 4),
    Shape(32, 256, 8, 256, 600),
    Shape(32, 256, 8, 2048, 80),
)


class Worker:
    """A process that trains on demand and says how many CPU-seconds it took."""

    def __init__(self, name: str, python: str, shape: Shape, cells: Path, n_seeds: int = 1) -> None:
        self.name, self.shape = name, shape
        options = [name, cells, shape.n_latents, shape.k, shape.n_batch, n_seeds]
        self._process = subprocess.Popen(
            [python, str(WORKER), *map(str, options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | ONE_THREAD | {"PYTHONPATH": str(WORKER.parents[2])},
        )
        self.train(3)  # compiles, and fills the moments of Adam

    def train(self, n_steps: int) -> dict[str, float]:
        """Return CPU-seconds and explained variance of so many steps."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{n_steps}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"{self.name} ended with status {self._process.wait()}")

    def close(self) -> None:
        """End the process."""
        self._process.communicate("0\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, help="folder of environments")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shapes", type=int, nargs="+", default=range(len(SHAPES)))
    options = parser.parse_args()
    for position in options.shapes:
        shape = SHAPES[position]
        with tempfile.TemporaryDirectory() as folder:
            cells = Path(folder) / "cells.npy"
            np.save(cells, make_cells(shape))
            print(f"\n### {shape}\n", flush=True)
            print(compare(shape, cells, options.peers, options.rounds), flush=True)


def make_cells(shape: Shape, n_cells: int = 16_384) -> np.ndarray:
    """Return cells that are sparse sums of directions and noise, root mean square 1."""
    rng = np.random.default_rng(0)
    n_directions = shape.n_latents // 4
    codes = rng.exponential(size=(n_cells, n_directions))
    codes *= rng.random(codes.shape) < shape.k / 2 / n_directions
    cells = codes @ rng.normal(size=(n_directions, shape.d))
    cells += 0.3 * cells.std() * rng.normal(size=cells.shape)
    cells -= cells.mean(axis=0)
    return (cells / cells.std()).astype(np.float32)


def compare(shape: Shape, cells: Path, peers: Path | None, rounds: int) -> str:
    """Return the table of one shape."""
    ours = [
        Worker("ours", sys.executable, shape, cells),
        Worker("ours", sys.executable, shape, cells, n_seeds=5),
    ]
    others, broken = start_peers(shape, cells, peers)
    seconds: dict[str, list[float]] = {}
    explained: dict[str, float] = {}
    rates = []
    for _ in range(rounds):
        rates.append(product_rate())
        for name, worker in zip(["ours", "ours, 5 seeds"], ours, strict=True):
            answer = worker.train(shape.n_steps)
            seconds.setdefault(name, []).append(answer["seconds"])
            explained[name] = answer["explained"]
        for worker in others:
            answer = worker.train(max(1, shape.n_steps // 4))
            scale = shape.n_steps / max(1, shape.n_steps // 4)
            seconds.setdefault(worker.name, []).append(answer["seconds"] * scale)
            explained[worker.name] = answer["explained"]
    for worker in [*ours, *others]:
        worker.close()
    return table(shape, seconds, explained, rates, broken)


def start_peers(
    shape: Shape, cells: Path, peers: Path | None
) -> tuple[list[Worker], dict[str, str]]:
    """Return the peers that train, and the faults of those that do not."""
    found, broken = [], {}
    for folder in sorted(peers.iterdir()) if peers else []:
        python = folder / "bin" / "python"
        if not python.exists():
            continue
        try:
            found.append(Worker(folder.name, str(python), shape, cells))
        except (OSError, RuntimeError) as error:
            broken[folder.name] = str(error)
    return found, broken


def product_rate() -> float:
    """Return operations per CPU-second of a large matrix product (512 x 512 x 4,096)."""
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(0)
    left = rng.normal(size=(512, 512)).astype(np.float32)
    right = rng.normal(size=(4096, 512)).astype(np.float32)
    out = np.empty((512, 4096), np.float32)
    best = np.inf
    with threadpool_limits(1):
        for _ in range(10):
            start = time.process_time()
            np.dot(left, right.T, out=out)
            best = min(best, time.process_time() - start)
    return 2 * 512 * 512 * 4096 / best


def table(
    shape: Shape,
    seconds: dict[str, list[float]],
    explained: dict[str, float],
    rates: list[float],
    broken: dict[str, str],
) -> str:
    """Return the measurements as markdown with the sentences below it."""
    n_cells = shape.n_batch * shape.n_steps
    taken = {name: np.array(values) for name, values in seconds.items()}
    rows = []
    for name, values in taken.items():
        ratio = values / taken["ours"]
        limit = shape.flops * shape.n_steps * (5 if "5 seeds" in name else 1) / np.array(rates)
        rows.append(
            [
                name,
                f"{n_cells / np.median(values):,.0f}",
                f"{np.median(ratio):.2f} ({ratio.min():.2f} to {ratio.max():.2f})",
                f"{np.median(limit / values):.0%}",
                f"{explained[name]:.3f}",
            ]
        )
    heads = ["", "cells / CPU-s", "time over ours", "share of the limit", "explained so far"]
    lines = [markdown(heads, rows), ""]
    lines.append(f"Matrix product: {np.median(rates) / 1e9:.0f} Gflop per CPU-second.")
    peers = sorted(
        float(np.median(values / taken["ours"]))
        for name, values in taken.items()
        if not name.startswith("ours")
    )
    if peers:
        lines.append(
            f"Ours over the fastest peer {peers[0]:.2f}, over the median peer "
            f"{np.median(peers):.2f}."
        )
    lines += [f"{name} did not train: {fault}." for name, fault in broken.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
