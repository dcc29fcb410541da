"""What attribution costs when the work doubles: cells, genes, concepts.

    python -m tests.benchmarks.cost

CPU-seconds and peak memory of one process on one thread, for the attribution of all concepts with
everything that comes with it (null, exact swaps, support), and for their held-out tests without
differential expression. Counts are random, the model is an untrained encoder of scVI's shape (128
hidden units, batch norm), 4 concepts are active in a cell.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn

from precompute.attribution import ConceptReadout, attribute_all, make_population, make_setting
from precompute.attribution.faithfulness import HeldOutTest
from precompute.dictionary import Dictionary
from precompute.models.expression import ExpressionModel
from precompute.models.linear_first import split_layers
from tests.benchmarks.tables import markdown

BASE = {"n_cells": 4000, "n_genes": 2000, "n_concepts": 32}
D_HIDDEN, D_EMBEDDING, K = 128, 32, 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--doublings", type=int, default=2)
    parser.add_argument("--counterfactual", default="neighbours")
    options = parser.parse_args()
    sizes = [BASE] + [
        BASE | {axis: BASE[axis] * 2**doubling}
        for axis in BASE
        for doubling in range(1, options.doublings + 1)
    ]
    rows = []
    first: list[float] = []
    for size in sizes:
        # A process of its own, so that its peak memory is its own.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            *seconds, memory = pool.apply(run, (size, options.counterfactual))
        first = first or seconds
        costs = [f"{s:.1f} ({s / f:.2f})" for s, f in zip(seconds, first, strict=True)]
        rows.append([f"{n:,}" for n in size.values()] + costs + [f"{memory:.2f}"])
    heads = ["cells", "genes", "concepts", "attribution, CPU-s", "held-out tests, CPU-s", "peak GB"]
    print(f"Counterfactual «{options.counterfactual}»; in brackets, over the first line.\n")
    print(markdown(heads, rows))


def run(size: dict[str, int], counterfactual: str) -> tuple[float, float, float]:
    """Return CPU-seconds of attribution and of held-out tests, and the peak memory in GB."""
    torch.set_num_threads(1)
    setting = make_work(**size, counterfactual=counterfactual)
    times = [time.process_time()]
    attribute_all(setting)
    times.append(time.process_time())
    n_concepts, n_genes = size["n_concepts"], size["n_genes"]
    test = HeldOutTest(setting, lambda cells: np.ones((n_concepts, n_genes)))
    for concept in range(n_concepts):
        test.run(concept)
    times.append(time.process_time())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return times[1] - times[0], times[2] - times[1], memory


def make_work(n_cells: int, n_genes: int, n_concepts: int, counterfactual: str):
    """Return the setting of an attribution of random cells through an untrained encoder."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    counts = sp.random_array((n_cells, n_genes), density=0.1, rng=rng, format="csr")
    counts.data = np.ceil(5 * counts.data)
    model = Untrained(n_genes)
    with torch.no_grad():
        dense = torch.log1p(torch.from_numpy(counts.toarray().astype(np.float32)))
        embeddings = model.embed_log1p(dense, None).numpy()
    center = embeddings.mean(axis=0)
    directions = rng.normal(size=(n_concepts, D_EMBEDDING)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    scale = float(np.sqrt(np.square(embeddings - center).mean()))
    zero = np.zeros(n_concepts, np.float32)
    dictionary = Dictionary(directions, zero, directions, center, scale, K)
    population = make_population(
        sp.csr_matrix(counts),
        np.asarray(counts.sum(axis=1)).ravel() + 1,
        embeddings,
        *dictionary.activate(embeddings),
        n_concepts,
        donors=np.arange(n_cells) % 8,
    )
    return make_setting(ConceptReadout(model, dictionary), population, counterfactual)


class Untrained(ExpressionModel):
    """A random encoder of scVI's shape, as a `CellModel`."""

    name = "untrained"
    differentiable = "expression"
    d_embedding = D_EMBEDDING

    def __init__(self, n_genes: int) -> None:
        layers = [nn.Linear(n_genes, D_HIDDEN), nn.BatchNorm1d(D_HIDDEN, eps=1e-3), nn.ReLU()]
        last = nn.Linear(D_HIDDEN, D_EMBEDDING)
        self.network = nn.Sequential(*layers, last).eval().requires_grad_(False)
        self.genes = np.array([f"gene_{i}" for i in range(n_genes)])
        self.n_weights = n_genes * D_HIDDEN
        self.linear_first = split_layers(layers, last, n_genes)

    def embed_log1p(self, log_counts: torch.Tensor, covariates: None) -> torch.Tensor:
        return self.network(log_counts)


if __name__ == "__main__":
    main()
