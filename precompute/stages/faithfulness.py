"""How far each attribution can be believed: held-out tests of every concept, and its grade."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from precompute.attribution.concept import why_not
from precompute.attribution.faithfulness import RANKINGS, HeldOut, HeldOutTest
from precompute.attribution.grade import GENES_REPLACED, GRADES, grade_concept, write_rule
from precompute.device import threads_for
from precompute.differential import wilcoxon_all
from precompute.parts import Parts
from precompute.progress import progress_bar
from precompute.run import Arrays, Record, Run
from precompute.stages.attribution import make_run_setting, section
from precompute.tables import CARD_FROM_ATTRIBUTION, CURVES

_N_TOP_GENES = 20
_WORST = len(GRADES) - 1


def run_faithfulness(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Test every attribution on held-out cells and grade it."""
    output = run.outputs["attribution"]
    if output.record["refused"]:
        return {}, {"keys": []}
    arrays: Arrays = {}
    reasons = {}
    names = run.config.attribution.counterfactuals
    score = _make_score(run)
    steps: tuple[int, ...] = ()
    for name in names:
        test = HeldOutTest(make_run_setting(run, name), score)
        steps = test.steps
        with progress_bar(f"faithfulness, {name}") as bar, threads_for(run.model.n_weights):
            found = _test_all(run, test, section(run, name), bar)
        numbers = {c: np.array(output.array(f"{name}.{c}")) for c in CARD_FROM_ATTRIBUTION}
        numbers["share_top"] = _share_of_top(output.array(f"{name}.effect"))
        cards = {**numbers, **found}
        grades = [_grade(cards, concept, steps) for concept in range(run.dictionary.n_latents)]
        cards["grade"] = np.array([grade for grade, _ in grades], np.int32)
        refused = [why_not(run.population, c) for c in range(run.dictionary.n_latents)]
        reasons[name] = [
            f"Not attributed: {words}." if words else reason
            for words, (_, reason) in zip(refused, grades, strict=True)
        ]
        arrays |= {f"{name}.{column}": values for column, values in cards.items()}
    record = {"keys": list(names), "rule": write_rule(), "reasons": reasons}
    return arrays, {**record, "n_replaced": list(steps), "rankings": list(RANKINGS)}


def _make_score(run: Run) -> Callable[[np.ndarray], np.ndarray]:
    """Return what ranks genes by |z| of the Wilcoxon test between some of the cells."""
    values = sp.csr_matrix(run.cells.log_normalised()[:, run.cells.model_genes])
    active = (run.activations > 0).tocsr()

    @lru_cache(maxsize=8)  # the same halves come back for every counterfactual
    def score(chosen: bytes) -> np.ndarray:
        cells = np.frombuffer(chosen, np.int64)
        return np.abs(wilcoxon_all(values[cells], active[cells]).z)

    return lambda cells: score(np.asarray(cells, np.int64).tobytes())


def _test_all(
    run: Run, test: HeldOutTest, parts: Parts | None, progress: Callable[[int, int], None]
) -> Arrays:
    n_concepts = run.dictionary.n_latents
    rows = []
    for concept in range(n_concepts):

        def compute(concept: int = concept) -> Arrays:
            return _to_arrays(test.run(concept))

        rows.append(compute() if parts is None else parts.once(f"{concept}", compute))
        progress(concept + 1, n_concepts)
    return {column: np.stack([row[column] for row in rows]) for column in rows[0]} if rows else {}


def _to_arrays(found: HeldOut) -> Arrays:
    curves = {name: np.asarray(getattr(found.curves, name), np.float32) for name in CURVES}
    return curves | {
        "n_cells": np.asarray(found.curves.n_cells, np.int32),
        "held_out": np.asarray(found.held_out, np.int32),
        "split_cells": np.asarray(found.split_cells, np.float32),
        "split_donors": np.asarray(found.split_donors, np.float32),
    }


def _grade(cards: Arrays, concept: int, steps: tuple[int, ...]) -> tuple[int, str]:
    at = max((i for i, step in enumerate(steps) if step <= GENES_REPLACED), default=0)
    attribution, differential, random = cards["deletion"][concept, :, at]
    if cards["held_out"][concept] >= 0 and np.isnan(attribution):
        return _WORST, "Replacing every gene does not lower the concept in held-out cells."
    split = cards["split_donors"][concept]
    numbers = {name: float(cards[name][concept]) for name in ("rank_top", "sign_top")}
    numbers |= {name: float(cards[name][concept]) for name in ("in_support", "inactive")}
    numbers |= {
        "lost": float(attribution),
        "lead_random": float(attribution - random),
        "lead_differential": float(attribution - differential),
        "split": float(cards["split_cells"][concept] if np.isnan(split) else split),
    }
    return grade_concept(numbers)


def _share_of_top(effect: np.ndarray) -> np.ndarray:
    """Return the share of the total absolute effect in the top 20 genes, (n_concepts,)."""
    size = np.sort(np.abs(effect), axis=1)
    total = size.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, size[:, -_N_TOP_GENES:].sum(axis=1) / total, np.nan)
