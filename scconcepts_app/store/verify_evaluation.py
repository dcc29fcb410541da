"""Whether the tables on the quality of the dictionary hold together: lengths, codes, names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scconcepts_app.store.manifest import EvaluationInfo, NullInfo, SweepInfo
from scconcepts_app.store.reader import ConceptStore
from scconcepts_app.store.schema import (
    EVALUATION_GROUPS,
    EVALUATION_MEASURES,
    EVALUATION_METHODS,
    NULLS,
    SWEEP_MEASURES,
    SWEEP_SETTINGS,
)


def find_evaluation_faults(store: ConceptStore) -> Iterator[str]:
    """Yield what is wrong with the evaluations, sweeps and nulls of a store."""
    for info in store.manifest.evaluations:
        yield from _evaluation_faults(store, info)
    for sweep in store.manifest.sweeps:
        yield from _sweep_faults(store, sweep)
    for null in store.manifest.nulls:
        yield from _null_faults(store, null)


def _evaluation_faults(store: ConceptStore, info: EvaluationInfo) -> Iterator[str]:
    folder = f"evaluation/{info.key}"
    n_methods, n_groups = len(info.methods), len(info.groups)
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(EVALUATION_METHODS, (n_methods,))
    shapes |= dict.fromkeys(EVALUATION_GROUPS, (n_groups,))
    shapes |= dict.fromkeys(EVALUATION_MEASURES, (n_methods, n_groups))
    shapes["f1_error"] = (n_methods, len(info.kinds))
    if len(info.meanings) != n_methods:
        yield f"{folder}: {len(info.meanings)} meanings of {n_methods} methods"
    for name, expected in shapes.items():
        found = store.array(f"{folder}/{name}").shape
        if found != expected:
            yield f"{folder}/{name}: has shape {found}, expected {expected}"
    yield from _code_faults(f"{folder}/kind", store.array(f"{folder}/kind"), len(info.kinds))


def _sweep_faults(store: ConceptStore, info: SweepInfo) -> Iterator[str]:
    folder = f"sweep/{info.key}"
    names = (*SWEEP_SETTINGS, *SWEEP_MEASURES)
    lengths = {len(store.array(f"{folder}/{name}")) for name in names}
    if len(lengths) > 1:
        yield f"{folder}: columns differ in length: {sorted(lengths)}"
    if not -1 <= info.chosen < min(lengths):
        yield f"{folder}: setting {info.chosen} was chosen of {min(lengths)}"
    yield from _code_faults(
        f"{folder}/variant", store.array(f"{folder}/variant"), len(info.variants)
    )


def _null_faults(store: ConceptStore, info: NullInfo) -> Iterator[str]:
    folder = f"nulls/{info.key}"
    if info.key not in {enrichment.key for enrichment in store.manifest.enrichments}:
        yield f"{folder}: no enrichment '{info.key}'"
    expected = (len(info.kinds), info.n_draws, store.n_concepts)
    found = store.array(f"{folder}/random").shape
    if found != expected:
        yield f"{folder}/random: has shape {found}, expected {expected}"
    if bool(info.reason) == bool(len(store.array(f"{folder}/shuffled"))):
        yield f"{folder}: needs concepts of shuffled cells or a reason for none, not both"
    for name in (*NULLS, "neurons"):
        counts = store.optional(f"{folder}/{name}")
        if counts is not None and counts.size and counts.min() < 0:
            yield f"{folder}/{name}: holds a count below 0"


def _code_faults(name: str, codes: np.ndarray, n_names: int) -> Iterator[str]:
    if codes.size and (codes.min() < 0 or codes.max() >= n_names):
        yield f"{name}: holds codes outside 0..{n_names - 1}"
