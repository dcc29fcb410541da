"""Which ranking of genes predicts what moves the model's concepts? Deletion on held-out donors.

    python -m precompute run examples/kang.toml
    python -m tests.benchmarks.deletion examples/kang.toml

Genes are ranked on the cells of every other donor, and replaced in the cells of the others. The
table crosses the counterfactual of the attribution (rows) with that of the replacement (columns):
share of the full drop that is lost, mean over concepts, after 20, 50 and 160 genes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from precompute.attribution import (
    ConceptReadout,
    Population,
    attribute,
    make_counterfactual,
    make_population,
)
from precompute.attribution.deletion import deletion_curve
from precompute.attribution.sampling import choose_cells
from precompute.config import read_config
from precompute.device import threads_for
from precompute.differential import wilcoxon_all
from precompute.pipeline import open_finished
from precompute.run import Run

KINDS = ("neighbours", "nearest", "random_matched", "mean_inactive", "zero")
STEPS = (20, 50, 160)
N_CELLS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    run = open_finished(read_config(parser.parse_args().config), ("model", "dictionary"))
    if run.donors is None:
        raise SystemExit("the config names no donor column, so nothing can be held out")
    ranked_on = run.donors % 2 == 0
    with threads_for(0):
        rankings = rank_genes(run, ranked_on)
        population = make_population(**select(run, ~ranked_on), n_concepts=run.dictionary.n_latents)
        print("ranking".ljust(28), *(kind.ljust(17) for kind in KINDS))
        columns = [replace_genes(run, population, rankings, kind) for kind in KINDS]
    for name in rankings:
        cells = (" ".join(f"{share:.3f}" for share in column[name]) for column in columns)
        print(name.ljust(28), *(text.ljust(17) for text in cells))


def select(run: Run, cells: np.ndarray) -> dict[str, np.ndarray]:
    """Return what attribution and populations take, for some of the cells."""
    indices, values = run.activation_pairs
    return {
        "counts": run.cells.model_counts()[cells],
        "library_size": run.cells.library_size[cells],
        "embeddings": run.embeddings[cells],
        "indices": indices[cells],
        "values": values[cells],
        "donors": run.donors[cells],
    }


def rank_genes(run: Run, cells: np.ndarray) -> dict[str, np.ndarray]:
    """Return rankings (n_concepts, n_genes) made on some of the cells, best gene first."""
    scores = {}
    for kind in KINDS:
        result = attribute(
            run.model, run.dictionary, **select(run, cells),
            counterfactual=kind, max_cells=100, n_verify=0,
        )  # fmt: skip
        scores[f"attribution, {kind}"] = result.effect
    expression = run.cells.log_normalised()[:, run.cells.model_genes]
    table = wilcoxon_all(expression[cells], (run.activations > 0).tocsr()[cells])
    scores["DE, z"], scores["DE, |z|"] = table.z, np.abs(table.z)
    scores["DE, |log fold change|"] = np.abs(table.log_fold_change)
    scores["random"] = np.random.default_rng(0).random(table.z.shape)
    return {
        name: np.argsort(-np.nan_to_num(matrix), axis=1, kind="stable")
        for name, matrix in scores.items()
    }


def replace_genes(
    run: Run, population: Population, rankings: dict[str, np.ndarray], kind: str
) -> dict[str, np.ndarray]:
    """Return for each ranking the share of the drop lost at each step, mean over concepts."""
    readout = ConceptReadout(run.model, run.dictionary)
    counterfactual = make_counterfactual(kind, population, seed=1)
    shares: dict[str, list[np.ndarray]] = {name: [] for name in rankings}
    for concept in range(population.n_concepts):
        active, values = population.active(concept)
        if len(active) < 5:
            continue
        rng = np.random.default_rng(concept)
        cells = choose_cells(active, values, population.donors[active], N_CELLS, rng)
        log_counts = population.log_counts(cells)
        profiles = counterfactual.profiles(concept, cells)
        for name, ranking in rankings.items():
            curve = deletion_curve(readout, concept, log_counts, profiles, ranking[concept], STEPS)
            shares[name].append(curve.share_of_drop())
    return {name: np.nanmean(found, axis=0) for name, found in shares.items()}


if __name__ == "__main__":
    main()
