"""Proposes a short label for each concept, and keeps the evidence that produced it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from precompute.association import Association
from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.results import Enrichment
from precompute.obs import Obs
from scconcepts_app.store.set_names import shorten_set_name

# Below this F1 a category is not named: fewer than half of calls or cells would be right.
NAMED_F1 = 0.5
# A condition is named when its share among active cells is this many times the usual.
NAMED_LIFT = 1.6
NAMED_Q = 0.05
N_GENES = 10
_TECHNICAL = ("library_size", "mitochondrial", "one_batch", "one_donor")


@dataclass(frozen=True)
class Evidence:
    """What a proposed label rests on; empty where nothing passed its threshold."""

    cell_type: dict[str, object] = field(default_factory=dict)
    condition: dict[str, object] = field(default_factory=dict)
    gene_set: dict[str, object] = field(default_factory=dict)
    genes: list[str] = field(default_factory=list)
    absence_genes: list[str] = field(default_factory=list)
    technical: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ProposedLabel:
    """A label of a concept and its evidence."""

    text: str
    evidence: Evidence

    def to_dict(self) -> dict[str, object]:
        """Return the evidence as plain values."""
        return asdict(self.evidence)


def propose_label(
    concept: int,
    association: Association,
    obs: Obs,
    flags: dict[str, np.ndarray],
    presence_genes: Sequence[str],
    absence_genes: Sequence[str],
    enrichment: Enrichment | None,
    enrichment_key: str,
    sets: MatchedSets | None,
) -> ProposedLabel:
    """Return the label ``cell type · condition · gene set``, leaving out what is not supported.

    A concept that goes with a technical quantity is named as technical first. With neither a
    cell type nor a gene set the top presence genes stand in.
    """
    evidence = Evidence(
        cell_type=_best_category(concept, association, obs, "cell_type"),
        condition=_best_condition(concept, association, obs),
        gene_set=_best_set(enrichment, enrichment_key, sets),
        genes=list(presence_genes[:N_GENES]),
        absence_genes=list(absence_genes[:N_GENES]),
        technical=[name for name in _TECHNICAL if flags[name][concept]],
    )
    return ProposedLabel(_write_label(evidence), evidence)


def _write_label(evidence: Evidence) -> str:
    parts = []
    if evidence.technical:
        parts.append("Technical: " + ", ".join(n.replace("_", " ") for n in evidence.technical))
    if evidence.cell_type:
        parts.append(str(evidence.cell_type["name"]))
    if evidence.condition:
        parts.append(str(evidence.condition["name"]))
    if evidence.gene_set:
        parts.append(shorten_set_name(str(evidence.gene_set["name"])))
    elif evidence.genes and not evidence.cell_type:
        parts.append(", ".join(evidence.genes[:3]))
    return " · ".join(parts) or "Unnamed"


def _role_levels(association: Association, obs: Obs, role: str) -> list[int]:
    return [n for n, (i, _) in enumerate(association.levels) if obs.columns[i].role == role]


def _describe(concept: int, level: int, association: Association, obs: Obs) -> dict[str, object]:
    column, code = association.levels[level]
    return {
        "name": (obs.columns[column].categories or [])[code],
        "obs": obs.columns[column].key,
        "f1": round(float(association.f1[concept, level]), 4),
        "auroc": round(float(association.auroc[concept, level]), 4),
        "share": round(float(association.share[concept, level]), 4),
    }


def _best_category(
    concept: int, association: Association, obs: Obs, role: str
) -> dict[str, object]:
    levels = _role_levels(association, obs, role)
    if not levels:
        return {}
    best = max(levels, key=lambda level: association.f1[concept, level])
    if association.f1[concept, best] < NAMED_F1:
        return {}
    return _describe(concept, best, association, obs)


def _best_condition(concept: int, association: Association, obs: Obs) -> dict[str, object]:
    """Return the condition most enriched among active cells; none where all cells share one."""

    def lift(level: int) -> float:
        column, code = association.levels[level]
        usual = obs.columns[column].share_of(code)
        return association.share[concept, level] / usual if 0 < usual < 1 else 0.0

    levels = _role_levels(association, obs, "condition")
    if not levels:
        return {}
    best = max(levels, key=lift)
    if lift(best) < NAMED_LIFT:
        return {}
    return _describe(concept, best, association, obs)


def _best_set(
    enrichment: Enrichment | None, key: str, sets: MatchedSets | None
) -> dict[str, object]:
    if enrichment is None or sets is None:
        return {}
    rows = np.flatnonzero((enrichment.q < NAMED_Q) & (enrichment.statistic > 0))
    if len(rows) == 0:
        return {}
    row = rows[0]
    return {
        "name": sets.names[enrichment.gene_set[row]],
        "enrichment": key,
        "statistic": round(float(enrichment.statistic[row]), 4),
        "q": float(enrichment.q[row]),
    }
