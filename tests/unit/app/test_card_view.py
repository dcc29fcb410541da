"""The head of a concept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.card import describe_concept
from scconcepts_app.views.numbers import MISSING
from tests.conftest import ROOT
from tests.unit.app.conftest import with_arrays


def facts(card) -> dict[str, str]:
    return {fact.name: fact.value for fact in card.facts}


def test_the_summary_tells_cells_cell_type_and_genes(store):
    card = describe_concept(store, 0)
    n_active = len(store.activations.rows(0)["cell"])
    assert card.summary.startswith(f"Active in {n_active} of 300 cells (14 %), in all 4 donors.")
    assert "Goes best with B cell (F1 0.86; 100 % of its active cells)." in card.summary
    assert "Raised most by CD79A, MS4A1, CD79B, CD74, HLA-DRA." in card.summary


def test_a_weak_cell_type_is_not_claimed(store):
    assert "No cell type stands out" in describe_concept(store, 5).summary


def test_facts_are_the_numbers_of_the_store(store):
    values = np.asarray(store.activations.rows(2)["value"])
    found = facts(describe_concept(store, 2))
    assert found["Activation"] == f"{np.median(values):.2f} (max {values.max():.2f})"
    # .98 to .55 in six steps, and .05 to either side.
    assert found["Stability"] == "0.81 (0.76 to 0.86)"
    assert found["Seeds"] == "5 of 5"
    assert found["Match rate"] == "98 %"


def test_the_grade_is_that_of_the_attribution(store, old_store):
    assert facts(describe_concept(store, 2))["Faithfulness"] == "B"
    assert facts(describe_concept(store, 0, "random_matched"))["Faithfulness"] == "B"
    assert facts(describe_concept(store, 4))["Faithfulness"] == "not graded"
    assert "Faithfulness" not in facts(describe_concept(old_store, 2))


def test_the_grade_explains_itself(store):
    fact = describe_concept(store, 3).facts[0]
    assert (fact.name, fact.value) == ("Faithfulness", "D")
    assert "Nearest inactive cells" in fact.definition
    assert "takes hardly more than replacing genes in random order" in fact.definition
    assert "D: not better than random order." in fact.definition


def test_every_number_has_its_definition(store):
    assert all(fact.definition for fact in describe_concept(store, 0).facts)


def test_neighbours_end_at_the_ends(store):
    assert describe_concept(store, 0).previous is None
    assert describe_concept(store, 0).following == "c0002"
    assert describe_concept(store, 5).following is None


def test_kin_are_linked_both_ways_and_untold_where_unknown(store):
    kin = {fact.name: fact for fact in describe_concept(store, 5).facts}
    assert [(link.id, link.label) for link in kin["Part of"].links] == [("c0001", "B cell")]
    assert "Splits into" not in kin
    kin = {fact.name: fact for fact in describe_concept(store, 0).facts}
    assert [link.id for link in kin["Splits into"].links] == ["c0006"]
    assert "Part of" not in kin
    old = facts(describe_concept(ConceptStore.open(ROOT / "tests/data/stores/v2"), 5))
    assert not {"Part of", "Splits into"} & set(old)
    assert old["Stability"] == "0.55"


def test_a_concept_without_cells_says_so(silent_store):
    card = describe_concept(silent_store, 0)
    assert card.summary.startswith("Active in no cell")
    assert facts(card)["Stability"] == MISSING
    assert facts(card)["Activation"] == f"{MISSING} (max {MISSING})"


def test_flags_carry_their_meaning(store):
    (flag,) = describe_concept(store, 5).flags
    assert flag.name == "unstable"
    assert "hint" in flag.meaning
    (flag,) = describe_concept(store, 3).flags
    assert flag.name == "attribution not faithful"
    assert "Grade D" in flag.meaning


@pytest.mark.parametrize("text", ["", "[]", "not json", "3"])
def test_unreadable_evidence_is_left_out(store, text):
    data = text.encode()
    offsets = np.array([0] + [len(data)] * 6)
    arrays = {
        "concepts/evidence/offsets": offsets,
        "concepts/evidence/utf8": np.frombuffer(data, np.uint8),
    }
    assert describe_concept(with_arrays(store, arrays), 0).evidence == []


def with_evidence(store, evidence: dict) -> ConceptStore:
    text = json.dumps(evidence).encode()
    offsets = np.arange(store.n_concepts + 1, dtype=np.int64) * len(text)
    data = np.frombuffer(text * store.n_concepts, np.uint8)
    changed = {"concepts/evidence/utf8": data, "concepts/evidence/offsets": offsets}
    return with_arrays(store, changed)


def test_evidence_tells_identifier_donors_and_direction(store):
    cell_type = {"name": "B cell", "ontology": "CL:0000236", "f1": 0.9}
    tested = {"effect": 1.25, "q": 0.001, "n_donors": 6}
    evidence = {
        "cell_type": cell_type | tested,
        "direction": {"by": "absence", "share": 0.8},
        "genes": ["A", "B"],
        "technical": ["cell_cycle"],
    }
    card = describe_concept(with_evidence(store, evidence), 0)
    assert card.evidence == [
        "Cell type B cell (CL:0000236): F1 0.90; by donor 1.25 s.d., q 1.0e-03, 6 donors.",
        "Raised by the presence of A, B.",
        "80 % of what raises it is absence of genes.",
        "Technical warning: cell cycle.",
    ]
    assert card.link.words == "CL:0000236"
    stim = {"condition": {"name": "stim", "share": 0.9}}
    untested = describe_concept(with_evidence(store, stim), 0).evidence
    assert untested == ["Condition stim: share 0.90; of cells alone, not tested by donor."]
    told = describe_concept(with_evidence(store, {"condition": stim["condition"] | tested}), 0)
    assert "alone" not in told.evidence[0] and "6 donors" in told.evidence[0]


@pytest.mark.parametrize("evidence", [{}, {"cell_type": {"name": "B", "ontology": "javascript:1"}}])
def test_without_an_identifier_there_is_no_link(store, evidence):
    assert describe_concept(with_evidence(store, evidence), 0).link is None
