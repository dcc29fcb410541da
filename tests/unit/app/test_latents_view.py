"""Latents that became no concept: rows of the table, and one in short."""

from __future__ import annotations

import pytest

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.concepts import list_concepts
from scconcepts_app.views.latents import describe_latent, list_latents
from tests.conftest import ROOT


def facts(card):
    return {fact.name: fact for fact in card.facts}


def test_rows_are_marked_and_carry_no_genes_or_grades(store):
    rows = list_latents(store)
    assert [row.id for row in rows] == ["s0-003", "s0-012", "s3-007", "s4-015"]
    assert all(row.is_latent for row in rows)
    assert not any(row.is_latent for row in list_concepts(store))
    third = rows[2]
    assert (third.label, third.category, third.genes) == ("Latent 7 of seed 3", "B cell", [])
    # Every seventh of 300 cells.
    assert (third.n_active, third.share) == (43, pytest.approx(43 / 300))
    assert third.f1 == pytest.approx(0.62)
    assert third.stability is third.stability_low is None and third.grades == {}


def test_some_rows_alone(store):
    assert [row.id for row in list_latents(store, [3])] == ["s4-015"]
    assert list_latents(store, []) == []


def test_a_card_says_why_it_is_hidden(store):
    card = describe_latent(store, 1)
    assert card.why == (
        "It did not recur: 2 of 5 dictionaries hold a latent like it, and 3 are needed."
    )
    closest = facts(card)["Closest concept"]
    assert (closest.links[0].id, closest.links[0].label) == ("c0006", "Interferon response")
    assert closest.value == "similarity 0.55"
    assert facts(card)["Cell type"].value == "Monocyte (F1 0.44)"
    assert facts(card)["Activation"].value == "max 2.00"


def test_one_with_enough_seeds_has_another_reason(store):
    assert describe_latent(store, 2).why.startswith("It is no concept of its own: 3 of 5")


def test_what_is_unknown_is_missing(store):
    assert facts(describe_latent(store, 3))["Cell type"].value == "—"


def test_older_stores_have_none():
    assert list_latents(ConceptStore.open(ROOT / "tests/data/stores/v2")) == []
