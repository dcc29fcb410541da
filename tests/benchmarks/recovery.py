"""How well do rankings of genes find the planted drivers of simulated programmes?

    python -m tests.benchmarks.recovery --seeds 0 1 2

Prints the mean average precision over programmes, a column a seed of the simulation. scVI is
trained anew on each; a programme is read off the concept whose activation follows it best.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import average_precision_score

from precompute.attribution import COUNTERFACTUALS, attribute
from precompute.cells import load_cells
from precompute.config import DataConfig, ModelConfig
from precompute.device import threads_for
from precompute.dictionary import activation_matrix, find_consensus, train_seeds
from precompute.differential import wilcoxon_all
from precompute.models.scvi import train_scvi
from precompute.synthetic import simulate

LEAST_CORRELATION = 0.4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--cells", type=int, default=2000)
    parser.add_argument("--genes", type=int, default=1000)
    parser.add_argument("--programmes", type=int, default=12)
    options = parser.parse_args()
    table: dict[str, list[float]] = defaultdict(list)
    for seed in options.seeds:
        with threads_for(0):
            found = measure(options.cells, options.genes, options.programmes, seed)
        for ranking, precision in found.items():
            table[ranking].append(precision)
    print("ranking".ljust(32), *(f"seed {seed}".rjust(8) for seed in options.seeds))
    for ranking, values in table.items():
        print(ranking.ljust(32), *(f"{value:8.3f}" for value in values))


def measure(n_cells: int, n_genes: int, n_programmes: int, seed: int) -> dict[str, float]:
    """Return the mean average precision of each ranking on one simulation."""
    adata = simulate(n_cells, n_genes, n_programmes, n_donors=6, seed=seed)
    config = DataConfig(cell_type="cell_type", donor="donor", condition="condition")
    cells = load_cells(adata, config, "simulated")
    with tempfile.TemporaryDirectory() as folder:
        settings = ModelConfig(n_latent=20, max_epochs=120)
        model = train_scvi(cells, settings, "", seed, torch.device("cpu"), Path(folder))
    counts = cells.model_counts()
    embeddings = model.embed(counts, None)
    concepts = find_consensus(train_seeds(embeddings, 40, 4, range(5), 100), embeddings).dictionary
    indices, values = concepts.activate(embeddings)
    activations = activation_matrix(indices, values, concepts.n_latents).toarray()
    pairs = pair_programmes(activations, adata.obsm["programme_activity"])
    donors = cells.obs.find_role("donor")
    rankings = {}
    for name in sorted(set(COUNTERFACTUALS) - {"permuted"}):
        result = attribute(
            model, concepts, counts, cells.library_size, embeddings, indices, values,
            donors=None if donors is None else donors.values,
            counterfactual=name, max_cells=100, n_verify=0,
        )  # fmt: skip
        rankings[f"presence, {name}"] = result.presence
        rankings[f"effect, {name}"] = result.effect
    expression = cells.log_normalised()[:, cells.model_genes]
    rankings["differential expression, z"] = wilcoxon_all(expression, activations > 0).z
    drivers = adata.varm["driver"][cells.model_genes] > 0
    return {name: mean_precision(ranking, drivers, pairs) for name, ranking in rankings.items()}


def pair_programmes(activations: np.ndarray, activity: np.ndarray) -> list[tuple[int, int]]:
    """Return (programme, concept) for each programme that a concept follows."""
    n_concepts = activations.shape[1]
    correlation = np.corrcoef(activations.T, activity.T)[:n_concepts, n_concepts:]
    best = correlation.argmax(axis=0)
    kept = np.flatnonzero(correlation.max(axis=0) >= LEAST_CORRELATION)
    return [(int(p), int(best[p])) for p in kept]


def mean_precision(ranking: np.ndarray, drivers: np.ndarray, pairs: list[tuple[int, int]]) -> float:
    """Return the mean over programmes of the average precision of their concept's ranking."""
    values = [average_precision_score(drivers[:, p], ranking[c]) for p, c in pairs]
    return float(np.mean(values))


if __name__ == "__main__":
    main()
