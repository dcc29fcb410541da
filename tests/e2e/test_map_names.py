"""Names on the cell map, maps that move together, and pictures for print."""

from __future__ import annotations

import base64
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.map_driver import Driver, near, rgb
from tests.e2e.map_page import CLUSTER_NAMES, COLORS

pytest_plugins = ("tests.e2e.map_driver",)
pytestmark = pytest.mark.e2e

BIG = CLUSTER_NAMES[:5]  # the sixth lies on top of others


def names_of(on_map: Driver, **more) -> dict:
    column = {"url": on_map.url("clusters"), "categories": CLUSTER_NAMES, "bytes": 1}
    return {"on": True, **column, **more}


def written(on_map: Driver) -> dict[str, tuple[float, float]]:
    script = """() => [...document.querySelectorAll('.sc-map-names text')].map((text) =>
      [text.textContent, ...['x', 'y'].map((name) => Number(text.getAttribute(name)))])"""
    return {name: (x, y) for name, x, y in on_map.page.evaluate(script)}


def wait_for_names(on_map: Driver) -> None:
    on_map.page.wait_for_selector(".sc-map-names text", state="attached")


# Names


def test_names_stand_where_most_cells_of_a_category_lie(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), names=names_of(on_map))
    wait_for_names(on_map)
    found = written(on_map)
    assert set(BIG) <= set(found)
    for code, name in enumerate(BIG):
        cells = on_map.cells.coordinates[on_map.cells.cluster == code].astype(float)
        middle = on_map.place(on_map.middle(code))
        spread = np.abs(cells - np.median(cells, axis=0)).mean() / 65535 * 900
        assert np.linalg.norm(np.subtract(found[name], middle)) < spread + 16, name


def test_no_two_names_lie_over_each_other(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), names=names_of(on_map))
    wait_for_names(on_map)
    on_map.after_repaint(lambda: on_map.page.set_viewport_size({"width": 330, "height": 300}))
    boxes = on_map.page.evaluate(
        """() => [...document.querySelectorAll('.sc-map-names text')].map((text) => {
          const { left, right, top, bottom } = text.getBoundingClientRect();
          return [left, right, top, bottom]; })"""
    )
    assert len(boxes) >= 3
    for i, (left, right, top, bottom) in enumerate(boxes):
        assert left >= 0 and right <= 330
        for other in boxes[:i]:
            apart = right <= other[0] or left >= other[1] or bottom <= other[2] + 2
            assert apart or top >= other[3] - 2


UNDER_LEGEND = """() => {
  const boxOf = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [legend, { width, height }] = [boxOf('.sc-map-legend'), boxOf('.sc-map')];
  return [...document.querySelectorAll('.sc-map-names text')].filter((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const isClear = right <= legend.left || left >= legend.right
      || bottom <= legend.top + 2 || top >= legend.bottom - 2;
    return !isClear || left < 0 || right > width || top < -2 || bottom > height + 2;
  }).map((text) => text.textContent); }"""


def pan_below_legend(on_map: Driver, code: int) -> None:
    """Move the map until the middle of a cluster lies below the legend, near its upper edge."""
    x, y = on_map.place(on_map.middle(code))
    box = on_map.page.locator(".sc-map-legend").bounding_box()
    at = box["x"] + box["width"] / 2, box["y"] + 20
    on_map.after_repaint(lambda: on_map.call("pan", at[0] - x, at[1] - y))


def test_names_keep_clear_of_the_legend(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), names=names_of(on_map))
    wait_for_names(on_map)
    legend = on_map.page.locator(".sc-map-legend")
    on_map.after_repaint(lambda: on_map.call("zoom", 2.5))
    for code, name in enumerate(BIG):
        pan_below_legend(on_map, code)
        x, y = on_map.place(on_map.middle(code))
        box = legend.bounding_box()
        assert box["x"] < x < box["x"] + box["width"] and box["y"] < y < box["y"] + box["height"]
        assert on_map.page.evaluate(UNDER_LEGEND) == [], name
    # Beside it there is room for the last one, as long as its cells are not far inside.
    assert BIG[-1] in written(on_map)
    place = written(on_map)[BIG[-1]]
    legend.get_by_role("button").first.click()  # folded it is smaller
    assert on_map.page.evaluate(UNDER_LEGEND) == []
    assert written(on_map)[BIG[-1]] != place


def test_a_category_in_two_places_is_named_in_both(on_map: Driver) -> None:
    script = """() => { const n = 400; const coordinates = new Uint16Array(2 * n);
      for (let i = 0; i < n; i++) { const far = i % 5 < 2;
        coordinates[2 * i] = (far ? 55000 : 9000) + (i * 37) % 4000;
        coordinates[2 * i + 1] = 20000 + (i * 91) % 4000; }
      return scconcepts.mapParts.placeNames(new Uint8Array(n), ['T'], coordinates)
        .map(({ name, x }) => [name, Math.round(x * 10)]); }"""
    # Three fifths of the cells lie on the left, in the middle of 9000 to 13000.
    assert on_map.page.evaluate(script) == [["T", 2], ["T", 9]]


def test_a_coloured_column_brings_its_own_names(on_map: Driver) -> None:
    other = names_of(on_map, categories=["x"] * 6)
    on_map.show(on_map.clusters(), names=other)
    assert set(BIG) <= set(written(on_map))


def test_the_button_switches_names_and_tells_the_page(on_map: Driver) -> None:
    on_map.page.evaluate(
        """() => { window.chosen = [];
          addEventListener('scconcepts:choice', (event) => chosen.push(event.detail)); }"""
    )
    on_map.show(on_map.concept(1), names=names_of(on_map))
    wait_for_names(on_map)
    button = on_map.page.get_by_role("button", name="Names of the clusters")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert written(on_map) == {} and on_map.page.evaluate("chosen") == [{"names": "0"}]
    button.click()
    wait_for_names(on_map)
    assert on_map.page.evaluate("chosen.at(-1)") == {"names": "1"}
    assert on_map.site.asked.count(on_map.url("clusters")) == 1


def test_without_names_nothing_is_loaded_for_them(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), names=names_of(on_map, on=False))
    on_map.show(on_map.concept(0))
    assert on_map.url("clusters") not in on_map.site.asked
    assert not on_map.page.get_by_role("button", name="Names of the clusters").is_visible()


def test_names_that_cannot_be_loaded_leave_the_map_alone(on_map: Driver) -> None:
    on_map.site.failing.add("clusters")
    on_map.show(on_map.concept(1), names=names_of(on_map))
    on_map.page.wait_for_timeout(200)
    assert written(on_map) == {} and not on_map.page.locator(".sc-map-message").is_visible()
    assert all("503" in text for text in on_map.console) and on_map.console
    on_map.console.clear()


# Maps that look at the same place


def add_second(on_map: Driver, **more) -> None:
    on_map.page.evaluate(
        """() => { document.body.style.cssText = 'display: grid; grid-template-columns: 1fr 1fr';
          const second = document.createElement('div'); second.id = 'second';
          document.body.append(second); second.style.height = '100vh'; }"""
    )
    spec = on_map.spec(on_map.concept(0), **more)
    on_map.page.evaluate("(s) => scconcepts.map.apply('second', s)", spec)
    on_map.page.wait_for_selector("#second[data-painted='Concept 0']")


VIEWS = """() => ['map', 'second'].map((id) => { const { x, y, zoom } =
  scconcepts.map.get(id).stage.view; return [x, y, zoom]; })"""


def test_linked_maps_move_together_and_ring_the_same_cell(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), link="pair")
    add_second(on_map, link="pair")
    on_map.page.mouse.move(200, 300)
    on_map.after_repaint(lambda: on_map.page.mouse.wheel(0, -400))
    on_map.after_repaint(lambda: on_map.page.evaluate("scconcepts.map.get('second').pan(30, 9)"))
    views = on_map.page.evaluate(VIEWS)
    assert views[0] == pytest.approx(views[1]) and views[0][2] > 1.5
    on_map.after_repaint(lambda: on_map.page.evaluate("scconcepts.map.get('second').fit()"))
    assert on_map.page.evaluate(VIEWS)[0][2] == pytest.approx(1)
    on_map.page.mouse.move(*on_map.place(on_map.middle(1)))
    on_map.page.wait_for_function("() => !document.querySelector('#second .sc-map-ring').hidden")
    on_map.page.mouse.move(440, 4)
    on_map.page.wait_for_function("() => document.querySelector('#second .sc-map-ring').hidden")


def test_maps_without_a_group_move_alone(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), link="pair")
    add_second(on_map)
    on_map.after_repaint(lambda: on_map.page.evaluate("scconcepts.map.get('map').zoom(3)"))
    views = on_map.page.evaluate(VIEWS)
    assert views[0][2] == pytest.approx(3) and views[1][2] == pytest.approx(1)


# Pictures for print


def save(on_map: Driver, item: str) -> tuple[str, bytes]:
    on_map.page.get_by_role("button", name="Save picture").click()
    with on_map.page.expect_download() as download:
        on_map.page.get_by_role("menuitem", name=item).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def chunk(png: bytes, kind: bytes) -> bytes:
    at = png.index(kind)
    return png[at + 4 : at + 4 + struct.unpack(">I", png[at - 4 : at])[0]]


def test_a_png_is_180_mm_wide_at_300_dpi(on_map: Driver) -> None:
    picture = {"heading": "Cells of a test", "name": "kang_c0001"}
    on_map.show(on_map.clusters(), names=names_of(on_map, on=False), picture=picture)
    name, png = save(on_map, "PNG")
    assert name == "kang_c0001_Cell-type.png"
    width, height = struct.unpack(">II", chunk(png, b"IHDR")[:8])
    assert width == round(180 / 25.4 * 300) and 1000 < height < 2126
    per_metre, _, unit = struct.unpack(">IIB", chunk(png, b"pHYs"))
    assert unit == 1 and width / per_metre == pytest.approx(0.18, rel=1e-3)
    # The cells were drawn anew: the middle of a cluster has its colour where the figure puts it.
    where = on_map.page.evaluate(
        """([x, y]) => { const map = scconcepts.map.get('map');
          const { view, origin } = scconcepts.mapParts.layOutFigure(map, 'x');
          const [px, py] = view.toScreen(x / 65535, y / 65535);
          return [(px + origin[0]) * 300 / 96, (py + origin[1]) * 300 / 96]; }""",
        on_map.cells.coordinates[on_map.middle(3)].tolist(),
    )
    script = """async ([png, x, y]) => { const bytes = Uint8Array.from(atob(png),
        (c) => c.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      return [...context.getImageData(x, y, 1, 1).data.slice(0, 3)]; }"""
    pixel = on_map.page.evaluate(script, [base64.b64encode(png).decode(), *where])
    assert near(pixel, rgb(COLORS[3]))


def test_an_svg_has_text_and_lines_and_a_bitmap_of_the_cells(on_map: Driver) -> None:
    sel = "coordinates:10000,10000,50000,10000,50000,50000"
    more = {"selection": sel, "picture": {"heading": "Cells & more", "name": "s"}}
    on_map.show(on_map.concept(1), names=names_of(on_map), mode="mean", **more)
    wait_for_names(on_map)
    name, svg = save(on_map, "SVG")
    assert name == "s_Concept-1.svg"
    root = ET.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("width") == "180mm"
    texts = [text.text for text in root.iter(f"{space}text")]
    assert {"Cells & more", "Concept 1", "T cells", "au", "3.42"} <= set(texts)
    assert any("798 of 3,000" in text for text in texts) and "mean of all cells" in " ".join(texts)
    assert len(root.find(f"{space}polygon").get("points").split(" ")) == 3
    assert root.find(f"{space}image").get("href").startswith("data:image/png;base64,")


def test_a_picture_that_cannot_be_made_is_told(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    on_map.page.evaluate(
        """() => { scconcepts.mapParts.Painter =
          class { constructor() { throw Error('no room'); } } }"""
    )
    on_map.page.get_by_role("button", name="Save picture").click()
    on_map.page.get_by_role("menuitem", name="PNG").click()
    alert = on_map.page.get_by_role("alert")
    alert.wait_for()
    assert "The picture could not be saved: no room." in alert.inner_text()


def test_the_menu_closes_with_escape_and_gives_the_focus_back(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    button = on_map.page.get_by_role("button", name="Save picture")
    button.focus()
    on_map.page.keyboard.press("Enter")
    menu = on_map.page.get_by_role("menu")
    on_map.page.keyboard.press("ArrowDown")
    assert on_map.page.evaluate("document.activeElement.textContent").startswith("SVG")
    on_map.page.keyboard.press("Escape")
    assert not menu.is_visible()
    assert on_map.page.evaluate("document.activeElement.title") == "Save picture"
