"""How good a dictionary is by itself: what it explains, and what of it recurs."""

from __future__ import annotations

import numpy as np

from precompute.report.sources import OLD, Section, Source, mean_known, missing
from scconcepts_app.store.schema import EVALUATION_MEASURES


def measure_quality(source: Source) -> Section:
    """Return explained variance, mean active, dead latents, stability and flags of the concepts."""
    store, record = source.store, source.store.manifest.dictionary
    stability = np.array(store.array("concepts/stability"), np.float64)
    dead, flags = record.get("dead_latents"), store.array("concepts/flags")
    n_latents = record.get("n_latents")
    return {
        "model": store.manifest.model.get("name"),
        "n_concepts": store.n_concepts,
        "n_latents": n_latents,
        "n_seeds": record.get("n_seeds"),
        "k": record.get("k"),
        "explained_variance": record.get("explained_variance"),
        "explained_variance_of_seeds": mean_known(record.get("explained_variance_of_seeds", [])),
        "mean_active": record.get("mean_active"),
        "dead_share": None if not dead or not n_latents else sum(dead) / len(dead) / n_latents,
        "mean_stability": mean_known(stability),
        "least_stability": float(stability.min()) if len(stability) else None,
        "flags": {
            name: int(((flags >> bit) & 1).sum())
            for bit, name in enumerate(store.manifest.concept_flags)
        },
    }


def measure_units(source: Source) -> Section:
    """Return what concepts and as many other units tell of the labels, held out."""
    if not source.store.manifest.evaluations:
        return missing(OLD)
    info = source.store.manifest.evaluations[0]

    def read(name: str) -> np.ndarray:
        return np.asarray(source.store.array(f"evaluation/{info.key}/{name}"))

    kind, error = read("kind"), read("f1_error")
    values = {name: read(name) for name in EVALUATION_MEASURES}
    methods = []
    for m, name in enumerate(info.methods):
        means = {
            title: {
                **{key: mean_known(table[m, kind == k]) for key, table in values.items()},
                "f1_error": error[m, k],
            }
            for k, title in enumerate(info.kinds)
        }
        explained = read("explained_variance")[m]
        methods.append(
            {
                "name": name,
                "n_units": read("n_units")[m],
                "explained_variance": explained,
                "by_kind": means,
            }
        )
    groups = [
        {
            "kind": info.kinds[kind[g]],
            "group": name,
            "n_cells": read("size")[g],
            "f1": values["f1"][:, g].tolist(),
        }
        for g, name in enumerate(info.groups)
    ]
    return {
        "held_out": info.held_out,
        "n_cells": info.n_cells,
        "kinds": info.kinds,
        "methods": methods,
        "groups": groups,
    }
