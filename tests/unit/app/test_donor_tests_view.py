"""Tests with the donor as the replicate: rows, reasons, words and figure."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.figures.donor_tests import draw_donor_tests
from scconcepts_app.store import ConceptStore
from scconcepts_app.views.donor_tests import (
    find_donor_test,
    has_donor_tests,
    list_donor_tests,
    list_number_tests,
    say_test,
    say_tests,
)
from tests.conftest import ROOT
from tests.store_factory import CELL_TYPES
from tests.store_factory_association import UNTESTED_TYPE
from tests.unit.app.conftest import with_arrays

DESIGN = "association/tests/design"


def as_design(store, code: int) -> ConceptStore:
    """The store in which no test could be made, for the reason `code`."""
    names = ("p", "q", "standard_error")
    unknown = {
        f"association/tests/{n}": store.array(f"association/tests/{n}") * np.nan for n in names
    }
    return with_arrays(store, {DESIGN: store.array(DESIGN) * 0 + code, **unknown})


def test_a_concept_goes_with_its_cell_type(store):
    tests = list_donor_tests(store, 2, "cell_type")
    assert [test.name for test in tests][0] == CELL_TYPES[2]
    assert len(tests) == 5
    first = tests[0]
    assert (first.effect, first.q, first.n_donors) == (1.5, 4e-4, 4)
    assert first.margin == pytest.approx(0.196)
    assert say_test(first) == "+1.50 s.d., q 4.0e-04, 4 donors, paired"
    assert say_tests(tests, "c0003").startswith("c0003: 1 of 5 tests have q ≤ 0.05")


def test_a_condition_is_one_test_in_all_cells_and_one_in_each_cell_type(store):
    tests = list_donor_tests(store, 5, "condition")
    assert tests[0].title == "stimulated against control" and tests[0].within == ""
    assert sorted(test.title for test in tests[1:]) == sorted(f"in {name}" for name in CELL_TYPES)
    untested = next(test for test in tests if test.within == CELL_TYPES[UNTESTED_TYPE])
    assert untested.p is None and not untested.is_tested
    assert untested.reason == "not testable: too few donors (2 with it, 2 without)"
    assert say_tests(tests, "c0006").startswith("c0006: 5 of 5 tests")


def test_either_category_can_be_asked_for(store):
    assert find_donor_test(store, 5, "condition", "stimulated").effect == 1.5
    assert find_donor_test(store, 5, "condition", "control").effect == -1.5
    assert find_donor_test(store, 5, "condition", "nonsense") is None
    assert find_donor_test(store, 5, "nonsense", "control") is None


def test_numbers_are_correlations(store):
    (test,) = list_number_tests(store, 0)
    assert (test.name, test.design, test.donors) == ("percent_mito", "correlation", "4 donors")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, "Not tested: these data name no donor. Effects are those of the pooled cells"),
        (5, "Not tested: the donor is the replicate. Effects"),
    ],
)
def test_what_was_not_tested_says_why(store, code, words):
    tests = list_donor_tests(as_design(store, code), 0, "cell_type")
    assert say_tests(tests, "c0001").startswith(words)
    assert say_test(tests[0]) == ""
    assert tests[0].effect is not None


def test_a_concept_that_does_not_vary_says_so(store):
    flat = {"association/tests/p": store.array("association/tests/p") * np.nan}
    test = list_donor_tests(with_arrays(store, flat), 0, "cell_type")[0]
    assert test.reason == "not testable: it does not vary between donors"


def test_a_store_of_an_earlier_release_holds_none():
    old = ConceptStore.open(ROOT / "tests/data/stores/v3")
    assert not has_donor_tests(old)
    assert list_number_tests(old, 0) == [] and find_donor_test(old, 0, "condition", "x") is None
    with pytest.raises(KeyError):
        list_donor_tests(old, 0, "cell_type")


@pytest.mark.parametrize("key", ["percent", "nonsense"])
def test_a_column_that_is_not_there_is_an_error(store, key):
    with pytest.raises(KeyError):
        list_donor_tests(store, 0, key)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_figure_fills_what_was_found_and_tells_q_and_donors(store, theme):
    tests = list_donor_tests(store, 5, "condition")
    figure = draw_donor_tests(tests, theme)
    (trace,) = figure.data
    assert list(trace.x) == [test.effect for test in tests]
    found = [test.q is not None for test in tests]
    assert list(trace.marker.symbol) == ["circle" if f else "circle-open" for f in found]
    texts = [note.text for note in figure.layout.annotations]
    assert texts[:4] == ["q", "donors", "4.0e-04", "4"]
    assert texts.count("—") == 2
    assert any("too few donors" in text for text in trace.hovertext)


def test_many_tests_are_cut_and_said_so(store):
    tests = list_donor_tests(store, 0, "cell_type") * 4
    figure = draw_donor_tests(tests, "light")
    assert len(figure.data[0].x) == 14
    assert figure.layout.xaxis.title.text.endswith("14 of 20")
