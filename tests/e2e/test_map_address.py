"""What the address says of the map in the workspace: cold links, steps back, prefetching."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

pytestmark = pytest.mark.e2e

SEL = "umap:0,0,65535,0,65535,65535,0,65535"


def choices(visitor) -> dict[str, str]:
    query = parse_qs(urlsplit(visitor.page.url).query)
    return {name: values[0] for name, values in query.items() if name != "store"}


def wait_for_map(visitor, title: str) -> None:
    visitor.page.wait_for_function(
        "(t) => document.getElementById('cell-map')?.dataset.painted?.startsWith(t)", arg=title
    )


def wait_for_choices(visitor, **wanted) -> None:
    visitor.page.wait_for_function(
        """(wanted) => { const query = new URLSearchParams(location.search);
          return Object.entries(wanted).every(([name, value]) => query.get(name) === value); }""",
        arg=wanted,
    )


def of_map(visitor, what: str):
    return visitor.page.evaluate(f"scconcepts.map.get('cell-map').{what}")


def test_a_cold_link_shows_selection_thresholds_and_mode(visit) -> None:
    visitor = visit().open(f"/concept/c0002?sel={SEL}&range=0.5,9&mode=mean&names=0")
    wait_for_map(visitor, "c0002")
    # The square is half open: the cells on its right and upper edge are not in it.
    assert visitor.text(".sc-map-selected") == "299 cells selected"
    assert of_map(visitor, "coloring.range[0]") > 1
    assert of_map(visitor, "mode") == "mean"
    pressed = visitor.page.get_by_role("button", name="Names of the clusters")
    assert pressed.get_attribute("aria-pressed") == "false"
    link = visitor.page.get_by_role("link", name="Concepts in these cells").get_attribute("href")
    assert unquote(link) == f"/cells?store=fixture&sel={SEL}"


def test_choices_on_the_map_are_steps_of_the_address(visit) -> None:
    visitor = visit().open("/concept/c0001")
    wait_for_map(visitor, "c0001")
    page = visitor.page
    box = page.locator(".sc-map-canvas").bounding_box()
    page.get_by_role("button", name="Select cells in a rectangle").click()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 60, box["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('sel=umap:')")
    sel = choices(visitor)["sel"]
    page.get_by_label("How cells that share a place are drawn").select_option("opacity")
    wait_for_choices(visitor, mode="opacity", sel=sel)
    page.get_by_role("button", name="Names of the clusters").click()
    wait_for_choices(visitor, names="0", mode="opacity")
    page.go_back()
    page.go_back()
    page.wait_for_function("() => scconcepts.map.get('cell-map').mode === 'max'")
    page.wait_for_selector(".sc-map-selected")
    page.go_back()
    page.wait_for_function("() => !location.search.includes('sel=')")
    page.wait_for_selector(".sc-map-selection", state="hidden")
    page.go_forward()
    page.wait_for_selector(".sc-map-selected")
    page.get_by_role("button", name="Clear the selection").click()
    page.wait_for_function("() => !location.search.includes('sel=')")


def test_thresholds_go_when_something_else_is_coloured(visit) -> None:
    visitor = visit().open("/concept/c0001?range=0.5,9")
    wait_for_map(visitor, "c0001")
    assert of_map(visitor, "coloring.range") is not None
    visitor.page.click(".ag-row[row-id='c0002']")
    wait_for_map(visitor, "c0002")
    visitor.page.wait_for_function("() => !location.search.includes('range')")
    assert of_map(visitor, "coloring.range") is None
    visitor.page.go_back()
    wait_for_map(visitor, "c0001")
    visitor.page.wait_for_function("() => scconcepts.map.get('cell-map').coloring.range !== null")
    assert choices(visitor) == {"range": "0.5,9"}


def test_the_difference_of_two_concepts(visit) -> None:
    visitor = visit().open("/concept/c0001?color=diff:c0001,c0002")
    wait_for_map(visitor, "c0001 minus c0002")
    legend = visitor.text("#cell-map .sc-map-legend")
    assert "c0002 higher" in legend and "c0001 higher" in legend
    visitor.page.wait_for_function(
        "() => document.getElementById('color-by')?.textContent.includes('Difference')"
    )


@pytest.mark.parametrize("pair", ["c0001,nope", "nope,c0001", "<b>,c0001"])
def test_a_difference_to_an_unknown_concept_is_told(visit, pair: str) -> None:
    visitor = visit().open(f"/concept/c0001?color=diff:{pair}")
    message = visitor.page.locator("#cell-map").get_by_role("alert")
    message.wait_for()
    unknown = pair.replace("c0001", "").strip(",")
    assert f"this store has no concept “{unknown}”" in message.inner_text()
    message.get_by_role("button", name="Close").click()
    assert not message.is_visible()


def test_the_difference_to_the_pinned_concept(visit) -> None:
    visitor = visit().open_concept("/concept/c0002", "c0002")
    visitor.page.keyboard.press("c")
    visitor.page.click(".ag-row[row-id='c0001']")
    visitor.wait_for_concept("c0001")
    visitor.page.click("#color-by")
    visitor.page.get_by_text("Difference to pinned").last.click()
    wait_for_map(visitor, "c0001 minus c0002")
    assert choices(visitor) == {"color": "diff:c0001,c0002"}


@pytest.mark.parametrize(
    "query",
    ["sel=nope:1,2,3,4,5,6", "sel=" + "9" * 3000, "range=a,b&mode=%00&names=x", "color=diff:,"]
    + ["color=diff:a", "sel=umap:%F0%9F%A6%A0&range=1e999,-1"],
)
def test_nonsense_shows_the_concept(visit, query: str) -> None:
    visitor = visit().open(f"/concept/c0002?{query}")
    wait_for_map(visitor, "c0002")
    assert of_map(visitor, "mode") == "max" and of_map(visitor, "coloring.range") is None
    assert not visitor.page.locator(".sc-map-selection").is_visible()


def test_the_neighbours_in_the_table_are_loaded_in_advance(visit) -> None:
    visitor = visit()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.open_concept("/concept/c0002", "c0002")
    wait_for_map(visitor, "c0002")
    order = visitor.page.evaluate(
        """() => { const api = dash_ag_grid.getApi('concepts');
          return Array.from({ length: api.getDisplayedRowCount() },
            (_, i) => api.getDisplayedRowAtIndex(i).data.id); }"""
    )
    at = order.index("c0002")
    near = {order[i] for i in (at - 1, at + 1) if 0 <= i < len(order)}

    def loaded() -> set[str]:
        return {url.rsplit("/", 1)[1] for url in asked if "/activations/" in url}

    visitor.page.wait_for_timeout(300)
    for _ in range(40):
        if near <= loaded():
            break
        visitor.page.wait_for_timeout(50)
    assert loaded() == {"c0002", *near}
    # The step itself asks for nothing but the neighbour beyond.
    following = order[at + 1] if at + 1 < len(order) else order[at - 1]
    before = len([url for url in asked if url.endswith(f"/activations/{following}")])
    visitor.page.click(f".ag-row[row-id='{following}']")
    wait_for_map(visitor, following)
    assert len([url for url in asked if url.endswith(f"/activations/{following}")]) == before == 1


def test_the_concept_pointed_at_is_loaded_in_advance(visit) -> None:
    visitor = visit().open_concept("/concept/c0002", "c0002")
    wait_for_map(visitor, "c0002")
    far = visitor.page.evaluate(
        """() => { const api = dash_ag_grid.getApi('concepts');
          const at = api.getRowNode('c0002').rowIndex;
          return api.getDisplayedRowAtIndex(at > 2 ? at - 3 : at + 3).data.id; }"""
    )
    with visitor.page.expect_request(f"**/activations/{far}"):
        visitor.page.hover(f".ag-row[row-id='{far}']")


def test_other_pages_can_ask_for_the_same_colouring(visit) -> None:
    visitor = visit().open("/concept/c0001")
    wait_for_map(visitor, "c0001")
    config = {"base": "/api/x/1", "obs": {"kind": {"kind": "category", "title": "Kind"}}}
    cases = [
        ({"color": "gene:CD3E"}, "/api/x/1/expression/CD3E"),
        ({"color": "obs:kind"}, "/api/x/1/obs/kind"),
        ({"color": "obs:nope"}, "/api/x/1/activations/c0009"),
        ({}, "/api/x/1/activations/c0009"),
    ]
    for given, url in cases:
        arguments = json.dumps([config, given, "c0009", [{"id": "c0009", "label": "L"}]])
        spec = visitor.page.evaluate(f"scconcepts.colorSpecOf(...{arguments})")
        assert spec["url"] == url
