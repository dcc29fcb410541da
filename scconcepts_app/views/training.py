"""How the autoencoders of a store learnt: explained variance of each epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.schema import TRAINING


@dataclass(frozen=True)
class Training:
    """Curves of the seeds; `consensus` is the explained variance of the concepts, or None."""

    seeds: list[str]
    curves: list[list[float | None]]
    consensus: float | None


def read_training(store: ConceptStore) -> Training | None:
    """Return the curves; None in a store that keeps none."""
    if TRAINING not in store.manifest.arrays:
        return None
    curves = np.asarray(store.array(TRAINING), float)
    record = store.manifest.dictionary
    seeds = record.get("seeds")
    if not isinstance(seeds, list) or len(seeds) != len(curves):
        seeds = list(range(len(curves)))
    found = record.get("explained_variance")
    known = [[v if np.isfinite(v) else None for v in curve] for curve in curves.tolist()]
    consensus = float(found) if isinstance(found, (int, float)) else None
    return Training([str(seed) for seed in seeds], known, consensus)
