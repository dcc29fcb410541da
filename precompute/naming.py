"""Proposes a short label for each concept, and keeps the evidence that produced it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from precompute.association import Association
from precompute.cell_ontology import normalise_name
from precompute.donor_tests import CORRELATION, DonorTests
from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.results import Enrichment
from precompute.obs import Obs
from scconcepts_app.store.schema import SIGNIFICANT
from scconcepts_app.store.set_names import shorten_set_name

# Below this F1 a category is not named: fewer than half of calls or cells would be right.
NAMED_F1 = 0.5
# A condition is named when its share among active cells is this many times the usual.
NAMED_LIFT = 1.6
NAMED_Q = 0.05
N_GENES = 10
_TECHNICAL = (
    "library_size",
    "mitochondrial",
    "ribosomal",
    "cell_cycle",
    "one_batch",
    "one_donor",
    "donor_driven",
)


@dataclass(frozen=True, eq=False)
class Grounds:
    """What labels rest on that is the same for all concepts.

    Attributes
    ----------
    flags : warning -> (n_concepts,) bool.
    enrichment_key : key of the enrichment that gene sets are taken from.
    sets : the gene sets; None where there are none.
    tests : tests with the donor as the replicate; None where they were not run.
    ontology : category of the cell types -> its Cell Ontology id, where it has one.
    """

    association: Association
    obs: Obs
    flags: Mapping[str, np.ndarray]
    enrichment_key: str
    sets: MatchedSets | None
    tests: DonorTests | None = None
    ontology: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """What a proposed label rests on; empty where nothing passed its threshold."""

    cell_type: dict[str, object] = field(default_factory=dict)
    condition: dict[str, object] = field(default_factory=dict)
    gene_set: dict[str, object] = field(default_factory=dict)
    direction: dict[str, object] = field(default_factory=dict)
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
    grounds: Grounds,
    presence_genes: Sequence[str],
    absence_genes: Sequence[str],
    enrichment: Enrichment | None,
    presence_share: float | None = None,
) -> ProposedLabel:
    """Return the label ``cell type · condition · gene set``, leaving out what is not supported.

    A concept that goes with a technical quantity is named as technical first. With neither a
    cell type nor a gene set the top genes stand in: those of presence, or where absence raises
    the concept more, those that are absent.

    Parameters
    ----------
    presence_share : share of presence in what raises the concept, the rest being absence; None
        where genes were not attributed.
    """
    evidence = Evidence(
        cell_type=_best_category(concept, grounds, "cell_type"),
        condition=_best_condition(concept, grounds),
        gene_set=_best_set(enrichment, grounds),
        direction=_tell_direction(presence_share),
        genes=list(presence_genes[:N_GENES]),
        absence_genes=list(absence_genes[:N_GENES]),
        technical=[n for n in _TECHNICAL if n in grounds.flags and grounds.flags[n][concept]],
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
        name = shorten_set_name(str(evidence.gene_set["name"]))
        cell_type = str(evidence.cell_type.get("name", ""))
        # A gene set of the cell type itself adds nothing to the label; the evidence has it.
        if normalise_name(name) != normalise_name(cell_type):
            parts.append(name)
    elif not evidence.cell_type:
        parts += _name_genes(evidence)
    return " · ".join(parts) or "Unnamed"


def _name_genes(evidence: Evidence) -> list[str]:
    if evidence.direction.get("by") == "absence" and evidence.absence_genes:
        return ["without " + ", ".join(evidence.absence_genes[:3])]
    return [", ".join(evidence.genes[:3])] if evidence.genes else []


def _tell_direction(presence_share: float | None) -> dict[str, object]:
    if presence_share is None or not np.isfinite(presence_share):
        return {}
    by = "presence" if presence_share >= 0.5 else "absence"
    return {"by": by, "share": round(float(max(presence_share, 1 - presence_share)), 4)}


def _role_levels(grounds: Grounds, role: str) -> list[int]:
    columns = grounds.obs.columns
    return [n for n, (i, _) in enumerate(grounds.association.levels) if columns[i].role == role]


def _describe(concept: int, level: int, grounds: Grounds) -> dict[str, object]:
    association, obs = grounds.association, grounds.obs
    column, code = association.levels[level]
    return {
        "name": (obs.columns[column].categories or [])[code],
        "obs": obs.columns[column].key,
        "f1": round(float(association.f1[concept, level]), 4),
        "auroc": round(float(association.auroc[concept, level]), 4),
        "share": round(float(association.share[concept, level]), 4),
        **_describe_test(concept, int(column), int(code), grounds.tests),
    }


def _describe_test(
    concept: int, column: int, code: int, tests: DonorTests | None
) -> dict[str, object]:
    """Return effect, q and donors of a test over all cells; empty where it could not be made."""
    if tests is None:
        return {}
    wanted = (tests.column == column) & (tests.code == code) & (tests.within < 0)
    for test in np.flatnonzero(wanted & (tests.design <= CORRELATION)):
        if np.isfinite(tests.q[concept, test]):
            return {
                "effect": round(float(tests.effect[concept, test]), 4),
                "q": float(tests.q[concept, test]),
                "n_donors": int(tests.n_donors[test] + tests.n_others[test]),
            }
    return {}


def _best_category(concept: int, grounds: Grounds, role: str) -> dict[str, object]:
    levels = _role_levels(grounds, role)
    if not levels:
        return {}
    f1 = grounds.association.f1[concept]
    best = max(levels, key=lambda level: f1[level])
    if f1[best] < NAMED_F1:
        return {}
    found = _describe(concept, best, grounds)
    identifier = grounds.ontology.get(str(found["name"]))
    return found | ({"ontology": identifier} if identifier else {})


def _best_condition(concept: int, grounds: Grounds) -> dict[str, object]:
    """Return the condition most enriched among active cells; none where all cells share one.

    Where donors can be compared they have to agree: cells of one donor can make a share.
    """
    association, obs = grounds.association, grounds.obs

    def lift(level: int) -> float:
        column, code = association.levels[level]
        usual = obs.columns[column].share_of(code)
        return association.share[concept, level] / usual if 0 < usual < 1 else 0.0

    levels = _role_levels(grounds, "condition")
    if not levels:
        return {}
    best = max(levels, key=lift)
    if lift(best) < NAMED_LIFT:
        return {}
    found = _describe(concept, best, grounds)
    q, effect = found.get("q"), found.get("effect")
    if isinstance(q, float) and isinstance(effect, float) and (q > NAMED_Q or effect <= 0):
        return {}
    return found


def _best_set(enrichment: Enrichment | None, grounds: Grounds) -> dict[str, object]:
    if enrichment is None or grounds.sets is None:
        return {}
    rows = np.flatnonzero((enrichment.q < SIGNIFICANT) & (enrichment.statistic > 0))
    if len(rows) == 0:
        return {}
    row = rows[0]
    return {
        "name": grounds.sets.names[enrichment.gene_set[row]],
        "enrichment": grounds.enrichment_key,
        "statistic": round(float(enrichment.statistic[row]), 4),
        "q": float(enrichment.q[row]),
    }
