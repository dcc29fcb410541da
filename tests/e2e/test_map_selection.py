"""Selecting cells on the map: drawing, the address's text, what is counted and told."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.cell_selection import within
from tests.e2e.map_driver import Driver

pytest_plugins = ("tests.e2e.map_driver",)
pytestmark = pytest.mark.e2e

SELECTABLE = {"selectable": True, "store": "a b"}
HEAR = """() => { window.heard = [];
  addEventListener('scconcepts:selected', (event) => heard.push(event.detail));
  scconcepts.addressOf = (place) => '/' + JSON.stringify(place); }"""


def count_inside(on_map: Driver, sel: str) -> int:
    """What the server finds inside the same text."""
    corners = np.array(sel.partition(":")[2].split(","), np.int64).reshape(-1, 2)
    return int(within(on_map.cells.coordinates, corners).sum())


def draw(on_map: Driver, *points) -> None:
    mouse = on_map.page.mouse
    mouse.move(*points[0])
    mouse.down()
    for point in points[1:]:
        mouse.move(*point, steps=6)
    mouse.up()


def around(on_map: Driver, cluster: int, reach: int = 90) -> list[tuple[int, int]]:
    x, y = on_map.place(on_map.middle(cluster))
    return [(x - reach, y), (x, y - reach), (x + reach, y), (x, y + reach), (x - reach + 4, y + 3)]


def test_a_lasso_selects_what_it_surrounds(on_map: Driver) -> None:
    on_map.page.evaluate(HEAR)
    on_map.show(on_map.concept(1), **SELECTABLE)
    on_map.page.get_by_role("button", name="Select cells with a lasso").click()
    view = on_map.page.evaluate("({ ...scconcepts.map.get('map').stage.view })")
    draw(on_map, *around(on_map, 1))
    found = on_map.page.evaluate("heard.at(-1)")
    assert found["nCells"] == count_inside(on_map, found["sel"]) > 300
    key, _, numbers = found["sel"].partition(":")
    assert key == "coordinates" and 3 <= len(numbers.split(",")) / 2 <= 48
    bar = on_map.page.get_by_role("group", name="Selection")
    assert f"{found['nCells']:,} cells selected" in bar.inner_text()
    link = bar.get_by_role("link", name="Concepts in these cells").get_attribute("href")
    assert found["sel"] in link and '"page":"cells"' in link.replace("%22", '"')
    alt = on_map.page.get_attribute(".sc-map-canvas", "aria-label")
    assert f"{found['nCells']:,} cells selected." in alt
    # The map itself has not moved, and no cell was pressed.
    assert on_map.page.evaluate("({ ...scconcepts.map.get('map').stage.view })") == view


def test_a_lasso_of_many_turns_has_few_corners(on_map: Driver) -> None:
    points = """() => Array.from({ length: 700 }, (_, i) => { const turn = i / 700 * 2 * Math.PI;
      const radius = 0.3 + 0.02 * Math.sin(9 * turn);
      return [0.5 + radius * Math.cos(turn), 0.5 + radius * Math.sin(turn)]; })"""
    made = on_map.page.evaluate(f"scconcepts.mapParts.makePolygon(({points})())")
    assert len(made) == 48
    drawn = np.rint(np.array(on_map.page.evaluate(points)) * 65535).astype(np.int64)
    cells = on_map.cells.coordinates
    both = [within(cells, np.array(corners, np.int64)) for corners in (drawn, made)]
    assert (both[0] != both[1]).mean() < 0.01
    for nothing in ([], [[0.1, 0.1], [0.2, 0.2]], [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]):
        script = "(p) => scconcepts.mapParts.makePolygon(p)"
        assert on_map.page.evaluate(script, nothing) is None


def test_shift_draws_a_lasso_and_a_tool_a_rectangle(on_map: Driver) -> None:
    on_map.page.evaluate(HEAR)
    on_map.show(on_map.concept(1), **SELECTABLE)
    on_map.page.keyboard.down("Shift")
    draw(on_map, *around(on_map, 3))
    on_map.page.keyboard.up("Shift")
    assert on_map.page.evaluate("heard.length") == 1
    tool = on_map.page.get_by_role("button", name="Select cells in a rectangle")
    tool.click()
    assert tool.get_attribute("aria-pressed") == "true"
    x, y = on_map.place(on_map.middle(3))
    draw(on_map, (x - 50, y - 30), (x + 40, y + 60))
    sel = on_map.page.evaluate("heard.at(-1).sel")
    numbers = [int(n) for n in sel.partition(":")[2].split(",")]
    assert len(numbers) == 8 and len(set(numbers)) == 4
    assert count_inside(on_map, sel) == on_map.page.evaluate("heard.at(-1).nCells") > 50


def test_escape_leaves_the_line_and_then_the_selection(on_map: Driver) -> None:
    on_map.page.evaluate(HEAR)
    sel = "coordinates:10000,10000,50000,10000,50000,50000"
    on_map.show(on_map.concept(1), **SELECTABLE, selection=sel)
    outline = on_map.page.locator(".sc-map-outline")
    drawn = outline.get_attribute("d")
    assert drawn.count("L") == 2
    on_map.page.get_by_role("button", name="Select cells with a lasso").click()
    on_map.page.mouse.move(200, 200)
    on_map.page.mouse.down()
    on_map.page.mouse.move(300, 260, steps=5)
    assert outline.get_attribute("d") != drawn
    on_map.page.keyboard.press("Escape")
    on_map.page.mouse.up()
    assert outline.get_attribute("d") == drawn and on_map.page.evaluate("heard") == []
    on_map.page.keyboard.press("Escape")
    assert outline.get_attribute("d") == ""
    assert on_map.page.evaluate("heard") == [{"sel": None, "nCells": None}]
    assert not on_map.page.get_by_role("group", name="Selection").is_visible()


def test_a_selection_of_the_address_is_drawn_and_counted_like_on_the_server(on_map: Driver) -> None:
    rng = np.random.default_rng(5)
    texts = [rng.integers(0, 65536, size=2 * n) for n in (3, 4, 7, 48)]
    # Corners on cells: whether these are inside must not differ either.
    texts.append(on_map.cells.coordinates[[3, 700, 1500, 2200, 2900]].astype(int).ravel())
    on_map.show(on_map.concept(1))
    for numbers in texts:
        sel = f"coordinates:{','.join(map(str, numbers))}"
        on_map.show(on_map.concept(1), selection=sel)
        n = on_map.page.evaluate("scconcepts.map.get('map').selecting.selection.nCells")
        assert n == count_inside(on_map, sel)
    assert "cells selected" in on_map.page.inner_text(".sc-map-selection")


@pytest.mark.parametrize(
    "text",
    ["umap:1,2,3,4,5,6", "coordinates:1,2,3,4", "coordinates:1,2,3,4,5", "coordinates:", "x", ":,"]
    + ["coordinates:1,2,3,4,5,70000", "coordinates:" + ",".join(["1"] * 98), "coordinates:a,b,c"]
    + ["coordinates:-1,2,3,4,5,6"],
)
def test_nonsense_is_no_selection(on_map: Driver, text: str) -> None:
    on_map.show(on_map.concept(1), **SELECTABLE, selection=text)
    assert on_map.page.get_attribute(".sc-map-outline", "d") == ""
    assert not on_map.page.get_by_role("group", name="Selection").is_visible()


def test_the_line_moves_with_the_map(on_map: Driver) -> None:
    corner = on_map.cells.coordinates[on_map.middle(1)].tolist()
    sel = f"coordinates:{corner[0]},{corner[1]},60000,1000,65000,60000"
    on_map.show(on_map.concept(1), selection=sel)
    first = "() => document.querySelector('.sc-map-outline').getAttribute('d').match(/[\\d.]+/g)"
    for act in (
        lambda: on_map.page.mouse.wheel(0, -240),
        lambda: on_map.call("pan", 40, -25),
        lambda: on_map.page.set_viewport_size({"width": 700, "height": 500}),
    ):
        on_map.page.mouse.move(450, 320)
        on_map.after_repaint(act)
        x, y = map(float, on_map.page.evaluate(first)[:2])
        assert np.allclose([x, y], on_map.place(on_map.middle(1)), atol=1.2)


def test_a_map_that_is_not_selectable_has_no_tools(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    assert not on_map.page.get_by_role("group", name="Tool").is_visible()


def test_two_fingers_stop_the_line_and_zoom(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), **SELECTABLE)
    on_map.page.get_by_role("button", name="Select cells with a lasso").click()
    on_map.after_repaint(
        lambda: on_map.page.evaluate(
            """() => { const canvas = document.querySelector('.sc-map-canvas');
          canvas.setPointerCapture = () => {};
          const send = (type, id, x, y) => canvas.dispatchEvent(new PointerEvent(type,
            { pointerId: id, clientX: x, clientY: y, pointerType: 'touch', bubbles: true }));
          send('pointerdown', 1, 400, 300); send('pointermove', 1, 420, 340);
          send('pointerdown', 2, 520, 340);
          send('pointermove', 2, 620, 340);
          send('pointerup', 1, 420, 340); send('pointerup', 2, 620, 340); }"""
        )
    )
    assert on_map.page.evaluate("scconcepts.map.get('map').stage.view.zoom") == pytest.approx(2.0)
    assert on_map.page.get_attribute(".sc-map-outline", "d") == ""
