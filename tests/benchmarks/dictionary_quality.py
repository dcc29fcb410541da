"""How good are dictionaries, against those of other libraries at the same size and work?

    python -m tests.benchmarks.dictionary_quality --peers FOLDER [--data kang sparse]

FOLDER holds one environment a peer, as for `dictionary_speed`. Every method sees the same cells as
often, in batches of one size, on one thread. Its learning rate is chosen on validation cells of
the first data seed: several rates, and further ones (at most two) while the best is at an end. The
figures are of test cells, which nothing was chosen on: mean over data seeds, and their range.
Finished trainings are kept in a file and not repeated; `--report` prints what is kept so far.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.dictionary_speed import ONE_THREAD
from tests.benchmarks.embedded import RUNS
from tests.benchmarks.quality_cells import CASES, Case, make_parts
from tests.benchmarks.quality_worker import Order
from tests.benchmarks.tables import markdown

WORKER = Path(__file__).with_name("quality_worker.py")
RATES = {"kang": (1e-3, 3e-3, 1e-2, 3e-2, 9e-2), "sparse": (1e-3, 3e-3, 1e-2)}
MORE_RATES = 2
# Documented as 0.005 at 16,384 latents and growing as their root shrinks.
SIGN_RATES = {"kang": (9e-4, 3e-3, 1e-2, 3e-2, 9e-2), "sparse": (3e-3, 1e-2, 3e-2)}
METHODS = (
    "ours",
    "ours, resampling",
    "ours, aux-k",
    "ours, multi-top-k",
    "eai-sparsify",
    "eai-sparsify, Adam",
    "dictionary-learning",
    "sae-lens",
    "overcomplete",
    "overcomplete, aux-k",
)
MEASURES = {
    "test": "explained variance",
    "directions": "directions",
    "codes": "codes",
    "dead": "dead",
}
Answer = dict[str, float]


def main() -> None:
    """Train what is not trained yet, and print one table for each case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, help="folder of environments")
    parser.add_argument("--data", nargs="+", default=["kang", "sparse"])
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--report", action="store_true", help="train nothing")
    parser.add_argument("--kept", type=Path, default=RUNS / "quality.jsonl")
    options = parser.parse_args()
    for data in options.data:
        cases = [case for case in CASES if case.data == data]
        found = Found(options.kept, options.peers, data)
        for method in options.methods if not options.report else ():
            train_method(method, cases, options.seeds, found)
            found.close()
        for case in cases:
            print(f"\n### {case}\n\n{table(case, options.methods, options.seeds, found)}")


class Found:
    """Answers of trainings of one kind of cells, asked for once and kept in a file of lines."""

    def __init__(self, kept: Path, peers: Path | None, data: str) -> None:
        self._kept, self._peers, self._data = kept, peers, data
        self._answers: dict[str, Answer] = {}
        self._processes: dict[tuple[str, int], subprocess.Popen] = {}
        self._folder = tempfile.TemporaryDirectory()
        kept.parent.mkdir(parents=True, exist_ok=True)
        if kept.exists():
            for line in kept.read_text().splitlines():
                self._answers |= json.loads(line)

    def __call__(self, method: str, case: Case, seed: int, rate: float) -> Answer:
        """Return the answer of one training."""
        order = Order(case.n_latents, case.k, case.n_batch, case.epochs, rate, seed)
        key = json.dumps([method, self._data, *asdict(order).values()])
        if key not in self._answers:
            answer = self._ask(self._process(method, seed), order)
            self._answers[key] = answer
            with self._kept.open("a") as file:
                file.write(json.dumps({key: answer}) + "\n")
        return self._answers[key]

    def rates(self, method: str, case: Case, seed: int) -> dict[float, Answer]:
        """Return the answers of the rates that were tried."""
        tried = {}
        for key, answer in self._answers.items():
            name, data, *numbers = json.loads(key)
            order = Order(*numbers)
            same = (order.n_latents, order.k, order.n_batch, order.epochs, order.seed) == (
                *(case.n_latents, case.k, case.n_batch, case.epochs),
                seed,
            )
            if (name, data) == (method, self._data) and same:
                tried[order.rate] = answer
        return tried

    def close(self) -> None:
        """End the processes."""
        for process in self._processes.values():
            process.communicate()
        self._processes.clear()

    def _process(self, method: str, seed: int) -> subprocess.Popen:
        if (method, seed) not in self._processes:
            path = Path(self._folder.name) / f"{seed}.npz"
            if not path.exists():
                np.savez(path, **make_parts(self._data, seed))
            self._processes[method, seed] = subprocess.Popen(
                [self._python(method), str(WORKER), method, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | ONE_THREAD | {"PYTHONPATH": str(WORKER.parents[2])},
            )
        return self._processes[method, seed]

    def _python(self, method: str) -> str:
        if method.startswith("ours") or self._peers is None:
            return sys.executable
        return str(self._peers / method.split(",")[0] / "bin" / "python")

    @staticmethod
    def _ask(process: subprocess.Popen, order: Order) -> Answer:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(asdict(order)) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"{order} ended with status {process.wait()}")


def train_method(
    method: str, cases: Sequence[Case], seeds: Sequence[int], found: Callable[..., Answer]
) -> None:
    """Choose the rate of each case on the first seed, and train the other seeds with it."""
    for case in cases:
        tried: dict[float, float] = {}
        start = (SIGN_RATES if method == "eai-sparsify" else RATES)[case.data]
        rates = list(start)
        while rates:
            rate = rates.pop()
            tried[rate] = _finite(found(method, case, seeds[0], rate)["validation"])
            if not rates and len(tried) < len(start) + MORE_RATES:
                rates = next_rate(tried)
        chosen = max(tried, key=lambda rate: tried[rate])
        for seed in seeds[1:]:
            found(method, case, seed, chosen)


def next_rate(tried: dict[float, float]) -> list[float]:
    """Return the rate beyond the best one when that is the lowest or the highest of them."""
    best = max(tried, key=lambda rate: tried[rate])
    if best == max(tried):
        return [float(f"{best * 3:.0e}")]
    if best == min(tried):
        return [float(f"{best / 3:.0e}")]
    return []


def _finite(value: float) -> float:
    return value if np.isfinite(value) else -np.inf


def table(case: Case, methods: Sequence[str], seeds: Sequence[int], found: Found) -> str:
    """Return the measures of a case as markdown, of methods and seeds that are trained."""
    rows = []
    for method in methods:
        tried = found.rates(method, case, seeds[0])
        if not tried:
            continue
        rate = max(tried, key=lambda rate: _finite(tried[rate]["validation"]))
        kept = [found.rates(method, case, seed).get(rate) for seed in seeds]
        answers = [answer for answer in kept if answer]
        measures = [_spread(answers, name) for name in MEASURES]
        rows.append([method, f"{rate:g}", str(len(answers)), *measures])
    return markdown(["", "rate", "data seeds", *MEASURES.values()], rows)


def _spread(answers: list[dict[str, Any]], name: str) -> str:
    if name not in answers[0]:
        return "-"
    values = [answer[name] for answer in answers]
    if name == "dead":
        return f"{np.mean(values):.0f}"
    return f"{np.mean(values):.4f} ({min(values):.4f} to {max(values):.4f})"


if __name__ == "__main__":
    main()
