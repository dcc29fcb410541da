"""The page of a gene: opened cold, asked, followed to a concept, and what it says to nonsense."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.e2e


def open_genes(visit, search: str, **options):
    visitor = visit(**options)
    visitor.page.goto(f"{visitor.site.url}/genes?store=fixture{search}")
    return visitor


def wait_for_gene(visitor, symbol: str) -> None:
    """Until sentence, table, scatter and map are about a gene."""
    visitor.page.wait_for_function(
        """(symbol) => document.getElementById('gene-lead')?.textContent.includes(symbol)
             && document.querySelector('#gene-table .ag-row')
             && document.querySelector('#gene-map')?.dataset.painted === symbol
             && document.querySelector('#gene-figure .js-plotly-plot')?.layout?.meta === symbol""",
        arg=symbol,
    )


def first_row(visitor) -> str:
    row = "#gene-table .ag-row[row-index='0']"
    visitor.page.wait_for_selector(row)
    return visitor.page.get_attribute(row, "row-id")


def wait_for_cell(visitor, row: str, column: str, text: str) -> None:
    """Until a cell of the table shows a text."""
    visitor.page.wait_for_function(
        "([cell, text]) => document.querySelector(cell)?.textContent === text",
        arg=[f"#gene-table .ag-row[row-id={row}] [col-id={column}]", text],
    )


def expected_counts(store, symbol: str) -> tuple[int, int, int]:
    """Concepts that a gene moves; of them those in which it is differential; only differential."""
    gene, moved, tested = store.gene_symbols.index(symbol), set(), set()
    for concept in range(store.n_concepts):
        for table, found in (
            (store.attribution("neighbours"), moved),
            (store.differential("inactive"), tested),
        ):
            rows = table.rows(concept)
            at = np.flatnonzero(rows["gene"] == gene)
            if len(at) and rows["q"][at[0]] <= 0.05:
                found.add(concept)
    return len(moved), len(moved & tested), len(tested - moved)


def test_a_link_to_a_gene_opens_cold(visit, site):
    visitor = open_genes(visit, "&g=cd79a")
    wait_for_gene(visitor, "CD79A")
    moved, both, only = expected_counts(site.store, "CD79A")
    assert moved and both
    lead = visitor.text("#gene-lead")
    assert lead.startswith(f"CD79A moves {moved} of 6 concepts (q ≤ 0.05), most c0001 “B cell”")
    assert f"differential in {both} of them and in {only} that it does not move" in lead
    assert first_row(visitor) == "c0001"
    assert visitor.page.locator("#gene-table .ag-center-cols-container .ag-row").count() == 6
    assert visitor.page.title().startswith("Genes · Fixture")


def test_links_lead_out_and_nothing_is_loaded(visit):
    visitor = open_genes(visit, "&g=CD79A")
    wait_for_gene(visitor, "CD79A")
    links = visitor.page.locator(".sc-out")
    found = links.evaluate_all("(links) => links.map((a) => [a.href, a.target, a.rel])")
    assert found == [
        [
            "https://www.ncbi.nlm.nih.gov/gene/?term=CD79A%5Bsym%5D",
            "_blank",
            "noopener noreferrer",
        ],
        ["https://www.ensembl.org/id/ENSG00000000000", "_blank", "noopener noreferrer"],
    ]


def test_a_gene_is_picked_and_gone_back_from(visit):
    visitor = open_genes(visit, "")
    visitor.page.wait_for_selector(".sc-instead >> text=Which concepts does a gene move?")
    visitor.page.click("#gene")
    visitor.page.wait_for_selector(".dash-dropdown-content input:focus")
    visitor.page.keyboard.type("LYZ")
    visitor.page.click(".dash-dropdown-content >> text=LYZ")
    visitor.page.wait_for_url("**/genes?store=fixture&g=LYZ")
    wait_for_gene(visitor, "LYZ")
    assert first_row(visitor) == "c0004"
    visitor.page.go_back()
    visitor.page.wait_for_selector(".sc-instead >> text=Choose a gene above")
    visitor.page.go_forward()
    wait_for_gene(visitor, "LYZ")
    assert "LYZ" in visitor.text("#gene")


def test_the_counterfactual_is_in_the_address_and_goes_along(visit):
    visitor = open_genes(visit, "&g=LYZ")
    wait_for_gene(visitor, "LYZ")
    visitor.page.click("#gene-attribution")
    visitor.page.click(".dash-dropdown-content >> text=Random inactive cells")
    visitor.page.wait_for_url("**/genes?store=fixture&g=LYZ&counterfactual=random_matched")
    grade = "#gene-table .ag-row[row-id=c0004] [col-id=grade]"
    visitor.page.wait_for_function(f"() => document.querySelector('{grade}')?.textContent === 'C'")
    visitor.page.click("#gene-table .ag-row[row-id=c0004] [col-id=rank]")
    visitor.wait_for_concept("c0004")
    assert visitor.page.url.endswith("/concept/c0004?store=fixture&counterfactual=random_matched")
    assert "Random inactive" in visitor.text("#attribution")


def test_a_concept_is_opened_by_keyboard_and_by_its_point(visit):
    visitor = open_genes(visit, "&g=NKG7")
    wait_for_gene(visitor, "NKG7")
    visitor.page.focus("#gene-table .ag-row[row-id=c0005] [col-id=effect]")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_concept("c0005")
    visitor.page.go_back()
    wait_for_gene(visitor, "NKG7")
    at = visitor.page.evaluate(
        """() => {
             const plot = document.querySelector('#gene-figure .js-plotly-plot');
             const trace = plot.data.find((t) => t.customdata?.some((d) => d.startsWith('c0005')));
             const i = trace.customdata.findIndex((d) => d.startsWith('c0005'));
             const plain = (v) => Array.from(v?._inputArray ?? v);
             const box = plot.getBoundingClientRect();
             const { xaxis, yaxis } = plot._fullLayout;
             return {
               x: box.x + xaxis._offset + xaxis.d2p(plain(trace.x)[i]),
               y: box.y + yaxis._offset + yaxis.d2p(plain(trace.y)[i]),
             };
           }"""
    )
    visitor.page.mouse.move(at["x"], at["y"])
    visitor.page.wait_for_selector("#gene-figure .hoverlayer .hovertext")
    visitor.page.mouse.click(at["x"], at["y"])
    visitor.wait_for_concept("c0005")


def test_several_genes_stand_side_by_side(visit, site):
    visitor = open_genes(visit, "&g=CD3D,CD3E,CD8A")
    wait_for_gene(visitor, "CD3D")
    heads = visitor.page.locator("#gene-table .ag-header-cell-text").all_text_contents()
    assert heads == ["Concept", "CD3D", "CD3E", "CD8A", "Grade", "Cells"]
    rows = site.store.attribution("neighbours").rows(2)
    at = rows["gene"].tolist().index(site.store.gene_symbols.index("CD8A"))
    wait_for_cell(visitor, "c0003", "gene_2", f"{rows['effect'][at]:.3f}")


def test_an_unknown_gene_offers_close_ones(visit):
    visitor = open_genes(visit, "&g=CD79")
    visitor.page.wait_for_selector(".sc-instead >> text=No such gene")
    assert "Fixture has no gene “CD79”" in visitor.text(".sc-instead")
    visitor.page.click(".sc-instead >> text=CD79B")
    wait_for_gene(visitor, "CD79B")


def test_a_known_and_an_unknown_gene(visit):
    visitor = open_genes(visit, "&g=CD79A,NOTHING")
    wait_for_gene(visitor, "CD79A")
    assert "no gene “NOTHING”" in visitor.text("#gene-lead")
    assert "g=CD79A,NOTHING" in visitor.page.url


def test_a_gene_that_the_model_does_not_read_is_missing_not_zero(visit):
    visitor = open_genes(visit, "&g=GENE29")
    visitor.page.wait_for_function(
        "() => document.getElementById('gene-lead')?.textContent.includes('which is not 0')"
    )
    wait_for_cell(visitor, "c0001", "effect", "—")
    visitor.page.wait_for_function(
        "() => document.querySelector('#gene-figure')?.textContent.includes('does not read GENE29')"
    )


def test_without_attribution_there_is_de(visit):
    visitor = visit()
    visitor.page.goto(f"{visitor.site.url}/genes?store=plain&g=LYZ")
    visitor.page.wait_for_function(
        "() => document.getElementById('gene-lead')?.textContent.includes('without their model')"
    )
    assert visitor.text("#gene-lead").startswith("LYZ is differential in")
    assert first_row(visitor) == "c0004"
    wait_for_cell(visitor, "c0004", "effect", "—")


@pytest.mark.parametrize(
    "search",
    [
        "&g=%00",
        "&g=" + "A" * 3000,
        "&g=,,,",
        "&g=../../etc",
        "&g=%F0%9F%A7%AC&counterfactual=x&de=1",
    ],
)
def test_nonsense_gets_a_message(visit, search):
    visitor = open_genes(visit, search)
    visitor.page.wait_for_selector(".sc-instead h2")
    assert visitor.text("#notice") == ""
