"""A concept in plain words: each sentence stands on a number of the store, or is left out."""

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.association import list_categories
from scconcepts_app.views.numbers import format_share
from scconcepts_app.views.summary import count_donors, write_summary
from tests.conftest import ROOT
from tests.unit.app.conftest import with_arrays


def test_donors_are_those_of_active_cells(store):
    cells = store.activations.rows(5)["cell"]
    codes = np.asarray(store.array("obs/donor/codes"))
    found = len(set(codes[cells].tolist()))
    assert count_donors(store, 5) == (found, 4)
    one = with_arrays(store, {"obs/donor/codes": np.zeros(store.n_cells, np.int32)})
    assert count_donors(one, 5) == (1, 4)
    assert "in 1 of 4 donors." in write_summary(one, 5)
    assert count_donors(with_arrays(store, {"obs/donor/codes": codes * 0 - 1}), 5) == (0, 4)


def test_a_condition_is_told_where_its_share_is_unusual(store):
    stim = next(r for r in list_categories(store, 5, "condition") if r.share and r.share > 0.9)
    sentence = (
        f"{format_share(stim.share)} of its cells are {stim.category} "
        f"({format_share(stim.usual)} of all; by donor +1.50 s.d., q 4.0e-04, 4 donors, paired)."
    )
    assert sentence in write_summary(store, 5)
    # B cells are stimulated about as often as others.
    assert "of its cells are" not in write_summary(store, 0)


def test_a_condition_that_was_not_tested_by_donor_is_told_by_its_share():
    old = ConceptStore.open(ROOT / "tests/data/stores/v3")
    assert "of its cells are stimulated" in write_summary(old, 5)
    assert "by donor" not in write_summary(old, 5)


def test_trust_is_that_of_the_chosen_attribution(store):
    assert "Replacing its first 50 genes takes" in write_summary(store, 0)
    assert "(grade A)." in write_summary(store, 0)
    assert "(grade B)." in write_summary(store, 0, "random_matched")
    assert "grade" not in write_summary(store, 4)  # not graded


def test_a_store_of_the_first_version_is_told_without_trust():
    old = ConceptStore.open(ROOT / "tests/data/stores/v1")
    assert "grade" not in write_summary(old, 0)
    assert write_summary(old, 0).startswith("Active in ")


@pytest.mark.parametrize("q", [0.5, None])
def test_a_gene_set_that_is_not_significant_is_left_out(store, q):
    text = '{"gene_set": {"name": "X", "q": ' + ("null" if q is None else str(q)) + "}}"
    data = np.frombuffer(text.encode() * 6, np.uint8)
    offsets = np.arange(7, dtype=np.int64) * len(text)
    changed = {"concepts/evidence/utf8": data, "concepts/evidence/offsets": offsets}
    assert "First gene set" not in write_summary(with_arrays(store, changed), 0)


def test_genes_by_presence_and_by_absence(store):
    text = '{"genes": ["CD8A"], "absence_genes": ["ISG15", "MX1"]}'
    data = np.frombuffer(text.encode() * 6, np.uint8)
    offsets = np.arange(7, dtype=np.int64) * len(text)
    changed = {"concepts/evidence/utf8": data, "concepts/evidence/offsets": offsets}
    found = write_summary(with_arrays(store, changed), 0)
    assert "Raised most by CD8A, and by the absence of ISG15, MX1." in found
