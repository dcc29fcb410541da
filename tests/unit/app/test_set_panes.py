"""The panes of gene sets: tests, set swap, all rankings, and the running sum of one set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scconcepts_app.components import ids
from scconcepts_app.components.pathway_table import SWAP_COLUMNS
from scconcepts_app.views.rankings import RANKINGS
from scconcepts_app.views.redundancy import ALL, DISTINCT
from scconcepts_app.views.set_swap import SET_SWAP
from tests.unit.app.panes import SHOWN, message, words


def test_a_set_swap_has_its_own_plot_columns_and_filter(answer):
    now = {**SHOWN, "tab": "pathways"}
    figure = answer(f"{ids.PATHWAYS}.figure", now, SET_SWAP, "", ALL)
    assert "used and DE" in {trace.name for trace in figure.data}
    rows, columns, caption, hidden = answer(f"{ids.PATHWAY_TABLE}.rowData", now, SET_SWAP, "", ALL)
    assert columns is SWAP_COLUMNS and hidden is False
    assert rows[0]["quadrant"] == "used and differential"
    assert (rows[0]["place"], rows[0]["place_told"]) == ("used and DE", "used and DE, raised")
    assert rows[0]["share"] == pytest.approx(0.56)
    told = "c0001: of 6 listed gene sets 2 are used: 2 raised, 0 lowered (q < 0.05). Ticks: random"
    assert caption.startswith(told)
    assert caption.endswith("▾: less expressed than in the counterfactual (absence).")
    rows, *_ = answer(f"{ids.PATHWAY_TABLE}.rowData", now, SET_SWAP, "neither", ALL)
    assert {row["quadrant"] for row in rows} == {"neither"} and len(rows) == 2


def test_other_tests_have_no_filter(answer):
    now = {**SHOWN, "tab": "table"}
    rows, columns, caption, hidden = answer(
        f"{ids.PATHWAY_TABLE}.rowData", now, "prerank_presence", "neither", ALL
    )
    assert len(rows) == 6 and hidden is True
    assert columns[1]["field"] == "statistic"
    assert caption == "c0001: of 6 listed gene sets 1 are found: 1 raised, 0 lowered (q < 0.05)."


def test_sets_that_say_the_same_are_marked_or_left_out(answer):
    now = {**SHOWN, "store": "twins", "tab": "table"}
    output, key = f"{ids.PATHWAY_TABLE}.rowData", "prerank_presence"
    rows, _, caption, _ = answer(output, now, key, "", ALL)
    assert [row["within"] for row in rows] == [None, *[rows[0]["name"]] * 5]
    assert "within Set 0: 100% of the smaller set's genes are shared" in rows[1]["description"]
    assert rows[1]["link"] == {
        "href": "https://amigo.geneontology.org/amigo/term/GO:0000001",
        "title": "GO:0000001 in the Gene Ontology (new tab)",
    }
    assert caption == (
        "c0001: of 6 listed gene sets 6 are found: 6 raised, 0 lowered (q < 0.05); 5 share half of "
        "their genes or more with a stronger one (└)."
    )
    rows, _, caption, _ = answer(output, now, key, "", DISTINCT)
    assert [row["row"] for row in rows] == ["0"] and "(left out)" in caption
    figures = [
        answer(f"{ids.PATHWAYS}.figure", {**now, "tab": "pathways"}, key, "", sets)
        for sets in (ALL, DISTINCT, "garbage")
    ]
    assert [len(figure.data[0].y) for figure in figures] == [6, 1, 6]


def test_a_set_without_identifier_has_no_link(answer):
    now = {**SHOWN, "tab": "table"}
    rows, *_ = answer(f"{ids.PATHWAY_TABLE}.rowData", now, "prerank_presence", "", ALL)
    assert [row["name"] for row in rows if row["link"]] == ["Interferon response"]
    assert {row["within"] for row in rows} == {None}


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
    assert text in message(answer(f"{ids.PATHWAYS}.figure", now, key, quadrant, ALL))


def test_an_empty_quadrant_says_so(answer, store, monkeypatch):
    from scconcepts_app.pages.workspace import pathways

    monkeypatch.setattr(pathways, "keep_quadrant", lambda t, q: replace(t, rows=[]) if q else t)
    now = {**SHOWN, "tab": "pathways"}
    figure = answer(f"{ids.PATHWAYS}.figure", now, SET_SWAP, "used only", ALL)
    assert message(figure) == "No gene set is used only."


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
    rows = answer(f"{ids.PATHWAY_TABLE}.rowData", shown, "prerank_presence", "", ALL)[0]
    assert rows[0]["set"] == "CD4 T cell markers"


def test_all_rankings_stand_side_by_side(answer):
    shown = {**SHOWN, "tab": "table"}
    rows, columns, caption, is_hidden = answer(
        f"{ids.PATHWAY_TABLE}.rowData", shown, RANKINGS, "", ALL
    )
    assert [column["headerName"] for column in columns][-1] == "Found by"
    assert [row["place"] for row in rows] == ["both"] + ["neither"] * 5
    assert caption == (
        "c0001: of 6 gene sets, 1 by both (1 ↑), 0 by attribution only, 0 by DE only (q < 0.05). "
        "↑ raised, ↓ lowered."
    )
    assert is_hidden is False
    figure = answer(f"{ids.PATHWAYS}.figure", {**shown, "tab": "pathways"}, RANKINGS, "", ALL)
    assert figure.layout.xaxis.title.text == "NES of attribution"


def test_a_quadrant_without_sets_says_so(answer):
    shown = {**SHOWN, "tab": "pathways"}
    figure = answer(f"{ids.PATHWAYS}.figure", shown, RANKINGS, "used only", ALL)
    assert message(figure) == "No gene set is found by attribution."
    rows, _, caption, _ = answer(f"{ids.PATHWAY_TABLE}.rowData", shown, RANKINGS, "used only", ALL)
    assert (rows, caption) == ([], "No gene set is found by attribution.")


def test_quadrants_have_the_words_of_their_test(answer):
    found = answer(f"{ids.QUADRANT}.options", RANKINGS)
    assert [option["label"] for option in found][:2] == ["All sets", "Found by both"]
    other = answer(f"{ids.QUADRANT}.options", SET_SWAP)
    assert [option["label"] for option in other][1] == "Used and differential"
    assert {o["value"] for o in found} == {o["value"] for o in other}
