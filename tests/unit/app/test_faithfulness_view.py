"""Faithfulness cards: curves, the sentence about them, grades, and why there is no card."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scconcepts_app.views.curves import read_curves, write_deletion
from scconcepts_app.views.faithfulness import (
    describe_faithfulness,
    list_grades,
    read_grade,
    summarise_grade,
    why_no_card,
)
from scconcepts_app.views.numbers import MISSING
from tests.unit.app.conftest import with_arrays

FOLDER = "faithfulness/neighbours"


def with_deletion(store, steps, curves):
    """The store whose first concept has these deletion curves, one row a ranking."""
    arrays = {f"{FOLDER}/n_replaced": np.array(steps, np.int32)}
    for name in ("deletion", "deletion_low", "deletion_high"):
        values = np.full((store.n_concepts, len(curves), len(steps)), np.nan, np.float32)
        values[0] = curves
        arrays[f"{FOLDER}/{name}"] = values
    return with_arrays(store, arrays)


def sentence(store) -> str:
    return write_deletion(read_curves(store, 0, "neighbours", "deletion"))


def test_the_sentence_speaks_of_50_genes(store):
    curves = [[0.2, 0.58, 0.9], [0.1, 0.31, 0.8], [0.01, 0.03, 0.1]]
    assert sentence(with_deletion(store, [20, 50, 200], curves)) == (
        "Replacing the 50 genes that attribution ranks first takes 58 % of what replacing all "
        "genes takes; the 50 that DE ranks first take 31 %, 50 random genes 3.0 %."
    )


def test_without_50_it_takes_the_step_below_or_the_first(store):
    curves = [[0.2, 0.5], [0.1, 0.2], [0.0, 0.1]]
    assert "the 30 genes" in sentence(with_deletion(store, [30, 60], curves))
    assert "the 60 genes" in sentence(with_deletion(store, [60, 90], curves))
    one = sentence(with_deletion(store, [1, 90], curves))
    assert one == (
        "Replacing the gene that attribution ranks first takes 20 % of what replacing all genes "
        "takes; the one that DE ranks first takes 10 %, 1 random gene 0.0 %."
    )


def test_what_is_missing_is_left_out_of_the_sentence(store):
    nan = float("nan")
    found = sentence(with_deletion(store, [50], [[-0.02], [nan], [0.03]]))
    assert found == (
        "Replacing the 50 genes that attribution ranks first takes −2.0 % of what replacing all "
        "genes takes; 50 random genes 3.0 %."
    )
    found = sentence(with_deletion(store, [50], [[1.04], [nan], [nan]]))
    assert found.endswith("takes 104 % of what replacing all genes takes.")
    assert "is not known" in sentence(with_deletion(store, [50], [[nan], [0.1], [0.1]]))


def test_curves_are_the_numbers_of_the_store(store):
    curves = read_curves(store, 0, "neighbours", "deletion")
    assert curves.n_replaced == [1, 2, 5, 10, 20, 50, 57]
    assert [curve.name for curve in curves.curves] == ["attribution", "DE", "random"]
    values = store.array(f"{FOLDER}/deletion_high")[0, 2]
    assert curves.find("random").high == pytest.approx(values.tolist())
    insertion = read_curves(store, 0, "neighbours", "insertion")
    assert insertion.is_known
    assert set(insertion.find("random").high) == {None}


def test_a_ranking_this_version_does_not_know_keeps_its_name(store):
    info = replace(store.manifest.faithfulness[0], rankings=["attribution", "oracle", "random"])
    variant = with_arrays(store, {})
    variant.manifest = replace(store.manifest, faithfulness=[info])
    assert read_curves(variant, 0, "neighbours", "deletion").curves[1].name == "oracle"
    assert "DE" not in sentence(variant)


def test_grades_are_letters(store):
    found = [read_grade(store, concept, "neighbours") for concept in range(6)]
    assert found == ["A", "A", "B", "D", None, "C"]
    assert list_grades(store, 3) == {"neighbours": "D", "random_matched": "C"}


def test_the_card_has_the_numbers_of_the_store(store):
    card = describe_faithfulness(store, 0, "neighbours")
    assert (card.grade, card.reason) == ("A", "Nothing holds it back.")
    assert card.rule.startswith("A: its first genes take more")
    found = {fact.name: fact.value for fact in card.facts}
    assert found == {
        "Held out": "30 · new donors",
        "Full drop": "2.50",
        "Completeness": "0.95",
        "Exact, top genes": "0.99 · 100 %",
        "Exact, random": "0.70 · 80 %",
        "Halves of cells": "0.90",
        "Halves of donors": "0.80",
        "Top 20 genes": "70 %",
        "Match rate": "98 %",
        "Distance": "0.60",
        "In support": "95 %",
        "Inactive": "95 %",
    }
    assert all(len(fact.definition) > 30 for fact in card.facts)


def test_missing_numbers_are_dashes(store):
    facts = {f.name: f.value for f in describe_faithfulness(store, 5, "neighbours").facts}
    assert facts["Held out"] == "80 · same donors"
    assert facts["Halves of donors"] == MISSING
    card = describe_faithfulness(store, 4, "neighbours")
    assert card.grade is None
    assert {fact.value for fact in card.facts} == {MISSING}
    assert not read_curves(store, 4, "neighbours", "deletion").is_known


def test_why_there_is_no_card(store, old_store, plain_store):
    assert "without their model" in why_no_card(plain_store, 0, None)
    assert "holds no faithfulness cards" in why_no_card(old_store, 0, "neighbours")
    only = replace(store.manifest, faithfulness=store.manifest.faithfulness[:1])
    variant = with_arrays(store, {})
    variant.manifest = only
    assert why_no_card(variant, 0, "random_matched") == (
        "Faithfulness was not measured for this counterfactual; it was for: Nearest inactive cells."
    )
    assert why_no_card(store, 4, "neighbours").startswith("Not graded: 6 cells")


def test_a_store_without_cards_has_no_grade(old_store):
    assert list_grades(old_store, 0) == {}
    assert summarise_grade(old_store, 0, "neighbours") is None
    with pytest.raises(KeyError):
        describe_faithfulness(old_store, 0, "neighbours")
    with pytest.raises(KeyError):
        read_curves(old_store, 0, "neighbours", "deletion")
