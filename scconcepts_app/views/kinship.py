"""What a concept is part of, and what it splits into."""

from __future__ import annotations

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.fact import Fact, Link


def find_parents(store: ConceptStore) -> np.ndarray:
    """Return the index of each concept's parent, (n_concepts,); -1 for none, or none stored."""
    parents = store.optional("concepts/parent")
    return np.full(store.n_concepts, -1) if parents is None else np.asarray(parents)


def list_kin(store: ConceptStore, concept: int) -> list[Fact]:
    """Return the facts "Part of" and "Splits into", each where there is something to tell."""
    parents = find_parents(store)
    parent = int(parents[concept])
    children = np.flatnonzero(parents == concept)
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
