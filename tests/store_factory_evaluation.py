"""What a store may say of its dictionary: training, baselines, a sweep over sizes, chance."""

from __future__ import annotations

import numpy as np

from scconcepts_app.store.manifest import EvaluationInfo, NullInfo, SweepInfo
from scconcepts_app.store.schema import TRAINING

METHODS = ["Concepts", "Single autoencoder", "Neurons", "PCA", "ICA", "NMF"]
KINDS = ["cell_type", "condition", "cell_type x condition"]
STATES = ["control", "stimulated"]
N_SEEDS, N_EPOCHS = 5, 40
# Mean F1 of each method, and the variance it explains.
F1 = [0.9, 0.8, 0.6, 0.5, 0.65, 0.55]
EXPLAINED = [0.82, 0.85, 0.7, 0.95, 0.95, 0.9]
# variant, expansion, k, concepts, come back, F1: the third is the one the rule takes.
POINTS = [
    (0, 1, 2, 9, 0.88, 0.70),
    (0, 1, 4, 14, 0.80, 0.74),
    (0, 2, 2, 12, 0.95, 0.86),
    (0, 2, 4, 20, 0.92, 0.87),
    (1, 2, 2, 10, 0.91, 0.79),
    (1, 2, 4, np.nan, np.nan, np.nan),
]
CHOSEN = 2
NULL_KEYS = ("prerank_presence", "prerank_differential")
NULL_KINDS = ["any genes", "genes that as many cells express"]


def add_evaluation(writer, cell_types: list[str]) -> None:
    """Add all four; one group is too small for a probe, which is then not known."""
    progress = 1 - np.exp(-np.arange(1, N_EPOCHS + 1) / 8)
    writer.add(TRAINING, np.linspace(0.84, 0.88, N_SEEDS)[:, None] * progress)
    n_groups = [len(cell_types), len(STATES), len(cell_types) * len(STATES)]
    kind = np.repeat(np.arange(3), n_groups)
    f1 = np.array(F1)[:, None] - 0.05 * kind + 0.02 * np.sin(np.arange(len(kind)))
    probe = np.minimum(1, f1 + 0.15)
    probe[:, 0] = np.nan
    per_method = {
        "n_units": [6, 6, 6, 6, 6, 6],
        "active": [1.4, 1.8, 6, 6, 6, 5.5],
        "explained_variance": EXPLAINED,
        "to_programmes": np.full(6, np.nan),
        "of_programmes": np.full(6, np.nan),
    }
    per_group = {"kind": kind, "size": np.full(len(kind), 60)}
    measures = {
        "f1": f1,
        "auroc": np.minimum(1, f1 + 0.05),
        "probe_auroc": probe,
        "probe_accuracy": probe - 0.1,
        "f1_error": np.full((6, 3), 0.02),
    }
    for name, values in (per_method | per_group | measures).items():
        writer.add(f"evaluation/baselines/{name}", values)
    _add_sweep(writer)
    _add_nulls(writer, len(cell_types) + 1)


def _add_nulls(writer, n_concepts: int) -> None:
    """Add counts: all concepts but one, half of them by chance in one draw of two."""
    found = np.arange(n_concepts)
    random = np.zeros((len(NULL_KINDS), 2, n_concepts), np.int32)
    random[1, 0, : n_concepts // 2] = 3
    columns = {"found": found, "random": random, "shuffled": [0, 2, 0, 1], "neurons": found - 1}
    for key in NULL_KEYS:
        for name, values in columns.items():
            writer.add(f"nulls/{key}/{name}", np.maximum(values, 0).astype(np.int32))


def _add_sweep(writer) -> None:
    variant, expansion, k, n_concepts, come_back, f1 = np.array(POINTS, float).T
    columns = {
        "variant": variant,
        "expansion": expansion,
        "k": k,
        "n_latents": 8 * expansion,
        "n_concepts": np.nan_to_num(n_concepts),
        "come_back": come_back,
        "stability": come_back - 0.1,
        "explained_variance": 0.5 + n_concepts / 60,
        "dead": np.full(len(POINTS), 0.05),
        "f1": f1,
        "f1_error": 0 * f1 + 0.015,
        "probe_auroc": f1 + 0.1,
        "probe_accuracy": f1 - 0.1,
    }
    for name, values in columns.items():
        writer.add(f"sweep/sizes/{name}", values)


def describe_evaluation(cell_types: list[str]) -> dict[str, list]:
    """Return the manifest's entries for the above."""
    groups = [*cell_types, *STATES, *(f"{t}, {s}" for t in cell_types for s in STATES)]
    return {
        "evaluations": [
            EvaluationInfo(
                key="baselines",
                methods=METHODS,
                meanings=[f"{name}, as the fixture has them." for name in METHODS],
                kinds=KINDS,
                groups=groups,
                held_out="donors",
                n_folds=4,
                n_cells=300,
            )
        ],
        "nulls": [
            NullInfo(key, NULL_KINDS, n_draws=2, n_cells=300, reason="", q=0.05)
            for key in NULL_KEYS
        ],
        "sweeps": [
            SweepInfo(
                key="sizes",
                variants=["topk", "matryoshka"],
                chosen=CHOSEN,
                reached=True,
                reason="3 of 6 settings bring back at least 90% of their concepts.",
                kind=KINDS[-1],
                held_out="donors",
                n_cells=300,
                n_seeds=5,
            )
        ],
    }
