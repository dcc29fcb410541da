"""The panes below the map: what their callbacks answer, and when they do not."""

from __future__ import annotations

import pytest
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.concept_table import concept_table
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.workspace import evidence
from scconcepts_app.views.redundancy import ALL
from tests.unit.app.panes import SHOWN, message, words

OUTPUTS = [
    (f"{ids.FAITHFULNESS}.figure", ["deletion"]),
    (f"{ids.FAITHFULNESS_CAPTION}.children", []),
    (f"{ids.COMPARISON}.figure", []),
    (f"{ids.COMPARISON_LEAD}.children", []),
    (f"{ids.VOLCANO}.figure", []),
    (f"{ids.VOLCANO_CAPTION}.children", []),
    (f"{ids.CELL}.figure", [None]),
    (f"{ids.CELL_LEAD}.children", [None]),
    (f"{ids.CELL_CHOICE}.options", [None]),
    (f"{ids.PATHWAYS}.figure", ["prerank_presence", "", ALL]),
    (f"{ids.PATHWAY_TABLE}.rowData", ["prerank_presence", "", ALL]),
    (f"{ids.ASSOCIATION}.figure", ["cell_type", "f1"]),
]


@pytest.mark.parametrize(("output", "choices"), OUTPUTS)
def test_what_was_never_in_sight_is_not_computed(answer, output, choices):
    for data in (None, {**SHOWN, "concept": "none"}, {**SHOWN, "attribution": "of another store"}):
        with pytest.raises(PreventUpdate):
            answer(output, data, *choices)


def test_the_plot_of_gene_sets_is_not_drawn_under_the_table(answer):
    with pytest.raises(PreventUpdate):
        answer(f"{ids.PATHWAYS}.figure", {**SHOWN, "tab": "table"}, "prerank_presence", "", ALL)


def test_faithfulness_tells_grade_reason_numbers_and_sentence(answer):
    head, side, caption = answer(f"{ids.FAITHFULNESS_CAPTION}.children", SHOWN)
    assert words(head) == "A Nothing holds it back."
    assert head[0].title.startswith("Grade A. A: its first genes take more")
    assert "Completeness 0.95" in words(side)
    assert caption.startswith("Replacing the 50 genes that attribution ranks first takes 100 %")
    figure = answer(f"{ids.FAITHFULNESS}.figure", SHOWN, "deletion")
    assert figure.layout.meta == "c0001"
    assert "attribution" in {trace.name for trace in figure.data}


def test_faithfulness_follows_the_counterfactual(answer):
    head, *_ = answer(
        f"{ids.FAITHFULNESS_CAPTION}.children", {**SHOWN, "attribution": "random_matched"}
    )
    assert head[0].children == "B"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"concept": "c0005"}, "There are no curves"),
        ({"store": "old"}, "holds no faithfulness cards"),
        ({"store": "plain", "attribution": ""}, "without their model"),
    ],
)
def test_faithfulness_says_why_there_are_no_curves(answer, change, text):
    figure = answer(f"{ids.FAITHFULNESS}.figure", {**SHOWN, **change}, "deletion")
    assert text in message(figure)


def test_an_ungraded_concept_keeps_its_reason(answer):
    head, side, caption = answer(
        f"{ids.FAITHFULNESS_CAPTION}.children", {**SHOWN, "concept": "c0005"}
    )
    assert words(head).startswith("– Not graded")
    assert head[0].title.startswith("Not graded. A:")
    assert "is not known" in caption


def test_the_comparison_tells_sentence_numbers_and_rule(answer):
    sentence, facts, caption = answer(f"{ids.COMPARISON_LEAD}.children", SHOWN)
    assert "of the top 20 genes by attribution are also among the top 20 by DE" in sentence
    assert words(facts).startswith("Top 20 7 shared")
    assert "effect by presence and z, each in falling order" in caption
    assert "neither promises better markers" in caption


@pytest.mark.parametrize("output", [f"{ids.COMPARISON}.figure", f"{ids.VOLCANO}.figure"])
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"store": "silent"}, "active in no cell"),
        ({"differential": ""}, "No gene was tested for this concept."),
    ],
)
def test_without_genes_to_compare_it_is_said(answer, output, change, text):
    assert text in message(answer(output, {**SHOWN, **change}))


def test_a_store_without_attribution_still_has_its_volcano(answer):
    now = {**SHOWN, "store": "plain", "attribution": ""}
    assert "without their model" in message(answer(f"{ids.COMPARISON}.figure", now))
    assert len(answer(f"{ids.VOLCANO}.figure", now).data[0].x) == 57
    assert "In colour" not in answer(f"{ids.VOLCANO_CAPTION}.children", now)


def test_the_caption_of_the_volcano_counts(answer):
    caption = answer(f"{ids.VOLCANO_CAPTION}.children", SHOWN)
    assert caption.startswith("5 of 57 genes have q ≤ 0.05")
    assert "first 20 genes of attribution" in caption


def test_cells_are_offered_and_a_choice_that_is_still_there_is_kept(answer):
    options, value = answer(f"{ids.CELL_CHOICE}.options", SHOWN, None)
    assert [option["value"] for option in options] == ["22", "2", "37"]
    assert value == "22"
    assert answer(f"{ids.CELL_CHOICE}.options", SHOWN, "37")[1] == "37"
    assert answer(f"{ids.CELL_CHOICE}.options", SHOWN, "999")[1] == "22"
    assert answer(f"{ids.CELL_CHOICE}.options", {**SHOWN, "store": "old"}, "22") == ([], None)


def test_another_cell_has_other_numbers(answer):
    first, second = (answer(f"{ids.CELL}.figure", SHOWN, cell) for cell in ("22", "2"))
    assert list(first.data[0].x) != list(second.data[0].x)
    assert (first.layout.meta, second.layout.meta) == ("c0001 22", "c0001 2")
    sentence, caption = answer(f"{ids.CELL_LEAD}.children", SHOWN, "2")
    assert sentence.startswith("Replacing all genes of this cell takes")
    assert "noisier" in caption


def test_without_cells_it_is_said(answer):
    figure = answer(f"{ids.CELL}.figure", {**SHOWN, "attribution": "random_matched"}, None)
    assert "were not explained with this counterfactual" in message(figure)
    assert answer(f"{ids.CELL_LEAD}.children", {**SHOWN, "store": "old"}, None) == ("", "")


def test_a_store_with_cards_begins_with_them(store, plain_store):
    assert getattr(evidence.panel(OpenedStore("a", store)), "data-tab") == "faithfulness"
    assert getattr(evidence.panel(OpenedStore("b", plain_store)), "data-tab") == "pathways"


def test_the_column_of_grades_is_there_with_cards_only():
    def columns(with_grades: bool) -> set[str]:
        return {
            c.get("colId", c.get("field")) for c in concept_table([], None, with_grades).columnDefs
        }

    assert columns(True) - columns(False) == {"grade"}


def test_tests_by_donor_take_the_place_of_bars(answer):
    shown = {**SHOWN, "tab": "annotations", "concept": "c0006"}
    figure = answer(f"{ids.ASSOCIATION}.figure", shown, "condition", "donors")
    assert figure.layout.xaxis.title.text.startswith("effect in s.d.")
    told = answer(f"{ids.ASSOCIATION_CAPTION}.children", shown, "condition", "donors")
    assert told.startswith("c0006: 5 of 5 tests")
    assert answer(f"{ids.ASSOCIATION_CAPTION}.children", shown, "condition", "f1") == ""
    numbers = answer(f"{ids.ASSOCIATION}.figure", shown, "(numeric columns)", "donors")
    assert numbers.layout.xaxis.title.text.startswith("correlation within donors")


def test_a_store_without_tests_by_donor_shows_bars(answer):
    shown = {**SHOWN, "store": "untested", "tab": "annotations", "concept": "c0006"}
    figure = answer(f"{ids.ASSOCIATION}.figure", shown, "condition", "donors")
    assert figure.data[0].type == "bar"


def test_columns_of_another_store_are_not_tested(answer):
    with pytest.raises(PreventUpdate):
        answer(f"{ids.ASSOCIATION}.figure", SHOWN, "zzz", "donors")
