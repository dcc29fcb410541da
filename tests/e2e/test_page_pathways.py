"""The page of gene sets: listed, filtered, one under all tests, followed to concept and gene."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.e2e

PATH = "/pathways?store=fixture"
SETS = "#sets .ag-center-cols-container .ag-row"


def open_sets(visit, search: str = "", n_rows: int = 6):
    visitor = visit()
    visitor.page.goto(f"{visitor.site.url}{PATH}{search}")
    wait_for_rows(visitor, n_rows)
    return visitor


def wait_for_rows(visitor, n: int) -> None:
    visitor.page.wait_for_function(
        "([rows, n]) => document.querySelectorAll(rows).length === n", arg=[SETS, n]
    )


def wait_for_set(visitor, name: str) -> None:
    visitor.page.wait_for_function(
        """(name) => document.querySelector('#set-head h2')?.textContent === name
             && document.querySelector('#set-concepts .ag-row')
             && document.querySelector('#set-genes .sc-word')""",
        arg=name,
    )


def choices(visitor) -> dict[str, str]:
    query = parse_qs(urlsplit(visitor.page.url).query)
    return {name: values[0] for name, values in query.items() if name != "store"}


def test_a_set_is_chosen_and_gone_back_from(visit):
    visitor = open_sets(visit)
    assert "One gene set under all tests" in visitor.text("#set-head")
    visitor.page.click("#sets >> text=Monocyte markers")
    wait_for_set(visitor, "Monocyte markers")
    assert choices(visitor) == {"set": "Monocyte markers"}
    visitor.page.go_back()
    visitor.page.wait_for_selector("#set-head >> text=One gene set under all tests")
    visitor.page.go_forward()
    wait_for_set(visitor, "Monocyte markers")
    selected = visitor.page.locator("#sets .ag-row-selected").first
    assert "Monocyte markers" in selected.inner_text()


def test_a_set_opens_cold_with_all_tests_side_by_side(visit, site):
    visitor = open_sets(visit, "&set=NK cell markers&test=prerank_differential")
    wait_for_set(visitor, "NK cell markers")
    heads = visitor.page.locator("#set-concepts .ag-header-cell-text").all_text_contents()
    assert [head.replace("\u00ad", "") for head in heads] == [
        "Concept",
        "GSEA of presence",
        "GSEA of DE",
        "Overrepresentation of the top presence genes",
        "Set swap, nearest inactive cells",
    ]
    visitor.page.wait_for_function(
        "() => document.querySelectorAll('#set-concepts [row-id=c0005] .sc-finding').length === 4"
    )
    cells = visitor.page.locator("#set-concepts .ag-row[row-id=c0005] .sc-finding")
    assert [" ".join(text.split()) for text in cells.all_inner_texts()] == [
        "↑ raised 2.40 q 6.0e-5",
        "↑ raised 2.40 q 6.0e-5",
        "↑ raised 2.40 q 6.0e-5",
        "↑ raised 1.40 q 6.0e-3",
    ]
    assert "Raised in 1, lowered in 0 of 6 concepts" in visitor.text("#set-concepts-caption")
    assert "Fixture sets" in visitor.text("#set-head")
    genes = visitor.page.locator("#set-genes .sc-word").all_inner_texts()
    assert sorted(gene.split()[0] for gene in genes) == sorted(
        ["NKG7", "GNLY", "PRF1", "GZMB", "KLRD1"]
    )


def test_a_gene_and_a_concept_are_followed(visit):
    visitor = open_sets(visit, "&set=B cell markers")
    wait_for_set(visitor, "B cell markers")
    visitor.page.click("#set-genes >> text=MS4A1")
    visitor.page.wait_for_url("**/genes?store=fixture&g=MS4A1")
    visitor.page.go_back()
    wait_for_set(visitor, "B cell markers")
    visitor.page.click("#set-concepts .ag-row[row-id=c0001] .sc-cell-link")
    visitor.wait_for_concept("c0001")


def test_the_set_swap_leads_to_its_tab_of_a_concept(visit):
    visitor = open_sets(visit, "&set=B cell markers&test=set-swap:neighbours")
    wait_for_set(visitor, "B cell markers")
    visitor.page.click("#set-concepts .ag-row[row-id=c0001] .sc-cell-link")
    visitor.wait_for_concept("c0001")
    assert choices(visitor) == {"test": "set-swap", "counterfactual": "neighbours"}


def test_words_filter_the_table_and_stand_in_the_address(visit):
    visitor = open_sets(visit)
    visitor.page.fill("#set-filter", "cd")
    wait_for_rows(visitor, 2)
    visitor.page.wait_for_url("**/pathways?store=fixture&q=cd")
    assert visitor.text("#set-count") == "2 of 6"
    again = open_sets(visit, "&q=interferon", 1)
    again.page.wait_for_selector("#sets .ag-row >> text=Interferon response")
    assert again.page.input_value("#set-filter") == "interferon"


def test_an_unknown_set_offers_close_ones(visit):
    visitor = open_sets(visit, "&set=monocyte")
    visitor.page.wait_for_selector("#set-head >> text=No such gene set")
    visitor.page.click("#set-head >> text=Monocyte markers")
    wait_for_set(visitor, "Monocyte markers")


def test_a_store_without_tests_says_so(visit):
    visitor = visit()
    visitor.page.goto(f"{visitor.site.url}/pathways?store=plain")
    visitor.page.wait_for_selector("#sets >> text=No gene set to show")
    assert "One gene set under all tests" in visitor.text("#set-head")
    visitor.page.goto(f"{visitor.site.url}/pathways?store=plain&set=NK cell markers")
    visitor.page.wait_for_function(
        "() => document.getElementById('set-concepts-caption')?.textContent"
        ".includes('holds no test of gene sets')"
    )


@pytest.mark.parametrize("name", ["%00", "x" * 4000, "..%2F..", "%F0%9F%A7%AC", "#2", "NAME%233"])
def test_nonsense_gets_a_message(visit, name):
    visitor = open_sets(visit, f"&set=a{name}&test=zzz&show=zzz")
    visitor.page.wait_for_selector("#set-head >> text=No such gene set")
    assert visitor.text("#notice") == ""
