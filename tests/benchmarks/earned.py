"""Did the concepts earn their place? Against other units of equal number, on planted programmes.

python -m tests.benchmarks.earned [--seeds 100 101 102]
"""

from __future__ import annotations

import argparse

import numpy as np

from precompute.dictionary import train
from precompute.evaluation import (
    BASELINES,
    Scores,
    activate_units,
    evaluate,
    fit_baselines,
    make_folds,
)
from precompute.stages.evaluation import divide_cells
from tests.benchmarks.concepts import EPOCHS, K, default_concepts, default_size
from tests.benchmarks.simulations import Simulated, prepare
from tests.benchmarks.tables import markdown

HEADS = (
    "",
    "units",
    "explained variance",
    "F1",
    "AUROC",
    "probe accuracy",
    "to programmes",
    "of programmes",
)


def main() -> None:
    """Print one table: means over simulations, each with a model of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[100, 101, 102])
    found = [score(prepare(seed)) for seed in parser.parse_args().seeds]
    rows = [[name, *_means([scores[name] for scores in found])] for name in found[0]]
    print(markdown(HEADS, rows))


def score(simulated: Simulated) -> dict[str, Scores]:
    """Return what each kind of units is worth on all cells of a simulation."""
    embeddings = simulated.embeddings
    size = default_size(embeddings)
    concepts = default_concepts(embeddings, size, range(5))[0].dictionary
    divisions = divide_cells(simulated.cells.obs, np.arange(len(embeddings)))
    folds = make_folds(len(embeddings), divisions, simulated.donors)
    programmes = simulated.adata.obsm["programme_activity"][simulated.cells.source_rows]
    n_units = concepts.n_latents
    single = train(embeddings, n_units, min(K, n_units), 0, EPOCHS)
    units = {
        "concepts": activate_units(concepts, embeddings),
        "single autoencoder": activate_units(single, embeddings),
    }
    baselines = fit_baselines(embeddings, n_units, simulated.seed)
    units |= {BASELINES[name][0]: find() for name, find in baselines}
    return {
        name: evaluate(each.values, embeddings, each.rebuilt, divisions, folds, programmes)
        for name, each in units.items()
    }


def _means(scores: list[Scores]) -> list[str]:
    columns = [
        [float(each.n_units) for each in scores],
        [each.explained_variance for each in scores],
        *[
            [float(np.mean(getattr(each, name))) for each in scores]
            for name in ("f1", "auroc", "probe_accuracy")
        ],
        [each.to_programmes for each in scores],
        [each.of_programmes for each in scores],
    ]
    first, *others = [float(np.mean(column)) for column in columns]
    return [f"{first:.0f}", *(f"{value:.3f}" for value in others)]


if __name__ == "__main__":
    main()
