"""The proposed label: each part from its own evidence, left out where that is weak."""

import json

import numpy as np
import pytest

from precompute.association import Association
from precompute.donor_tests import FEW_DONORS, PAIRED, DonorTests
from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.results import Enrichment
from precompute.naming import Grounds, ProposedLabel, propose_label
from precompute.obs import Column, Obs

KINDS = ["B cell", "T cell"]
CONDITIONS = ["control", "stimulated"]
SETS = MatchedSets(
    (), np.zeros(2, int), ["HALLMARK_E2F_TARGETS", "T cell (R-HSA-1)"], ["", ""], [np.arange(3)] * 2
)
ALTERNATING = np.arange(100) % 2
NO_FLAGS = (
    "library_size",
    "mitochondrial",
    "ribosomal",
    "cell_cycle",
    "one_batch",
    "one_donor",
    "donor_driven",
)


def propose(
    f1=(0.1, 0.2),
    lift=(0.5, 0.5),
    q=(0.5, 0.6),
    statistic=(2.0, 1.0),
    genes=(),
    absent=(),
    technical=(),
    stimulated=ALTERNATING,
    tests=None,
    ontology=None,
    presence_share=None,
) -> ProposedLabel:
    """The label of the second of two concepts; the first one's numbers would change it."""
    obs = Obs(
        [
            Column("kind", "kind", "cell_type", KINDS, ALTERNATING),
            Column("arm", "arm", "condition", CONDITIONS, np.asarray(stimulated, np.int32)),
        ],
        (),
    )
    levels = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
    f1 = np.array([[0.9, 0.9, 0, 0], [*f1, 0.3, 0.3]])
    share = np.array([[0, 0, 1.0, 0], [0.5, 0.5, *lift]])
    association = Association(levels, f1, f1, share, np.empty(0, int), np.empty((2, 0)))
    order = np.argsort(q)
    table = Enrichment(
        gene_set=order,
        statistic=np.array(statistic)[order],
        p=np.array(q)[order],
        q=np.array(q)[order],
        size=np.array([3, 3]),
        leading=[np.arange(1)] * 2,
    )
    flags = {name: np.array([True, name in technical]) for name in NO_FLAGS}
    grounds = Grounds(association, obs, flags, "prerank", SETS, tests, ontology or {})
    return propose_label(1, grounds, genes, absent, table, presence_share)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "Unnamed"),
        ({"genes": ["A", "B", "C", "D"]}, "A, B, C"),
        ({"f1": (0.1, 0.5)}, "T cell"),
        ({"f1": (0.1, 0.49)}, "Unnamed"),
        ({"f1": (0.7, 0.6), "genes": ["A"]}, "B cell"),
        ({"lift": (0.2, 0.8)}, "stimulated"),
        ({"lift": (0.21, 0.79)}, "Unnamed"),
        ({"q": (0.04, 0.5)}, "E2F targets"),
        ({"q": (0.06, 0.05)}, "Unnamed"),
        ({"q": (0.5, 0.001), "genes": ["A"]}, "T cell"),
        ({"f1": (0.1, 0.9), "q": (0.5, 0.001)}, "T cell"),  # its own gene set says no more
        ({"f1": (0.9, 0.1), "q": (0.5, 0.001)}, "B cell · T cell"),
        ({"q": (0.001, 0.5), "statistic": (-2.0, 1.0)}, "Unnamed"),
        ({"q": (0.001, 0.01), "statistic": (-2.0, 1.0)}, "T cell"),
        ({"lift": (0.0, 1.0), "genes": ["A"]}, "stimulated · A"),
        ({"technical": ["library_size"]}, "Technical: library size"),
        (
            {"technical": ["mitochondrial", "one_donor"], "genes": ["A"]},
            "Technical: mitochondrial, one donor · A",
        ),
        (
            {"f1": (0.1, 0.9), "lift": (0.0, 1.0), "q": (0.01, 0.5)},
            "T cell · stimulated · E2F targets",
        ),
    ],
)
def test_label(given, text):
    assert propose(**given).text == text


def test_evidence_holds_the_numbers():
    label = propose(f1=(0.1, 0.9), lift=(0, 1), q=(0.01, 0.5), genes=list("ABCDEFGHIJKL"))
    evidence = label.to_dict()
    assert evidence["cell_type"] == {
        "name": "T cell",
        "obs": "kind",
        "f1": 0.9,
        "auroc": 0.9,
        "share": 0.5,
    }
    assert evidence["condition"]["name"] == "stimulated"
    assert evidence["gene_set"] == {
        "name": "HALLMARK_E2F_TARGETS",
        "enrichment": "prerank",
        "statistic": 2.0,
        "q": 0.01,
    }
    assert evidence["genes"] == list("ABCDEFGHIJ")
    assert json.loads(json.dumps(evidence)) == evidence


def test_absence_is_kept_apart_and_names_nothing():
    label = propose(absent=["ISG15", "IFI6"])
    assert label.text == "Unnamed"
    assert label.evidence.absence_genes == ["ISG15", "IFI6"] and label.evidence.genes == []


def test_a_condition_that_all_cells_share_says_nothing():
    assert propose(lift=(1.0, 0.0), stimulated=np.zeros(100)).text == "Unnamed"


def test_cells_of_unknown_condition_do_not_make_a_condition_rare():
    arms = np.full(100, -1)
    arms[:20], arms[20:40] = 0, 1  # half of the known cells each, as among the active ones
    assert propose(lift=(0.5, 0.5), stimulated=arms).text == "Unnamed"


def test_without_columns_and_sets_only_genes_are_left():
    nothing = Association(
        np.empty((0, 2), int), *(np.empty((1, 0)) for _ in range(3)), np.empty(0), np.empty((1, 0))
    )
    flags = {name: np.array([False]) for name in NO_FLAGS}
    grounds = Grounds(nothing, Obs([], ()), flags, "", None)
    label = propose_label(0, grounds, ["A", "B"], [], None)
    assert label.text == "A, B"


def by_donor(q: float, effect: float, design: int = PAIRED) -> DonorTests:
    """The test of "stimulated" in both concepts, of which the first finds the contrary."""
    numbers = {"effect": [[-effect], [effect]], "q": [[1 - q], [q]]}
    arrays = {name: np.array(values) for name, values in numbers.items()}
    unknown = np.full((2, 1), np.nan)
    return DonorTests(
        column=np.array([1]),
        code=np.array([1]),
        within=np.array([-1]),
        design=np.array([design]),
        n_donors=np.array([6]),
        n_others=np.array([0]),
        standard_error=unknown,
        p=unknown,
        **arrays,
    )


@pytest.mark.parametrize(
    ("tests", "text"),
    [
        (None, "stimulated"),
        (by_donor(0.01, 1.0), "stimulated"),
        (by_donor(0.06, 1.0), "Unnamed"),
        (by_donor(0.01, -1.0), "Unnamed"),
        (by_donor(np.nan, 1.0, FEW_DONORS), "stimulated"),
    ],
)
def test_donors_that_can_be_compared_must_agree_on_a_condition(tests, text):
    assert propose(lift=(0.0, 1.0), tests=tests).text == text


def test_evidence_holds_the_test_by_donor():
    found = propose(lift=(0.0, 1.0), tests=by_donor(0.01, 1.25)).evidence.condition
    assert (found["effect"], found["q"], found["n_donors"]) == (1.25, 0.01, 6)
    untested = propose(lift=(0.0, 1.0), tests=by_donor(np.nan, 1.0, FEW_DONORS))
    assert "q" not in untested.evidence.condition


def test_a_cell_type_has_its_identifier_where_it_is_known():
    label = propose(f1=(0.1, 0.9), ontology={"T cell": "CL:0000084"})
    assert label.evidence.cell_type["ontology"] == "CL:0000084"
    assert "ontology" not in propose(f1=(0.9, 0.1), ontology={"T cell": "x"}).evidence.cell_type


def test_what_is_absent_stands_in_where_absence_raises_the_concept():
    genes = {"genes": ["A"], "absent": ["ISG15", "IFI6", "MX1", "MX2"]}
    label = propose(**genes, presence_share=0.2)
    assert label.text == "without ISG15, IFI6, MX1"
    assert label.evidence.direction == {"by": "absence", "share": 0.8}
    assert propose(**genes, presence_share=0.6).text == "A"
    assert propose(**genes).evidence.direction == {}


@pytest.mark.parametrize("name", ["ribosomal", "cell_cycle", "donor_driven", "library_size"])
def test_every_technical_warning_is_named(name):
    assert propose(technical=[name]).text == "Technical: " + name.replace("_", " ")
