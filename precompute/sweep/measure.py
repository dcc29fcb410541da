"""One setting of a sweep: two sets of seeds, two sets of concepts, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from precompute.dictionary import (
    Dictionary,
    Settings,
    dead_latents,
    find_consensus,
    partner_share,
    train_dictionaries,
)
from precompute.dictionary.consensus import Consensus
from precompute.dictionary.ticker import Progress
from precompute.errors import InputError
from precompute.evaluation import Division, activate_units, evaluate, mean_f1
from precompute.sweep.result import Point, known


@dataclass(frozen=True, eq=False)
class Bench:
    """What all settings of a sweep have in common.

    Attributes
    ----------
    embeddings : (n_cells, d_embedding)
    divisions : the groups of these cells, the finest alone; empty without labels.
    folds : (n_cells,) in which each cell is held out.
    n_seeds : of each half.
    epochs, learning_rate, resample : of every training.
    min_share, cut : of the consensus.
    device : where torch computes.
    """

    embeddings: np.ndarray
    divisions: list[Division]
    folds: np.ndarray
    n_seeds: int = 5
    epochs: int = 100
    learning_rate: float | None = None
    resample: bool = False
    min_share: float = 0.8
    cut: float = 0.6
    device: str = "auto"


def measure(
    bench: Bench, variant: str, expansion: float, k: int, progress: Progress | None = None
) -> Point:
    """Return what a setting gives: concepts of seeds 0..S-1 and of S..2S-1, against each other."""
    n_latents = round(expansion * bench.embeddings.shape[1])
    settings = Settings(
        n_latents,
        k,
        bench.epochs,
        variant,
        learning_rate=bench.learning_rate,
        resample=bench.resample,
    )
    seeds = range(2 * bench.n_seeds)
    trained = train_dictionaries(
        bench.embeddings, settings, seeds, bench.device, progress
    ).dictionaries
    dead = np.mean([_dead_share(dictionary, bench.embeddings) for dictionary in trained])
    halves = [
        _find_concepts(trained[: bench.n_seeds], bench),
        _find_concepts(trained[bench.n_seeds :], bench),
    ]
    found = [consensus for consensus in halves if consensus is not None]
    setting = (variant, float(expansion), k, n_latents)
    n_concepts = sum(consensus.dictionary.n_latents for consensus in found) / 2
    if len(found) < 2:
        return Point(*setting, n_concepts, dead=float(dead))
    return Point(*setting, n_concepts, dead=float(dead), **_score(found, bench))


def _dead_share(dictionary: Dictionary, embeddings: np.ndarray) -> float:
    indices, _ = dictionary.activate(embeddings)
    return len(dead_latents(indices, dictionary.n_latents)) / dictionary.n_latents


def _find_concepts(dictionaries: Sequence[Dictionary], bench: Bench) -> Consensus | None:
    try:
        return find_consensus(dictionaries, bench.embeddings, bench.min_share, bench.cut)
    except InputError:  # nothing recurs: that is a result
        return None


def _score(found: Sequence[Consensus], bench: Bench) -> dict[str, Any]:
    units = [activate_units(each.dictionary, bench.embeddings) for each in found]
    first, second = (sp.csc_matrix(each.values) for each in units)
    scores = [
        evaluate(each.values, bench.embeddings, each.rebuilt, bench.divisions, bench.folds)
        for each in units
    ]
    means = {
        "come_back": (partner_share(first, second) + partner_share(second, first)) / 2,
        "stability": float(np.mean([each.stability.mean() for each in found])),
        "explained_variance": float(np.mean([each.explained_variance for each in scores])),
    }
    for division in bench.divisions:
        f1 = [mean_f1(each, bench.divisions, division.kind) for each in scores]
        means["f1"], means["f1_error"] = (float(x) for x in np.mean(f1, axis=0))
        for name in ("probe_auroc", "probe_accuracy"):
            means[name] = float(np.mean([getattr(each, name).mean() for each in scores]))
    return {name: known(value) for name, value in means.items()}
