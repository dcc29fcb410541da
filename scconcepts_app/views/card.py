"""One concept in short: a sentence, the numbers behind it, and its warnings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.concepts import read_interval
from scconcepts_app.views.fact import Fact
from scconcepts_app.views.faithfulness import summarise_grade
from scconcepts_app.views.flags import Flag, list_flags
from scconcepts_app.views.genes import default_attribution
from scconcepts_app.views.kinship import list_kin
from scconcepts_app.views.links import Outgoing, link_cell_type
from scconcepts_app.views.numbers import (
    MISSING,
    format_number,
    format_p,
    format_share,
    known_or_none,
)
from scconcepts_app.views.summary import read_evidence, write_summary


@dataclass(frozen=True)
class ConceptCard:
    """What the head of a concept shows.

    Attributes
    ----------
    index, id : position in the store, and name.
    proposed : label proposed by the precomputation.
    evidence : what the proposed label rests on, one sentence each.
    link : where the named cell type is described; None where it has no identifier.
    previous, following : ids of the neighbours in the store's order; None at its ends.
    """

    index: int
    id: str
    proposed: str
    summary: str
    evidence: list[str]
    facts: list[Fact]
    flags: list[Flag]
    link: Outgoing | None
    previous: str | None
    following: str | None


def describe_concept(
    store: ConceptStore, concept: int, attribution: str | None = None
) -> ConceptCard:
    """Return the head of a concept.

    Parameters
    ----------
    attribution : whose grade of faithfulness is told; None: that of the default.
    """
    ids = store.concept_ids
    default = default_attribution(store)
    grade = summarise_grade(store, concept, attribution or (default.key if default else None))
    evidence = read_evidence(store, concept)
    cell_type = evidence.get("cell_type") or {}
    return ConceptCard(
        index=concept,
        id=ids[concept],
        proposed=store.strings("concepts/label")[concept],
        summary=write_summary(store, concept, attribution),
        evidence=_list_evidence(evidence, store),
        facts=[*([grade] if grade else []), *_list_facts(store, concept)],
        flags=list_flags(store, concept),
        link=link_cell_type(str(cell_type.get("ontology", ""))),
        previous=ids[concept - 1] if concept > 0 else None,
        following=ids[concept + 1] if concept + 1 < len(ids) else None,
    )


def _list_facts(store: ConceptStore, concept: int) -> list[Fact]:
    values = np.asarray(store.activations.rows(concept)["value"])
    n_seeds = int(store.array("concepts/n_seeds")[concept])
    of_seeds = store.manifest.dictionary.get("n_seeds")
    highest = known_or_none(values[0]) if len(values) else None
    median = known_or_none(np.median(values)) if len(values) else None
    return [
        Fact(
            "Stability",
            _say_stability(store, concept),
            "Mean correlation of its activations between the seeds it recurs in, times the share "
            "of those seeds: 1 is the same concept every time. In brackets, where it is known, a "
            "90 % interval (jackknife over the seeds).",
        ),
        Fact(
            "Seeds",
            f"{n_seeds} of {of_seeds}" if of_seeds else str(n_seeds),
            "Trained dictionaries in which the concept was found.",
        ),
        Fact(
            "Activation",
            f"{format_number(median)} (max {format_number(highest)})",
            "Median over its active cells, and largest. The unit is the dictionary's own: "
            "compare cells within a concept, not concepts with each other.",
        ),
        Fact(
            "Match rate",
            format_share(known_or_none(store.array("concepts/match_rate")[concept])),
            "Share of the explained cells whose counterfactual cells come from the same donor. The "
            "lower it is, the more may attribution show differences between donors.",
        ),
        *list_kin(store, concept),
    ]


def _say_stability(store: ConceptStore, concept: int) -> str:
    stability = format_number(known_or_none(store.array("concepts/stability")[concept]))
    low, high = read_interval(store, concept)
    if stability == MISSING or low is None or high is None:
        return stability
    return f"{stability} ({format_number(low)} to {format_number(high)})"


def _list_evidence(evidence: dict[str, Any], store: ConceptStore) -> list[str]:
    titles = {info.key: info.title for info in store.manifest.enrichments}
    sentences = []
    for kind, words in (("cell_type", "Cell type"), ("condition", "Condition")):
        found = evidence.get(kind) or {}
        if found:
            numbers = ", ".join(
                f"{word} {format_number(found[name])}"
                for name, word in (("f1", "F1"), ("auroc", "AUROC"), ("share", "share"))
                if isinstance(found.get(name), (int, float))
            )
            term = f" ({found['ontology']})" if found.get("ontology") else ""
            donors = _say_donors(found)
            if kind == "condition" and not donors:
                donors = "; of cells alone, not tested by donor"
            sentences.append(f"{words} {found.get('name')}{term}: {numbers}{donors}.")
    found = evidence.get("gene_set") or {}
    if found:
        test = titles.get(str(found.get("enrichment")), "enrichment")
        sentences.append(f"Gene set {found.get('name')}: q {format_p(found.get('q'))} ({test}).")
    if evidence.get("genes"):
        genes = ", ".join(str(g) for g in evidence["genes"][:5])
        sentences.append(f"Raised by the presence of {genes}.")
    if evidence.get("absence_genes"):
        genes = ", ".join(str(g) for g in evidence["absence_genes"][:5])
        sentences.append(f"Raised by the absence of {genes}.")
    direction = evidence.get("direction") or {}
    if isinstance(direction.get("share"), int | float):
        share = format_share(direction["share"])
        sentences.append(f"{share} of what raises it is {direction.get('by')} of genes.")
    if evidence.get("technical"):
        names = ", ".join(str(t).replace("_", " ") for t in evidence["technical"])
        sentences.append(f"Technical warning: {names}.")
    return sentences


def _say_donors(found: dict[str, Any]) -> str:
    """Return the test by donor of a category; empty where there was none."""
    if not isinstance(found.get("q"), int | float):
        return ""
    effect = format_number(found.get("effect"))
    return f"; by donor {effect} s.d., q {format_p(found['q'])}, {found.get('n_donors')} donors"
