"""Pages over all concepts, outside of a browser: what their callbacks answer, and when not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from dash import no_update
from dash.exceptions import PreventUpdate
from plotly.utils import PlotlyJSONEncoder

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.components import ids
from scconcepts_app.library import Library
from scconcepts_app.server import create_app
from scconcepts_app.settings import Settings
from scconcepts_app.store import ConceptStore
from scconcepts_app.store.columns import encode_strings
from tests.unit.app.conftest import with_arrays


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("across")
    return Settings(annotations_url=f"sqlite:///{folder / 'l.sqlite3'}", cache_dir=folder)


@pytest.fixture(scope="module")
def answer(store, plain_store, silent_store, old_store, settings):
    """Calls the callback that has an output of this component, on a page and store."""
    names = ["Twins", "Twins", *[f"Set {i}" for i in range(4)]]
    twins = {f"gene_sets/name/{k}": v for k, v in encode_strings(names).items()}
    stores = {
        "fixture": store,
        "plain": plain_store,
        "silent": silent_store,
        "old": old_store,
        "twins": with_arrays(store, twins),
    }
    app = create_app(Library(list(stores.items())), settings)

    def call(output: str, *values):
        found = [k for k in app.callback_map if output in k.strip(".").split("...")]
        return app.callback_map[found[0]]["callback"].__wrapped__(*values)

    return call


def words(component) -> str:
    if component is None:
        return ""
    if isinstance(component, (list, tuple)):
        return " ".join(words(child) for child in component)
    return component if isinstance(component, str) else words(component.children or "")


def at(page: str, store: str = "fixture") -> dict[str, str | None]:
    return {"page": page, "store": store, "concept": None}


def links(component) -> list[str]:
    """Addresses below a component, in order."""
    if isinstance(component, (list, tuple)):
        return [href for child in component for href in links(child)]
    found = [component.href] if getattr(component, "href", None) else []
    return found + links(getattr(component, "children", None) or [])


TELL_GENE = f"{ids.GENE_LEAD}.children"
DRAW_GENE = f"{ids.GENE_FIGURE}.figure"
FILL_SETS = f"{ids.SETS}.rowData"
SHOW_SET = f"{ids.SET_HEAD}.children"
DRAW_TYPES = f"{ids.TYPES_MAP}.figure"
TELL_TYPES = f"{ids.TYPES_CAPTION}.children"
TELL_PAIR = f"{ids.PAIR_MESSAGE}.children"
DRAW_PAIR = f"{ids.PAIR_FIGURE}.figure"

CALLS = [
    (TELL_GENE, lambda where: ({"g": "LYZ"}, where, [])),
    (DRAW_GENE, lambda where: ({"g": "LYZ"}, "light", where)),
    (FILL_SETS, lambda where: ("prerank_presence", "found", where)),
    (SHOW_SET, lambda where: ({}, "prerank_presence", where)),
    (DRAW_TYPES, lambda where: ({}, "light", where)),
    (TELL_TYPES, lambda where: ({}, where)),
    (TELL_PAIR, lambda where: ({}, where)),
    (DRAW_PAIR, lambda where: ({"a": "c0001", "b": "c0002"}, "light", where)),
]


@pytest.mark.parametrize(("output", "arguments"), CALLS)
@pytest.mark.parametrize("where", [at("workspace"), at("methods"), {}, None])
def test_another_page_is_not_answered(answer, output, arguments, where):
    with pytest.raises(PreventUpdate):
        answer(output, *arguments(where))


@pytest.mark.parametrize("page", ["genes", "pathways", "celltypes", "compare"])
def test_a_store_that_is_not_open_is_not_answered(answer, page):
    output, arguments = {
        "genes": CALLS[0],
        "pathways": CALLS[2],
        "celltypes": CALLS[4],
        "compare": CALLS[6],
    }[page]
    with pytest.raises(PreventUpdate):
        answer(output, *arguments(at(page, "nothing")))


@pytest.mark.parametrize("key", ["fixture", "plain", "silent", "old"])
def test_every_kind_of_store_has_rows_for_all_concepts(answer, key):
    found = answer(
        TELL_GENE, {"g": "LYZ", "counterfactual": "zzz", "de": "zzz"}, at("genes", key), []
    )
    lead, _, message_hidden, body_hidden, _, columns, rows, maps, _ = found
    assert (message_hidden, body_hidden) == (True, False)
    assert "LYZ" in words(lead)
    assert len(rows) == 6 and {row["id"] for row in rows} == {f"c000{i}" for i in range(1, 7)}
    fields = {column["field"] for column in columns} - {"label"}
    assert fields <= set(rows[0])
    text = json.dumps(rows)
    assert "NaN" not in text and "Infinity" not in text
    assert maps["gene-map"]["color"]["url"].endswith("/expression/LYZ")


def test_columns_are_set_anew_only_where_they_differ(answer):
    columns = answer(TELL_GENE, {"g": "LYZ"}, at("genes"), [])[5]
    assert answer(TELL_GENE, {"g": "CD14"}, at("genes"), columns)[5] is no_update
    several = answer(TELL_GENE, {"g": "LYZ,CD14"}, at("genes"), columns)[5]
    assert [column["headerName"] for column in several][1:3] == ["LYZ", "CD14"]


def test_missing_effects_are_none_and_come_last(answer):
    rows = answer(TELL_GENE, {"g": "LYZ"}, at("genes", "silent"), [])[6]
    assert rows[-1]["id"] == "c0001"
    assert [rows[-1][name] for name in ("effect", "rank", "share", "q", "z")] == [None] * 5
    assert rows[-1]["effect_heat"] == {"heat": 0.0, "side": ""}


def test_the_label_of_an_expert_is_shown(answer, store, settings):
    service = AnnotationService(settings.annotations_url)
    service.save(
        store_digest=store.manifest.digest,
        concept_id="c0004",
        label="Classical monocytes",
        note="",
        author="A. Person",
        expected_revision=0,
    )
    found = answer(TELL_GENE, {"g": "LYZ"}, at("genes"), [])
    assert "“Classical monocytes”" in words(found[0])
    assert (found[6][0]["label"], found[6][0]["author"]) == ("Classical monocytes", "A. Person")


def test_of_two_genes_with_one_symbol_the_id_finds_the_second(store, settings):
    symbols = [*store.gene_symbols[:-4], "LYZ", *store.gene_symbols[-3:]]
    arrays = {f"genes/symbol/{k}": v for k, v in encode_strings(symbols).items()}
    variant = with_arrays(store, arrays)
    variant.__dict__.pop("gene_symbols", None)
    from scconcepts_app.library import OpenedStore
    from scconcepts_app.pages.genes.shown import read_shown

    second = store.strings("genes/id")[store.n_genes - 4]
    shown = read_shown(OpenedStore("x", variant), {"g": f"LYZ,{second}"})
    assert shown.symbols == ["LYZ", second]


def test_sets_are_listed_most_often_found_first(answer):
    _, rows = answer(FILL_SETS, "prerank_presence", "found", at("pathways"))
    assert [(row["raised"], row["lowered"]) for row in rows] == [(1, 0)] * 6
    assert (rows[0]["best_arrows"], rows[0]["best_told"]) == ("↑", f"raised in {rows[0]['best']}")
    assert rows[0]["best"].startswith("c000") and rows[0]["q"] == pytest.approx(6e-5)
    assert answer(FILL_SETS, "zzz", "all", at("pathways"))[1] == []
    assert answer(FILL_SETS, "", "found", at("pathways", "plain"))[1] == []


def test_two_sets_of_one_name_are_told_apart(answer):
    _, rows = answer(FILL_SETS, "prerank_presence", "all", at("pathways", "twins"))
    assert {row["address"] for row in rows} >= {"Twins", "Twins#2"}
    head = answer(SHOW_SET, {"set": "Twins#2"}, "prerank_presence", at("pathways", "twins"))[0]
    assert "2 sets carry this name; this is number 2." in words(head)
    assert links(head) == ["/pathways?store=twins&set=Twins"]
    genes = answer(SHOW_SET, {"set": "Twins#2"}, "prerank_presence", at("pathways", "twins"))[3]
    assert "IL7R" in words(genes)


def test_a_set_that_no_test_finds_lists_the_closest(answer, store, monkeypatch):
    from scconcepts_app.pages.pathways import one_set

    monkeypatch.setattr(one_set, "is_found", lambda row: False)
    found = answer(SHOW_SET, {"set": "B cell markers"}, "prerank_presence", at("pathways"))
    assert found[2].startswith("No test finds this set in any of 6 concepts (q < 0.05)")
    assert len(found[1]) == 6


def test_a_store_without_tests_says_so(answer):
    found = answer(SHOW_SET, {"set": "B cell markers"}, "", at("pathways", "plain"))
    assert (found[1], found[2]) == ([], "This store holds no test of gene sets.")
    assert "CD79A" in words(found[3])


def test_categories_of_a_store_without_any(answer, store, settings):
    variant = with_arrays(store, {"association/level": store.array("association/level")[:0]})
    app = create_app(Library([("bare", variant)]), settings)
    found = next(k for k in app.callback_map if TELL_TYPES in k.strip(".").split("..."))
    tell = app.callback_map[found]["callback"].__wrapped__
    assert tell({}, at("celltypes", "bare"))[0].startswith("This store holds no categorical")


@pytest.mark.parametrize(
    ("choices", "texts"),
    [
        ({}, ["Choose two concepts", "Choose A and B above"]),
        ({"a": "c0001"}, ["c0001 is chosen. Choose B above", "Most often active in the cells"]),
        ({"a": "c9", "b": "c0001"}, ["A: Fixture has no concept “c9”"]),
        ({"a": "c0001", "sb": "no", "b": "c0001"}, ["B: no store “no” is open here"]),
    ],
)
def test_a_side_that_is_missing_is_said(answer, choices, texts):
    message, hidden, body_hidden, *_ = answer(TELL_PAIR, choices, at("compare"))
    assert (hidden, body_hidden) == (False, True)
    for text in texts:
        assert text in words(message)


def test_maps_of_one_store_are_linked_and_those_of_two_are_not(answer):
    one = answer(TELL_PAIR, {"a": "c0001", "b": "c0002"}, at("compare"))[5]
    assert [spec["link"] for spec in one.values()] == ["compare", "compare"]
    two = answer(TELL_PAIR, {"a": "c0001", "b": "c0002", "sb": "old"}, at("compare"))[5]
    assert [spec["link"] for spec in two.values()] == [None, None]


def test_lists_lead_into_the_store_of_their_side(answer):
    choices = {"a": "c0001", "b": "c0002", "sb": "old"}
    genes = answer(TELL_PAIR, choices, at("compare"))[9]
    hrefs = links(genes)
    assert hrefs[0].startswith("/genes?store=fixture&g=")
    assert any(href.startswith("/genes?store=old&g=") for href in hrefs)


@pytest.mark.parametrize("key", ["plain", "silent", "old"])
def test_a_pair_of_every_kind_of_store(answer, key):
    where = at("compare", key)
    found = answer(TELL_PAIR, {"a": "c0001", "b": "c0002"}, where)
    assert found[2] is False
    json.dumps(found, cls=PlotlyJSONEncoder)
    figure = answer(DRAW_PAIR, {"a": "c0001", "b": "c0002"}, "dark", where)
    assert figure.data or figure.layout.annotations


def test_the_map_of_genes_and_of_cells_follows_the_address(store, settings):
    umap = store.manifest.maps[0]
    maps = [umap, replace(umap, key="counts", title="UMAP of the counts")]
    both = ConceptStore(store.path, replace(store.manifest, maps=maps))
    app = create_app(Library([("fixture", both)]), settings)
    for page, place in (("genes", ids.GENE_MAPS), ("cells", ids.CELLS_MAPS)):
        (output,) = [k for k in app.callback_map if f"{place}.data" in k.strip(".").split("...")]
        call = app.callback_map[output]["callback"].__wrapped__
        for wanted, shown in (
            ("counts", "counts"),
            ("umap", "umap"),
            ("zzz", "umap"),
            ("", "umap"),
        ):
            answers = call(
                {"g": "LYZ", "map": wanted}, at(page), *([[]] if page == "genes" else [])
            )
            (found,) = [a for a in answers if isinstance(a, dict)]
            (spec,) = found.values()
            assert spec["cells"]["coordinatesUrl"].endswith(f"/map/{shown}"), (page, wanted)
