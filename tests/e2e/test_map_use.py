"""What surrounds the picture of the cell map: loading, failing, pointing, mounting, no WebGL."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from tests.e2e.map_driver import FLAGS, GREY, N_CELLS, Driver, near
from tests.e2e.map_page import CLUSTER_NAMES, MapPage, encode_sparse

pytest_plugins = ("tests.e2e.map_driver",)
pytestmark = pytest.mark.e2e


# Loading


def test_a_stale_request_is_aborted_and_never_painted(on_map: Driver) -> None:
    on_map.show()
    on_map.apply(on_map.concept(0, "slow"))
    on_map.page.wait_for_function(
        "() => document.querySelector('.sc-map').dataset.state === 'loading'"
    )
    on_map.show(on_map.concept(1))
    on_map.site.gate.set()
    on_map.page.wait_for_timeout(200)
    assert [url for url in on_map.aborted if "/slow/" in url]
    assert on_map.page.get_attribute("#map", "data-painted") == "Concept 1"
    assert on_map.page.get_attribute(".sc-map", "data-state") == "ready"


def test_a_failure_is_told_and_can_be_tried_again(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    on_map.site.failing.add("concept-0")
    on_map.apply(on_map.concept(0))
    alert = on_map.page.get_by_role("alert")
    alert.wait_for()
    assert "Could not load Concept 0: the server answered 503." in alert.inner_text()
    on_map.wait("All cells")  # never the earlier concept in the place of the one asked for
    on_map.site.failing.clear()
    on_map.page.get_by_role("button", name="Try again").click()
    on_map.wait("Concept 0")
    assert not alert.is_visible()
    assert all("503" in text for text in on_map.console) and on_map.console
    on_map.console.clear()


def test_cells_that_fail_and_come_back_keep_their_colouring(on_map: Driver) -> None:
    on_map.site.failing.add("coordinates")
    on_map.apply(on_map.concept(1))
    on_map.page.get_by_role("alert").wait_for()
    on_map.site.failing.clear()
    on_map.page.get_by_role("button", name="Try again").click()
    on_map.wait("Concept 1")
    on_map.console.clear()


def test_a_damaged_payload_is_told(on_map: Driver) -> None:
    on_map.show()
    on_map.apply({"kind": "sparse", "url": on_map.url("short"), "title": "Torn"})
    on_map.page.get_by_role("alert").wait_for()
    assert "Could not load Torn: the column has no header." in on_map.page.inner_text(
        ".sc-map-message"
    )


def test_a_payload_is_loaded_once(on_map: Driver) -> None:
    on_map.show()
    on_map.page.evaluate("(url) => scconcepts.map.prefetch(url)", on_map.url("concept-1"))
    on_map.show(on_map.concept(1))
    on_map.show(on_map.concept(0))
    on_map.show(on_map.concept(1))
    assert on_map.site.asked.count(on_map.url("concept-1")) == 1


def test_the_decoder_reads_every_gap(on_map: Driver) -> None:
    cells = np.array([0, 1, 255, 509, 510, 765, 1275, 1276, 2999])
    values = np.linspace(0.1, 2.5, len(cells))
    payload = base64.b64encode(encode_sparse(cells, values)).decode()
    found = on_map.page.evaluate(
        """(text) => { const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const { cells, levels, max } = scconcepts.mapParts.decodeSparse(bytes.buffer, 3000);
          return [[...cells], [...levels].map((level) => (level / 255) * max)]; }""",
        payload,
    )
    assert found[0] == cells.tolist()
    np.testing.assert_allclose(found[1], values, atol=2.5 / 255)


# The reader's pointer, other ways in and out


def test_the_tooltip_tells_the_cell_under_the_pointer(on_map: Driver) -> None:
    on_map.show(on_map.clusters(), describeUrl=f"/cell/{N_CELLS}/{{cell}}")
    on_map.page.evaluate(
        "() => { window.hits = []; scconcepts.map.get('map').onHover((...hit) => hits.push(hit)); }"
    )
    place = on_map.cells.coordinates.astype(float)
    lone = int(place[:, 0].argmax())  # nothing lies near the outermost cell
    x, y = on_map.place(lone)
    on_map.page.mouse.move(x, y)
    on_map.page.wait_for_function(
        "() => /AAAC/.test(document.querySelector('.sc-map-tip').innerText)"
    )
    text = on_map.page.inner_text(".sc-map-tip")
    assert f"AAAC-{lone}" in text and CLUSTER_NAMES[on_map.cells.cluster[lone]] in text
    on_map.page.mouse.move(450, 4)
    on_map.page.wait_for_function("() => hits.at(-1)[0] === -1")
    assert on_map.page.evaluate("hits[0]") == [lone, x, y]
    assert not on_map.page.locator(".sc-map-tip").is_visible()


def test_a_press_tells_its_cell_and_a_drag_does_not(on_map: Driver) -> None:
    on_map.show(on_map.clusters())
    on_map.page.evaluate(
        "() => { window.pressed = []; "
        "addEventListener('scconcepts:cell', (event) => pressed.push(event.detail.cell)); }"
    )
    lone = int(on_map.cells.coordinates.astype(float)[:, 0].argmax())
    x, y = on_map.place(lone)
    on_map.page.mouse.move(x, y)
    on_map.page.mouse.down()
    on_map.page.mouse.move(x - 40, y)
    on_map.page.mouse.move(x, y)
    on_map.page.mouse.move(x - 60, y)
    on_map.page.mouse.up()
    assert on_map.page.evaluate("pressed") == []
    on_map.page.mouse.click(x - 60, y)  # the map has moved along
    on_map.page.mouse.click(450, 4)
    assert on_map.page.evaluate("pressed") == [lone]


def test_the_nearest_cell_is_the_nearest(on_map: Driver) -> None:
    on_map.show()
    places = np.random.default_rng(3).uniform(0.1, 0.9, size=(200, 2))
    script = """(places) => { const { grid } = scconcepts.map.get('map').hover;
      return places.map(([x, y]) => grid.nearest(x, y, 0.05)); }"""
    found = on_map.page.evaluate(script, places.tolist())
    cells = on_map.cells.coordinates / 65535
    for place, cell in zip(places, found, strict=True):
        distance = np.linalg.norm(cells - place, axis=1)
        assert distance.min() > 0.05 if cell < 0 else distance[cell] == distance.min()


def test_apply_waits_for_its_element_and_follows_a_replaced_one(on_map: Driver) -> None:
    on_map.page.evaluate("document.getElementById('map').remove()")
    on_map.apply(on_map.concept(1))
    add = """() => { document.getElementById('map')?.remove();
      const element = document.createElement('div'); element.id = 'map';
      document.body.append(element); }"""
    on_map.page.evaluate(add)
    on_map.wait("Concept 1")
    on_map.page.evaluate(add)
    on_map.wait("Concept 1")
    assert on_map.page.locator(".sc-map").count() == 1
    assert not near(on_map.cluster_colors(1)[0], GREY, 40)


def test_apply_does_only_what_changed(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    script = "(s) => { const map = scconcepts.map.get('map'); map.setCells = () => { throw 1; }; }"
    on_map.page.evaluate(script)
    on_map.show(on_map.concept(0))
    assert on_map.site.asked.count(on_map.url("coordinates")) == 1


def test_a_destroyed_map_leaves_nothing(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    on_map.call("destroy")
    assert on_map.page.inner_html("#map") == ""
    assert on_map.page.evaluate("scconcepts.map.get('map')") is None


@pytest.mark.parametrize("raster", [None, "/raster.svg"])
def test_without_webgl_the_map_says_so(map_chromium, map_site: MapPage, raster: str | None) -> None:
    browser = map_chromium([*FLAGS, "--disable-3d-apis"])
    on_map = Driver(browser, map_site)
    on_map.apply(on_map.concept(1), rasterUrl=raster)
    on_map.page.locator(".sc-map-count", has_text="798 of 3,000 cells").wait_for()
    words = on_map.page.inner_text(".sc-map-substitute")
    image = on_map.page.locator(".sc-map-raster")
    if raster:
        assert "Still picture" in words and image.is_visible()
        assert "Concept 1" in image.get_attribute("alt")
    else:
        assert "WebGL 2 is missing or switched off" in words and not image.is_visible()
    assert on_map.console == []
    browser.close()
