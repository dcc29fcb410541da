"""Which gene sets the model uses for each concept: each replaced whole, against random sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from precompute.attribution.concept import Setting, why_not
from precompute.attribution.random_sets import Strata, population_strata
from precompute.attribution.set_swap import SetSwap, quadrants, swap_sets
from precompute.device import threads_for
from precompute.nulls import SIGNIFICANT
from precompute.progress import progress_bar
from precompute.run import Arrays, Record, Run
from precompute.stages.attribution import make_run_setting
from precompute.tables import enrichment_arrays, read_enrichment

# The enrichment that says whether a gene set is differential.
_DIFFERENTIAL = "prerank_differential"


def run_set_swap(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Replace every gene set whole, under the default counterfactual."""
    n_cells = run.config.attribution.set_swap_cells
    if run.outputs["attribution"].record["refused"] or n_cells == 0:
        return {}, {"keys": []}
    name = run.config.attribution.counterfactuals[0]
    setting = replace(make_run_setting(run, name), max_cells=n_cells)
    strata = population_strata(run.population)
    rows = []
    with progress_bar(f"set swap, {name}") as progress, threads_for(run.model.n_weights):
        for concept in range(run.dictionary.n_latents):

            def compute(concept: int = concept) -> Arrays:
                return _swap_sets(run, setting, strata, concept)

            rows.append(compute() if run.parts is None else run.parts.once(f"{concept}", compute))
            progress(concept + 1, run.dictionary.n_latents)
    arrays = {f"{name}.{column}": np.stack([row[column] for row in rows]) for column in rows[0]}
    used_q = arrays[f"{name}.q"]
    quadrant = quadrants(used_q, _differential_q(run, used_q.shape), SIGNIFICANT)
    arrays[f"{name}.quadrant"] = quadrant.astype(np.int32)
    return arrays, {"keys": [name], "differential": _DIFFERENTIAL}


def _swap_sets(run: Run, setting: Setting, strata: Strata, concept: int) -> Arrays:
    if why_not(run.population, concept):
        return asdict(_unknown_swap(run.sets.members))
    found = swap_sets(
        setting.readout,
        setting.counterfactual,
        run.population,
        run.covariates,
        concept,
        setting.choose(concept),
        run.sets.members,
        strata,
        run.config.seed,
    )
    return asdict(found)


def _unknown_swap(sets: Sequence[np.ndarray]) -> SetSwap:
    unknown = np.full(len(sets), np.nan)
    size = np.array([len(genes) for genes in sets], np.int32)
    number = unknown.astype(np.float32)
    numbers = dict.fromkeys(("effect", "share", "difference", "expected", "z"), number)
    return SetSwap(**numbers, p=unknown, q=unknown, n_random=np.zeros_like(size), size=size)


def _differential_q(run: Run, shape: tuple[int, ...]) -> np.ndarray:
    """Return q of each gene set in GSEA of the differential expression, (n_concepts, n_sets)."""
    tables = enrichment_arrays(run.outputs["enrichment"], _DIFFERENTIAL)
    found = np.full(shape, np.nan)
    for concept in range(len(found)):
        table = read_enrichment(tables, concept)
        found[concept, table.gene_set] = table.q
    return found
