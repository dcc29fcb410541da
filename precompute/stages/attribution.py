"""What moves each concept: the attribution under each counterfactual, and in its top cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from precompute.attribution import (
    Attribution,
    ConceptReadout,
    attribute_all,
    make_setting,
)
from precompute.attribution.cell_effects import explain_cells, no_cell_effects
from precompute.attribution.concept import Setting, why_not
from precompute.device import threads_for
from precompute.parts import Parts
from precompute.progress import progress_bar
from precompute.run import Arrays, Record, Run
from precompute.tables import CARD_FROM_ATTRIBUTION, EFFECT_FIELDS

REFUSED = (
    "The embeddings came without their model, so no gene could be replaced by a "
    "counterfactual: there is no attribution, only correlation."
)


def run_attribution(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Attribute every concept to genes under each counterfactual; refuse without a model."""
    if run.model.differentiable == "none":
        return {}, {"refused": REFUSED, "counterfactuals": []}
    arrays: Arrays = {}
    details = []
    for name in run.config.attribution.counterfactuals:
        setting = make_run_setting(run, name)
        with progress_bar(f"attribution, {name}") as bar, threads_for(run.model.n_weights):
            result = attribute_all(setting, bar, section(run, name))
        arrays |= {f"{name}.{column}": getattr(result, column) for column in EFFECT_FIELDS}
        arrays |= {f"{name}.{column}": getattr(result, column) for column in CARD_FROM_ATTRIBUTION}
        arrays |= _explain_all(run, setting, name)
        details.append(_describe(run, result))
    return arrays, {"refused": "", "counterfactuals": details}


def make_run_setting(run: Run, counterfactual: str) -> Setting:
    """Return the setting of one counterfactual, as the config has it."""
    config = run.config.attribution
    return make_setting(
        ConceptReadout(run.model, run.dictionary, str(run.device)),
        run.population,
        counterfactual=counterfactual,
        method=config.method,
        covariates=run.covariates,
        max_cells=config.max_cells,
        n_verify=config.n_verify,
        seed=run.config.seed,
    )


def _explain_all(run: Run, setting: Setting, name: str) -> Arrays:
    """Return the effects in the top cells of all concepts."""
    rows = []
    with progress_bar(f"top cells, {name}") as progress, threads_for(run.model.n_weights):
        for concept in range(run.dictionary.n_latents):
            refused = why_not(run.population, concept)
            rows.append(
                no_cell_effects(run.population.n_genes)
                if refused
                else explain_cells(setting, concept)
            )
            progress(concept + 1, run.dictionary.n_latents)
    columns = rows[0].__dataclass_fields__ if rows else ()
    return {f"{name}.cell.{c}": np.stack([getattr(row, c) for row in rows]) for c in columns}


def _describe(run: Run, result: Attribution) -> dict[str, Any]:
    levels = np.nanmean(result.match_levels, axis=0) if len(result.reason) else np.empty(0)
    columns = list(run.population.match)
    words = ["cells of any kind", *(" and ".join(columns[: i + 1]) for i in range(len(columns)))]
    return {
        "name": result.counterfactual,
        "method": result.method,
        "not_attributed": {str(c): r for c, r in enumerate(result.reason) if r},
        "bootstrap_units": sorted(set(result.bootstrap_unit) - {""}),
        "matched_on": {
            word: round(float(share), 4)
            for word, share in zip(words, levels, strict=True)
            if np.isfinite(share)
        },
        "median_rank_agreement": _median(result.rank_top),
        "median_sign_agreement": _median(result.sign_top),
        "median_completeness": _median(result.completeness),
    }


def section(run: Run, name: str) -> Parts | None:
    """Return where the stage at work keeps its finished parts for one counterfactual."""
    return None if run.parts is None else run.parts.within(name)


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
