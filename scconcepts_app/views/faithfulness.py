"""How far the attribution of a concept can be believed: its grade, and the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.schema import GRADES, HELD_OUT
from scconcepts_app.views.curves import find_faithfulness, read_curves, write_deletion
from scconcepts_app.views.fact import Fact
from scconcepts_app.views.genes import why_no_attribution
from scconcepts_app.views.numbers import (
    MISSING,
    format_count,
    format_number,
    format_share,
    known_or_none,
)

NOT_GRADED = "not graded"


@dataclass(frozen=True)
class FaithfulnessCard:
    """What the tab about faithfulness shows.

    Attributes
    ----------
    grade : A to D, None where there is none.
    reason : what holds the grade back, or why there is none.
    rule : what the grades mean.
    sentence : what the first genes of attribution, DE and random order take.
    facts : the numbers behind the grade, with their definitions.
    """

    grade: str | None
    reason: str
    rule: str
    sentence: str
    facts: list[Fact]


def read_grade(store: ConceptStore, concept: int, attribution: str) -> str | None:
    """Return the grade of an attribution that has cards, None for a concept without grade."""
    code = int(store.array(f"faithfulness/{attribution}/grade")[concept])
    return GRADES[code] if 0 <= code < len(GRADES) else None


def list_grades(store: ConceptStore, concept: int) -> dict[str, str | None]:
    """Return the grade of a concept under each attribution that has cards."""
    return {i.key: read_grade(store, concept, i.key) for i in store.manifest.faithfulness}


def summarise_grade(store: ConceptStore, concept: int, attribution: str | None) -> Fact | None:
    """Return the grade as a fact for the head of a concept; None in a store without cards."""
    info = find_faithfulness(store, attribution)
    if info is None:
        return None
    title = next((i.title for i in store.manifest.attributions if i.key == info.key), info.key)
    words = (
        f"How far its attribution ({title}) can be believed, A to D.",
        store.strings(f"faithfulness/{info.key}/reason")[concept],
        info.rule,
    )
    grade = read_grade(store, concept, info.key) or NOT_GRADED
    return Fact("Faithfulness", grade, "\n".join(text for text in words if text))


def describe_faithfulness(store: ConceptStore, concept: int, attribution: str) -> FaithfulnessCard:
    """Return the card of a concept.

    Raises
    ------
    KeyError
        The store has no cards for this attribution; `why_no_card` says why.
    """
    info = find_faithfulness(store, attribution)
    if info is None:
        raise KeyError(attribution)
    return FaithfulnessCard(
        grade=read_grade(store, concept, attribution),
        reason=store.strings(f"faithfulness/{attribution}/reason")[concept],
        rule=info.rule,
        sentence=write_deletion(read_curves(store, concept, attribution, "deletion")),
        facts=_list_facts(store, concept, f"faithfulness/{attribution}"),
    )


def why_no_card(store: ConceptStore, concept: int, attribution: str | None) -> str:
    """Return in words why there is no card, or no curve in it."""
    if not store.manifest.attributions:
        return why_no_attribution(store)
    if not store.manifest.faithfulness:
        return (
            "This store holds no faithfulness cards: how far its attribution can be believed was "
            "not measured. Stores built by this release or a later one can hold them."
        )
    if find_faithfulness(store, attribution) is None:
        titles = {i.key: i.title for i in store.manifest.attributions}
        measured = ", ".join(titles.get(i.key, i.key) for i in store.manifest.faithfulness)
        return f"Faithfulness was not measured for this counterfactual; it was for: {measured}."
    reason = store.strings(f"faithfulness/{attribution}/reason")[concept]
    return reason or why_no_attribution(store, concept)


def _list_facts(store: ConceptStore, concept: int, folder: str) -> list[Fact]:
    def read(measure: str) -> float | None:
        return known_or_none(store.array(f"{folder}/{measure}")[concept])

    def share(measure: str) -> str:
        return format_share(read(measure))

    return [
        Fact("Held out", _say_held_out(store, concept, folder), _HELD_OUT),
        Fact("Full drop", format_number(read("full_drop")), _FULL_DROP),
        Fact("Completeness", format_number(read("completeness")), _COMPLETENESS),
        Fact("Exact, top genes", _say_agreement(read, "top"), _TOP),
        Fact("Exact, random", _say_agreement(read, "random"), _RANDOM),
        Fact("Halves of cells", format_number(read("split_cells")), _SPLIT_CELLS),
        Fact("Halves of donors", format_number(read("split_donors")), _SPLIT_DONORS),
        Fact("Top 20 genes", share("share_top"), _SHARE_TOP),
        Fact("Match rate", share("match_rate"), _MATCH_RATE),
        Fact("Distance", format_number(read("distance")), _DISTANCE),
        Fact("In support", share("in_support"), _IN_SUPPORT),
        Fact("Inactive", share("inactive"), _INACTIVE),
    ]


def _say_held_out(store: ConceptStore, concept: int, folder: str) -> str:
    code = int(store.array(f"{folder}/held_out")[concept])
    n_cells = int(store.array(f"{folder}/n_cells")[concept])
    if not 0 <= code < len(HELD_OUT):
        return MISSING
    whose = "new donors" if HELD_OUT[code] == "donors" else "same donors"
    return f"{format_count(n_cells)} · {whose}"


def _say_agreement(read, genes: str) -> str:
    """Return rank correlation and share of equal signs with exact swap."""
    rank, sign = read(f"rank_{genes}"), read(f"sign_{genes}")
    if rank is None and sign is None:
        return MISSING
    return f"{format_number(rank)} · {format_share(sign)}"


_HELD_OUT = (
    "Cells behind the curves. The ranking has not seen them, nor the counterfactual cells that "
    "they take values from. New donors: it has not seen the people either, which is the harder "
    "test."
)
_FULL_DROP = "What replacing all genes takes from the pre-activation, mean over these cells."
_COMPLETENESS = (
    "1 minus what the effects of all genes miss of the full drop of a cell, over cells. 1: effects "
    "add up to what really happens; far from 1: genes act together in ways that they leave out."
)
_TOP = (
    "Genes of largest effect (200 by default, 20 with models of tokens): rank correlation "
    "(Spearman) of the effect with the exact swap of each gene alone, and share of genes of the "
    "same sign."
)
_RANDOM = "The same two numbers on as many other genes, drawn at random."
_SPLIT_CELLS = "Rank correlation of the effects computed on two halves of the cells."
_SPLIT_DONORS = "Rank correlation of the effects computed on two halves of the donors."
_SHARE_TOP = "Share of the total absolute effect of all genes that the 20 largest carry."
_MATCH_RATE = (
    "Cells whose counterfactual agrees in every column that was to be matched, such as the donor. "
    "The lower, the more may effects show differences between donors or batches."
)
_DISTANCE = (
    "Mean distance between the embeddings of a cell and its counterfactual, in units of the root "
    "mean square distance of cells from the mean embedding. Small: a local contrast; large: a "
    "global one."
)
_IN_SUPPORT = (
    "Counterfactuals as close to a real cell as 95 % of real cells are to each other. Outside, the "
    "model is asked about cells that do not exist."
)
_INACTIVE = "Counterfactuals in which the concept is off, as a counterfactual should be."
