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
                "A wider concept that is active in at least half of this concept's cells, twice as "
                "many as by chance or more, and in at least 1.5 times as many cells.",
                (_link(store, parent),),
            )
        )
    if len(children):
        facts.append(
            Fact(
                "Splits into",
                "",
                "Narrower concepts of which at least half of the active cells activate this one "
                "as well.",
                tuple(_link(store, int(child)) for child in children),
            )
        )
    return facts


def _link(store: ConceptStore, concept: int) -> Link:
    return Link(store.concept_ids[concept], store.strings("concepts/label")[concept])
