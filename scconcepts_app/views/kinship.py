"""What a concept is part of, and what it splits into."""

from __future__ import annotations

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.fact import Fact, Link


def list_kin(store: ConceptStore, concept: int) -> list[Fact]:
    """Return the facts "Part of" and "Splits into", each where there is something to tell."""
    parents = store.optional("concepts/parent")
    if parents is None:
        return []
    parent = int(parents[concept])
    children = np.flatnonzero(np.asarray(parents) == concept)
    facts = []
    if parent >= 0:
        facts.append(
            Fact(
                "Part of",
                "",
                "A concept of at least 1.5 times as many cells that this concept's cells activate "
                "as well, by half or more of what chance leaves.",
                (_link(store, parent),),
            )
        )
    if len(children):
        facts.append(
            Fact(
                "Splits into",
                "",
                "Narrower concepts whose active cells activate this one as well, by half or more "
                "of what chance leaves.",
                tuple(_link(store, int(child)) for child in children),
            )
        )
    return facts


def _link(store: ConceptStore, concept: int) -> Link:
    return Link(store.concept_ids[concept], store.strings("concepts/label")[concept])
