"""How many concepts have a significant gene set, how many would by chance, how many neurons do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from precompute.dictionary import NothingRecursError
from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.results import Scores
from precompute.nulls import (
    SIGNIFICANT,
    Share,
    bin_genes,
    count_found,
    difference_interval,
    list_nulls,
    relabel_sets,
)
from precompute.progress import progress_bar
from precompute.run import Arrays, Record, Run
from precompute.stages.genes import list_rankings
from precompute.stages.neurons import rank_neurons
from precompute.stages.shuffled import rank_shuffled

# Kinds of random gene sets, in the order of the arrays.
KINDS = {
    "any": "any genes",
    "detected": "genes that as many cells express",
}
NO_MODEL = (
    "The embeddings came without their model, so cells with shuffled genes could not be embedded."
)
NOTHING_RECURS = "In cells with shuffled genes no concept recurs over the seeds."
LEFT_OUT = "Left out: nulls.cells is 0."


def run_nulls(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Count significant gene sets: real ones, random ones, of shuffled cells, and of neurons."""
    config = run.config.nulls
    rankings = list_rankings(run)
    record: Record = {
        "rankings": list(rankings),
        "kinds": list(KINDS.values()),
        "q": SIGNIFICANT,
        "n_draws": config.draws,
        "n_cells": 0,
        "reason": _why_not_shuffled(run),
    }
    arrays: Arrays = {}
    if not config.draws and not config.cells and not config.neurons:
        return arrays, {**record, "rankings": []}
    for name in rankings:
        arrays[f"{name}.found"] = _count_real(run, name)
    arrays |= _count_random(run, rankings)
    if not record["reason"]:
        try:
            shuffled, record["n_cells"] = rank_shuffled(run)
        except NothingRecursError:
            record["reason"] = NOTHING_RECURS
        else:
            arrays |= _count_ranked(run, shuffled, "shuffled")
    if config.neurons and not run.outputs["attribution"].record["refused"]:
        arrays |= _count_ranked(run, rank_neurons(run), "neurons")
    for name in rankings:
        for units in ("shuffled", "neurons"):
            arrays.setdefault(f"{name}.{units}", np.empty(0, np.int32))
    return arrays, record


def summarise(record: Record, arrays: Callable[[str], np.ndarray]) -> str:
    """Return what a run prints: for each ranking its share and what is left of it."""
    lines = []
    for name in record["rankings"]:
        found = arrays(f"{name}.found")
        share = Share(int((found > 0).sum()), len(found))
        line = f"{name}: {share.value:.0%} of {share.n} concepts"
        drawn, shuffled = arrays(f"{name}.random"), arrays(f"{name}.shuffled")
        for label, null in list_nulls(record["kinds"], drawn, shuffled).items():
            low, high = difference_interval(share, null)
            line += f"; {label} {null.value:.0%} ({low:+.0%} to {high:+.0%} above)"
        neurons = arrays(f"{name}.neurons")
        if len(neurons):
            line += f"; beside neurons {(neurons > 0).mean():.0%} of {len(neurons)}"
        lines.append(line)
    if record["reason"] and lines:
        lines.append(record["reason"])
    return "\n    ".join(["concepts with a significant gene set", *lines]) if lines else "left out"


def _why_not_shuffled(run: Run) -> str:
    if not run.config.nulls.cells:
        return LEFT_OUT
    return NO_MODEL if run.config.model.kind == "embedding" else ""


def _count_real(run: Run, name: str) -> np.ndarray:
    """Return the significant sets of each concept, (n_concepts,)."""
    output, key = run.outputs["enrichment"], f"prerank_{name}"
    hits = (output.array(f"{key}.q") < SIGNIFICANT) & (output.array(f"{key}.statistic") > 0)
    totals = np.concatenate([[0], np.cumsum(hits)])
    offsets = output.array(f"{key}.offsets")
    return (totals[offsets[1:]] - totals[offsets[:-1]]).astype(np.int32)


def _count_random(run: Run, rankings: dict[str, np.ndarray]) -> Arrays:
    """Return for each ranking (n_kinds, n_draws, n_concepts) significant random sets."""
    sets, n_draws, n_genes = run.sets, run.config.nulls.draws, len(run.cells.model_genes)
    n_concepts = run.dictionary.n_latents
    if not n_draws:
        none = np.empty((len(KINDS), 0, n_concepts), np.int32)
        return {f"{name}.random": none for name in rankings}
    detection = np.bincount(run.cells.model_counts().indices, minlength=n_genes)
    rng = np.random.default_rng([run.config.seed, 1])
    kinds = ([np.arange(n_genes)], bin_genes(detection))
    n_copies = len(kinds) * n_draws
    members = [
        genes
        for bins in kinds
        for _ in range(n_draws)
        for genes in relabel_sets(sets.members, bins, rng)
    ]
    # All copies in one table: random sets that judge them are scored once a ranking.
    batch = BatchedPrerank(replace(sets, members=members), n_genes, run.config.seed)
    arrays = {}
    with progress_bar("nulls, random gene sets") as progress:
        for done, (name, matrix) in enumerate(rankings.items(), start=1):
            counts = [_count_copies(scores, n_copies) for scores in batch.score(matrix)]
            shape = (len(kinds), n_draws, n_concepts)
            arrays[f"{name}.random"] = np.array(counts, np.int32).T.reshape(shape)
            progress(done, len(rankings))
    return arrays


def _count_copies(scores: Scores, n_copies: int) -> list[int]:
    copies = zip(np.split(scores.p, n_copies), np.split(scores.nes, n_copies), strict=True)
    return [count_found(p, nes) for p, nes in copies]


def _count_ranked(run: Run, rankings: dict[str, np.ndarray], units: str) -> Arrays:
    """Return for each ranking the significant sets of each of some other units."""
    batch = BatchedPrerank(run.sets, len(run.cells.model_genes), run.config.seed)
    return {
        f"{name}.{units}": np.array(
            [count_found(scores.p, scores.nes) for scores in batch.score(matrix)], np.int32
        )
        for name, matrix in rankings.items()
    }
