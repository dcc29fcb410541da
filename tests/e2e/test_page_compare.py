"""Two concepts side by side: of one store, of two, changed over, and what is said without them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.e2e


def open_pair(visit, search: str, **options):
    visitor = visit(**options)
    visitor.page.goto(f"{visitor.site.url}/compare?store=fixture{search}")
    return visitor


def wait_for_pair(visitor, a: str, b: str) -> None:
    """Until heads, maps and scatter are about two concepts."""
    visitor.page.wait_for_function(
        """([a, b]) => {
             const text = (id) => document.getElementById(id)?.textContent ?? '';
             const painted = (id) => document.getElementById(id)?.dataset.painted ?? '';
             return text('pair-head-a').includes(a) && text('pair-head-b').includes(b)
               && painted('pair-map-a').startsWith(a) && painted('pair-map-b').startsWith(b);
           }""",
        arg=[a, b],
    )


def wait_for_scatter(visitor, meta: str) -> None:
    visitor.page.wait_for_function(
        """(meta) => document.querySelector('#pair-figure .js-plotly-plot')?.layout?.meta === meta
             && document.querySelector('#pair-figure .point')""",
        arg=meta,
    )


def choices(visitor) -> dict[str, str]:
    query = parse_qs(urlsplit(visitor.page.url).query)
    return {name: values[0] for name, values in query.items()}


def facts(visitor) -> dict[str, str]:
    return dict(
        visitor.page.locator("#pair-facts .sc-numbers > div").evaluate_all(
            "(all) => all.map((d) => [d.children[0].textContent, d.children[1].textContent])"
        )
    )


def test_two_concepts_of_one_store(visit, site):
    visitor = open_pair(visit, "&a=c0001&b=c0006")
    wait_for_pair(visitor, "c0001", "c0006")
    wait_for_scatter(visitor, "c0001 c0006")
    a, b = (set(site.store.activations.rows(c)["cell"].tolist()) for c in (0, 5))
    told = facts(visitor)
    assert told["Both active"] == f"{len(a & b)} cells"
    assert told["Jaccard"] == f"{len(a & b) / len(a | b):.2f}"
    expected = len(a) * len(b) / site.store.n_cells
    assert told["Observed / expected"] == f"{len(a & b) / expected:.2f}"
    assert "B cell" in visitor.text("#pair-head-a")
    assert "unstable" in visitor.text("#pair-head-b")
    obs = visitor.page.locator("#pair-obs tbody tr").all_inner_texts()
    assert obs[0].split("\t")[1].startswith("B cell F1")
    assert obs[1].split("\t")[2].startswith("stimulated F1")


def test_the_sides_are_changed_over(visit):
    visitor = open_pair(visit, "&a=c0001&b=c0002")
    wait_for_pair(visitor, "c0001", "c0002")
    visitor.page.click("#swap-sides")
    wait_for_pair(visitor, "c0002", "c0001")
    assert choices(visitor) == {"store": "fixture", "a": "c0002", "b": "c0001"}
    visitor.page.go_back()
    wait_for_pair(visitor, "c0001", "c0002")
    assert "c0001" in visitor.text("#side-a")


def test_a_concept_is_picked_by_one_of_its_genes(visit):
    visitor = open_pair(visit, "&a=c0001")
    visitor.page.wait_for_selector(".sc-instead >> text=c0001 is chosen. Choose B above.")
    visitor.page.click("#side-b")
    visitor.page.wait_for_selector(".dash-dropdown-content input:focus")
    visitor.page.keyboard.type("gnly")
    visitor.page.click(".dash-dropdown-content >> text=c0005 NK cell")
    wait_for_pair(visitor, "c0001", "c0005")
    assert choices(visitor) == {"store": "fixture", "a": "c0001", "b": "c0005"}


def test_concepts_of_the_same_cells_are_suggested(visit, site):
    visitor = open_pair(visit, "&b=c0006")
    visitor.page.wait_for_selector(".sc-instead .sc-word")
    visitor.page.locator(".sc-instead .sc-word").first.click()
    visitor.page.wait_for_url("**/compare?store=fixture&a=*")
    assert "c0006" in choices(visitor).values()
    visitor.page.wait_for_selector("#pair-body:not([hidden])")


def test_concepts_of_two_stores(visit):
    visitor = open_pair(visit, "&a=c0001&sb=plain&b=c0002")
    wait_for_pair(visitor, "c0001", "c0002")
    assert "300 cells are in both stores" in visitor.text("#pair-facts")
    visitor.page.wait_for_function(
        "() => document.querySelector('#pair-figure')?.textContent.includes('without their model')"
    )
    assert "without their model" in visitor.text("#pair-genes")
    assert "holds no such test" in visitor.text("#pair-sets")
    assert "Plain" in visitor.text("#pair-head-b")


def test_another_store_asks_for_a_concept_of_it(visit):
    visitor = open_pair(visit, "&a=c0001&b=c0002")
    wait_for_pair(visitor, "c0001", "c0002")
    visitor.page.click("#side-b-store")
    visitor.page.click(".dash-dropdown-content >> text=Plain")
    visitor.page.wait_for_selector(".sc-instead >> text=c0001 is chosen. Choose B above.")
    assert choices(visitor) == {"store": "fixture", "a": "c0001", "sb": "plain"}
    visitor.page.click("#side-b")
    visitor.page.click(".dash-dropdown-content >> text=c0003 CD8 T cell")
    wait_for_pair(visitor, "c0001", "c0003")


def test_the_test_of_gene_sets_is_in_the_address(visit):
    visitor = open_pair(visit, "&a=c0001&b=c0002")
    wait_for_pair(visitor, "c0001", "c0002")
    shared = visitor.page.locator("#pair-sets .sc-split-row").all_inner_texts()
    assert [row.split("\n")[0] for row in shared] == ["In both (0)", "Only A (1)", "Only B (1)"]
    assert "B cell markers" in shared[1] and "CD4 T cell markers" in shared[2]
    visitor.page.click("#pair-test")
    visitor.page.click(".dash-dropdown-content >> text=Set swap")
    visitor.page.wait_for_url("**&test=set-swap:neighbours")
    visitor.page.wait_for_function(
        "() => document.getElementById('pair-sets').textContent.includes('In both (2)')"
    )


def test_a_gene_of_a_list_is_followed(visit):
    visitor = open_pair(visit, "&a=c0001&b=c0002")
    wait_for_pair(visitor, "c0001", "c0002")
    visitor.page.locator("#pair-genes .sc-split-row >> nth=0").locator("a").first.click()
    visitor.page.wait_for_url("**/genes?store=fixture&g=*")


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("", "Choose A and B above"),
        ("&a=zzz&b=c0001", "A: Fixture has no concept “zzz”. It has 6, c0001 to c0006."),
        ("&a=c0001&sb=zzz&b=c0001", "B: no store “zzz” is open here. Open ones: fixture, plain."),
        ("&a=%00&b=" + "x" * 3000, "has no concept"),
        ("&a=..%2F..&sa=%F0%9F%A7%AC", "is open here"),
    ],
)
def test_what_is_missing_is_said(visit, search, text):
    visitor = open_pair(visit, search)
    visitor.page.wait_for_selector(".sc-instead")
    assert text in visitor.text(".sc-instead")
    assert visitor.text("#notice") == ""
