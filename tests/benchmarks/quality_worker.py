"""One library in a process of its own: trains dictionaries on demand, and says how good they are.

Started by `dictionary_quality` in the environment of each library, which need not have anything
else of this project. The arguments are a name of `trainers` and an npz of cells (`quality_cells`);
reads one JSON object of `Order` a line, answers with one line of JSON; ends with its input.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Order:
    """One training: sizes, cells seen (`epochs` of whole batches), and learning rate."""

    n_latents: int
    k: int
    n_batch: int
    epochs: int
    rate: float
    seed: int

    def n_steps(self, n_cells: int) -> int:
        """Return the steps of the training on so many cells."""
        return self.epochs * (n_cells // self.n_batch)

    def batches(self, n_cells: int) -> Iterator[np.ndarray]:
        """Yield the rows of each batch; every library but ours is given these."""
        for epoch in range(self.epochs):
            rows = np.random.default_rng([self.seed, epoch]).permutation(n_cells)
            for start in range(0, n_cells - self.n_batch + 1, self.n_batch):
                yield rows[start : start + self.n_batch]


class Trained(Protocol):
    """A trained dictionary.

    `decoder` is (n_latents, d_embedding), of any lengths.
    """

    decoder: np.ndarray

    def __call__(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return activations (n_cells, n_latents), and the cells rebuilt from them."""


def main() -> None:
    from tests.benchmarks.quality_trainers import TRAINERS

    name, path = sys.argv[1:]
    parts = dict(np.load(path))
    for line in sys.stdin:
        order = Order(**json.loads(line))
        start = time.process_time()
        trained = TRAINERS[name](parts["training"], order)
        seconds = time.process_time() - start
        print(json.dumps(judge(trained, parts) | {"seconds": seconds}), flush=True)


def judge(trained: Trained, parts: dict[str, np.ndarray]) -> dict[str, float]:
    """Return explained variance on validation and test cells, and of the latter what else is known.

    ``dead`` is the number of latents that no test cell activates. Where the truth is known,
    ``directions`` is the mean over true directions of the highest cosine with a decoder row, and
    ``codes`` the mean over them of the highest correlation of their codes with activations.
    """
    found = {"validation": _explained(parts["validation"], trained(parts["validation"])[1])}
    activations, rebuilt = trained(parts["test"])
    found["test"] = _explained(parts["test"], rebuilt)
    found["dead"] = int((activations <= 0).all(axis=0).sum())
    if "directions" in parts:
        truth, rows = _unit(parts["directions"]), _unit(trained.decoder)
        found["directions"] = float((truth @ rows.T).max(axis=1).mean())
    if "codes" in parts:
        best = _correlations(parts["codes"], activations).max(axis=1)
        found["codes"] = float(best.mean())
    return found


def _explained(cells: np.ndarray, rebuilt: np.ndarray) -> float:
    residual = np.square(cells - rebuilt, dtype=np.float64).sum()
    return float(1 - residual / np.square(cells - cells.mean(axis=0), dtype=np.float64).sum())


def _correlations(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return _standard(left).T @ _standard(right)


def _standard(columns: np.ndarray) -> np.ndarray:
    """Return centred columns of unit length; 0 for those that do not vary."""
    centred = columns - columns.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    return centred / np.where(lengths > 0, lengths, 1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


if __name__ == "__main__":
    main()
