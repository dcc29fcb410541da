"""The panes below the map: what their callbacks answer, and when they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.concept_table import concept_table
from scconcepts_app.components.pathway_table import SWAP_COLUMNS
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.pages.workspace import evidence
from scconcepts_app.server import create_app
from scconcepts_app.settings import Settings
from scconcepts_app.store import ConceptStore
from scconcepts_app.views.rankings import RANKINGS
from scconcepts_app.views.set_swap import SET_SWAP
from tests.conftest import ROOT

SHOWN = {
    "tab": "faithfulness",
    "store": "fixture",
    "concept": "c0001",
    "attribution": "neighbours",
    "differential": "inactive",
    "statistic": "z",
    "theme": "light",
}


@pytest.fixture(scope="module")
def answer(store, plain_store, silent_store, old_store, tmp_path_factory):
    """Calls the callback that has an output of this component, outside of a browser."""
    folder = tmp_path_factory.mktemp("panes")
    settings = Settings(annotations_url=f"sqlite:///{folder / 'l.sqlite3'}", cache_dir=folder)
    stores = {"fixture": store, "plain": plain_store, "silent": silent_store, "old": old_store}
    stores["untested"] = ConceptStore.open(ROOT / "tests/data/stores/v3")
    app = create_app(Library(list(stores.items())), settings)

    def call(output: str, *values):
        found = [k for k in app.callback_map if output in k.strip(".").split("...")]
        return app.callback_map[found[0]]["callback"].__wrapped__(*values)

    return call


def words(component) -> str:
    if isinstance(component, (list, tuple)):
        return " ".join(words(child) for child in component)
    return component if isinstance(component, str) else words(component.children or "")


def message(figure) -> str:
    (note,) = figure.layout.annotations
    return note.text.replace("<br>", " ")


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
    (f"{ids.PATHWAYS}.figure", ["prerank_presence", ""]),
    (f"{ids.PATHWAY_TABLE}.rowData", ["prerank_presence", ""]),
    (f"{ids.ASSOCIATION}.figure", ["cell_type", "f1"]),
]


@pytest.mark.parametrize(("output", "choices"), OUTPUTS)
def test_what_was_never_in_sight_is_not_computed(answer, output, choices):
    for data in (None, {**SHOWN, "concept": "none"}, {**SHOWN, "attribution": "of another store"}):
        with pytest.raises(PreventUpdate):
            answer(output, data, *choices)


def test_the_plot_of_gene_sets_is_not_drawn_under_the_table(answer):
    with pytest.raises(PreventUpdate):
        answer(f"{ids.PATHWAYS}.figure", {**SHOWN, "tab": "table"}, "prerank_presence", "")


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


def test_a_set_swap_has_its_own_plot_columns_and_filter(answer):
    now = {**SHOWN, "tab": "pathways"}
    figure = answer(f"{ids.PATHWAYS}.figure", now, SET_SWAP, "")
    assert "used and DE" in {trace.name for trace in figure.data}
    rows, columns, caption, hidden = answer(f"{ids.PATHWAY_TABLE}.rowData", now, SET_SWAP, "")
    assert columns is SWAP_COLUMNS and hidden is False
    assert rows[0]["quadrant"] == "used and differential"
    assert rows[0]["share"] == pytest.approx(0.56)
    assert caption.startswith("c0001: 2 of 6 listed gene sets have q ≤ 0.05. Ticks: random sets")
    assert caption.endswith("▾: less expressed than in the counterfactual (absence).")
    rows, *_ = answer(f"{ids.PATHWAY_TABLE}.rowData", now, SET_SWAP, "neither")
    assert {row["quadrant"] for row in rows} == {"neither"} and len(rows) == 2


def test_other_tests_have_no_filter(answer):
    now = {**SHOWN, "tab": "table"}
    rows, columns, caption, hidden = answer(
        f"{ids.PATHWAY_TABLE}.rowData", now, "prerank_presence", "neither"
    )
    assert len(rows) == 6 and hidden is True
    assert columns[1]["field"] == "statistic"
    assert caption == "c0001: 1 of 6 listed gene sets have q ≤ 0.05."


@pytest.mark.parametrize(
    ("change", "key", "quadrant", "text"),
    [
        ({"attribution": "random_matched"}, SET_SWAP, "", "they were for: Nearest inactive cells"),
        ({"store": "silent"}, SET_SWAP, "", "it was not attributed"),
        ({"store": "silent"}, "prerank_presence", "", "active in no cell"),
        ({"store": "plain", "attribution": ""}, "", "", "holds no test of gene sets"),
    ],
)
def test_without_gene_sets_it_is_said(answer, change, key, quadrant, text):
    now = {**SHOWN, "tab": "pathways", **change}
    assert text in message(answer(f"{ids.PATHWAYS}.figure", now, key, quadrant))


def test_an_empty_quadrant_says_so(answer, store, monkeypatch):
    from scconcepts_app.pages.workspace import pathways

    monkeypatch.setattr(pathways, "keep_quadrant", lambda t, q: replace(t, rows=[]) if q else t)
    now = {**SHOWN, "tab": "pathways"}
    figure = answer(f"{ids.PATHWAYS}.figure", now, SET_SWAP, "used only")
    assert message(figure) == "No gene set is used only."


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


def in_set(**changes) -> dict:
    return {**SHOWN, "tab": "set", "concept": "c0002", **changes}


@pytest.mark.parametrize("key", ["prerank_presence", "overrepresentation_presence", SET_SWAP])
def test_the_running_sum_is_that_of_the_chosen_set(answer, key):
    shown = in_set(set="Monocyte markers")
    figure = answer(f"{ids.SET_SUM}.figure", shown, key)
    assert figure.layout.meta == "c0002 3"
    assert figure.data[0].name == "running sum"
    head = answer(f"{ids.SET_LEAD}.children", shown, key)[0]
    assert words(head).startswith("Monocyte markers  · GSEA of presence")
    told = answer(f"{ids.SET_SUM_CAPTION}.children", shown, key)[1]
    assert told.startswith("c0002, Monocyte markers: NES")


def test_without_a_choice_it_is_the_first_set_and_nothing_is_marked(answer):
    figure = answer(f"{ids.SET_SUM}.figure", in_set(), "prerank_presence")
    assert figure.layout.meta == "c0002 1"
    head = answer(f"{ids.SET_LEAD}.children", in_set(), "prerank_presence")[0]
    assert "×" not in words(head)
    assert "×" in words(answer(f"{ids.SET_LEAD}.children", in_set(set="B cell markers"), "")[0])


@pytest.mark.parametrize(
    ("of", "chosen", "expected"),
    [
        ("fixture", "zzz<b>#9", "has no gene set “zzz&lt;b&gt;#9”"),
        ("plain", "", "This store holds no GSEA."),
        ("plain", "B cell markers", "This store holds no GSEA."),
        ("silent", "", "active in no cell"),
    ],
)
def test_a_running_sum_that_is_not_there_says_why(answer, of, chosen, expected):
    concept = "c0001" if of == "silent" else "c0002"
    key = "" if of == "plain" else "prerank_presence"
    attribution = "" if of == "plain" else "neighbours"
    shown = in_set(store=of, set=chosen, concept=concept, attribution=attribution)
    assert expected in message(answer(f"{ids.SET_SUM}.figure", shown, key))


def test_genes_that_lead_the_chosen_set_are_marked_and_counted(answer):
    selection = {"page": "workspace", "store": "fixture", "concept": "c0002"}
    keys = ("presence", "neighbours", "inactive")
    chosen = {"set": "CD4 T cell markers", "test": "prerank_differential"}
    figure = answer(f"{ids.GENES}.figure", selection, *keys, "z", "light", chosen)
    marked = [text for text in figure.layout.yaxis.ticktext if "•" in text]
    assert len(marked) == 5 and "IL7R" in marked[0]
    told = answer(f"{ids.GENES_CAPTION}.children", selection, *keys, chosen)
    assert told.endswith("• 5 of these lead CD4 T cell markers (GSEA of DE).")
    for nothing in ({"set": "", "test": ""}, {"set": "zzz", "test": ""}, None):
        assert "•" not in answer(f"{ids.GENES_CAPTION}.children", selection, *keys, nothing)


def test_rows_of_the_table_name_their_set(answer):
    shown = {**SHOWN, "tab": "table", "concept": "c0002"}
    rows = answer(f"{ids.PATHWAY_TABLE}.rowData", shown, "prerank_presence", "")[0]
    assert rows[0]["set"] == "CD4 T cell markers"


def test_all_rankings_stand_side_by_side(answer):
    shown = {**SHOWN, "tab": "table"}
    rows, columns, caption, is_hidden = answer(f"{ids.PATHWAY_TABLE}.rowData", shown, RANKINGS, "")
    assert [column["headerName"] for column in columns][-1] == "Found by"
    assert [row["place"] for row in rows] == ["both"] + ["neither"] * 5
    assert caption == "c0001: of 6 gene sets, 1 by both, 0 by attribution, 0 by DE (q ≤ 0.05)."
    assert is_hidden is False
    figure = answer(f"{ids.PATHWAYS}.figure", {**shown, "tab": "pathways"}, RANKINGS, "")
    assert figure.layout.xaxis.title.text == "NES of attribution"


def test_a_quadrant_without_sets_says_so(answer):
    shown = {**SHOWN, "tab": "pathways"}
    figure = answer(f"{ids.PATHWAYS}.figure", shown, RANKINGS, "used only")
    assert message(figure) == "No gene set is found by attribution."
    rows, _, caption, _ = answer(f"{ids.PATHWAY_TABLE}.rowData", shown, RANKINGS, "used only")
    assert (rows, caption) == ([], "No gene set is found by attribution.")


def test_quadrants_have_the_words_of_their_test(answer):
    found = answer(f"{ids.QUADRANT}.options", RANKINGS)
    assert [option["label"] for option in found][:2] == ["All sets", "Found by both"]
    other = answer(f"{ids.QUADRANT}.options", SET_SWAP)
    assert [option["label"] for option in other][1] == "Used and differential"
    assert {o["value"] for o in found} == {o["value"] for o in other}
