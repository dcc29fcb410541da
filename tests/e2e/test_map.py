"""What the cell map draws, in a real browser: colours, order, legend, themes, moving pictures."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.map_driver import DEUTERANOPIA, GREY, GROUND, PROTANOPIA, Driver, near, oklab, rgb
from tests.e2e.map_page import CLUSTER_NAMES, COLORS, MapPage

pytest_plugins = ("tests.e2e.map_driver",)
pytestmark = pytest.mark.e2e


# What is drawn


def test_a_concept_colours_its_cells_and_no_others(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    active, other = on_map.cluster_colors(1, 0)
    top = on_map.page.evaluate("() => [...scconcepts.mapParts.rampBytes('light').slice(-4, -1)]")
    assert near(active, top, 60)  # the middle of a cluster is close to the largest activation
    assert near(other, GREY)
    assert near(on_map.pixels((450, 630))[0], GROUND)


def test_the_highest_values_lie_on_top(on_map: Driver) -> None:
    on_map.show({"kind": "sparse", "url": on_map.url("stack"), "title": "Stack"})
    best = np.flatnonzero(on_map.cells.cluster == 5)[::8]
    top = on_map.page.evaluate("() => [...scconcepts.mapParts.rampBytes('light').slice(-4, -1)]")
    found = on_map.pixels(*[on_map.place(int(cell)) for cell in best])
    assert len(found) > 8 and all(near(pixel, top, 30) for pixel in found)


def test_categories_and_missing_codes(on_map: Driver) -> None:
    on_map.show({**on_map.clusters(), "categories": CLUSTER_NAMES[:5], "colors": COLORS[:5]})
    *named, beyond = on_map.cluster_colors(0, 1, 2, 3, 4, 5)
    assert all(near(found, rgb(css)) for found, css in zip(named, COLORS, strict=False))
    assert near(beyond, GREY)  # a code without a name is drawn as a cell without a value
    assert "82 cells in none of these" in on_map.page.inner_text(".sc-map-legend")


def test_two_byte_codes(on_map: Driver) -> None:
    wide = {**on_map.clusters(), "url": on_map.url("clusters-wide"), "bytes": 2}
    on_map.show(wide)
    assert near(on_map.cluster_colors(3)[0], rgb(COLORS[3]))


def test_numbers_leave_missing_cells_grey(on_map: Driver) -> None:
    number = {"kind": "number", "url": on_map.url("number"), "title": "Counts"}
    on_map.show({**number, "min": 500, "max": 25310, "unit": "UMI"})
    left, right, missing = on_map.cluster_colors(0, 1, 5)
    assert not near(left, right, 60)
    assert near(missing, GREY)
    text = on_map.page.inner_text(".sc-map-legend")
    assert all(part in text for part in ("Counts", "500", "25,310", "UMI", "2,918 of 3,000"))


def test_legend_and_text_alternative_of_a_concept(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    text = on_map.page.inner_text(".sc-map-legend").replace("\u00a0", " ")
    assert "798 of 3,000 cells active (27 %)" in text
    canvas = on_map.page.locator(".sc-map-canvas")
    assert canvas.get_attribute("role") == "img"
    assert "coloured by Concept 1. 798 of 3,000" in canvas.get_attribute("aria-label")


def test_a_concept_without_active_cells(on_map: Driver) -> None:
    on_map.show({"kind": "sparse", "url": on_map.url("silent"), "title": "Silent"})
    assert "No cell active" in on_map.page.inner_text(".sc-map-legend")
    assert near(on_map.cluster_colors(1)[0], GREY)


def test_pointing_at_a_category_dims_the_others_and_a_click_hides_it(on_map: Driver) -> None:
    on_map.show(on_map.clusters())
    before = on_map.cluster_colors(1, 2)
    name = on_map.page.get_by_role("button", name="T cells")
    on_map.after_repaint(name.hover)
    lit, dimmed = on_map.cluster_colors(1, 2)
    assert near(lit, before[0]) and min(dimmed) > 190
    on_map.after_repaint(name.click)
    assert name.get_attribute("aria-pressed") == "false"
    on_map.after_repaint(lambda: on_map.page.mouse.move(450, 5))
    assert near(on_map.cluster_colors(1)[0], GREY)
    on_map.after_repaint(on_map.page.get_by_text("Show all").click)
    on_map.page.mouse.move(450, 5)
    on_map.page.wait_for_timeout(100)
    assert on_map.cluster_colors(1, 2) == before


def test_the_category_pointed_at_lies_on_top(on_map: Driver) -> None:
    parity = {"kind": "category", "url": on_map.url("parity"), "title": "Parity"}
    on_map.show({**parity, "categories": ["even", "odd"], "colors": COLORS[:2]})
    cells = np.flatnonzero(on_map.cells.cluster == 5)
    for code, name in enumerate(("even", "odd")):
        on_map.after_repaint(on_map.page.get_by_role("button", name=name).hover)
        found = on_map.pixels(*[on_map.place(int(c)) for c in cells[cells % 2 == code]])
        assert len(found) > 30 and all(near(pixel, rgb(COLORS[code]), 30) for pixel in found)


def test_the_value_of_a_cell_in_words(on_map: Driver) -> None:
    tell = "(cell) => scconcepts.map.get('map').coloring.valueOf(cell)"
    cells, values = on_map.cells.concept(1)
    best, silent, missing = int(cells[values.argmax()]), on_map.middle(0), on_map.middle(5)
    on_map.show(on_map.concept(1))
    assert on_map.page.evaluate(tell, best) == f"{values.max():.3g} au"
    assert on_map.page.evaluate(tell, silent) == "0"
    on_map.show({"kind": "number", "url": on_map.url("number"), "title": "N", "min": 0, "max": 508})
    assert on_map.page.evaluate(tell, missing) == "missing"
    assert on_map.page.evaluate(tell, best) == str(int(on_map.cells.number()[best]) * 2)
    on_map.show(on_map.clusters())
    assert on_map.page.evaluate(tell, best) == "T cells"


def test_themes(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    light = on_map.pixels((450, 630))[0]
    on_map.after_repaint(lambda: on_map.apply(on_map.concept(1), theme="dark"))
    ground, active, other = (
        on_map.pixels((450, 630))[0],
        *on_map.cluster_colors(1, 0),
    )
    assert sum(light) > 700 and sum(ground) < 90
    assert sum(active) > 400 and sum(other) < 260


def test_opacity_mode_fades_low_values(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    cells, values = on_map.cells.concept(1)
    lone = int(cells[values.argmin()])
    solid = on_map.pixels(on_map.place(lone))[0]
    on_map.after_repaint(lambda: on_map.call("setMode", "opacity"))
    assert sum(on_map.pixels(on_map.place(lone))[0]) > sum(solid) + 60


def test_the_ramps_stay_clear_of_ground_and_grey_for_every_colour_vision(on_map: Driver) -> None:
    greys = {"light": [GREY, GROUND], "dark": [(57, 66, 79), (17, 21, 27)]}
    for theme, others in greys.items():
        script = "(theme) => [...scconcepts.mapParts.rampBytes(theme)]"
        ramp = np.array(on_map.page.evaluate(script, theme)).reshape(256, 4)[:, :3]
        for vision in (np.eye(3), DEUTERANOPIA, PROTANOPIA):
            lab = oklab(ramp, vision)
            rises = np.diff(lab[::8, 0]) * (1 if theme == "dark" else -1)
            assert (rises > 0).all()
            for other in others:
                gap = np.linalg.norm(lab - oklab(np.array([other]), vision), axis=1)
                assert gap.min() > 0.1, (theme, other)


# Moving


def test_zoom_pan_and_fit_come_back_to_the_same_picture(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    before = on_map.page.screenshot()
    on_map.page.mouse.move(600, 300)
    on_map.after_repaint(lambda: on_map.page.mouse.wheel(0, -240))
    assert on_map.page.screenshot() != before
    on_map.page.locator(".sc-map-canvas").focus()
    for key in ("ArrowLeft", "ArrowUp", "+", "-", "-"):
        on_map.after_repaint(lambda key=key: on_map.page.keyboard.press(key))
    on_map.page.locator(".sc-map-canvas").blur()
    on_map.page.mouse.move(450, 2)
    on_map.after_repaint(lambda: on_map.call("fit"))
    assert on_map.page.screenshot() == before


def test_zoom_keeps_what_is_under_the_pointer(on_map: Driver) -> None:
    on_map.show(on_map.clusters())
    x, y = on_map.place(on_map.middle(1))
    on_map.page.mouse.move(x, y)
    on_map.after_repaint(lambda: on_map.page.mouse.wheel(0, -200))
    on_map.after_repaint(lambda: on_map.page.mouse.dblclick(x, y))
    moved = on_map.place(on_map.middle(1))
    assert abs(moved[0] - x) <= 3 and abs(moved[1] - y) <= 3


def test_a_drag_moves_the_picture_at_once_and_redraws_it_after(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    on_map.page.evaluate("() => { scconcepts.map.get('map').stage.cost = Infinity; }")
    x, y = on_map.place(on_map.middle(1))
    before = on_map.pixels((x, y))[0]
    on_map.page.mouse.move(x, y)
    on_map.page.mouse.down()
    on_map.after_repaint(lambda: on_map.page.mouse.move(x - 150, y + 100, steps=4))
    on_map.page.mouse.up()
    assert on_map.place(on_map.middle(1)) == (x - 150, y + 100)
    assert near(on_map.pixels((x - 150, y + 100))[0], before)


def test_the_moved_bitmap_lies_where_the_redrawn_picture_will(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    on_map.page.evaluate(
        """() => new Promise((done) => { const map = scconcepts.map.get('map');
          map.stage.cost = Infinity; map.zoom(1.5, 500, 300); map.pan(-40, 25);
          clearTimeout(map.stage.timer);
          requestAnimationFrame(() => requestAnimationFrame(done)); })"""
    )
    bitmap = on_map.cluster_colors(1, 0)
    on_map.after_repaint(
        lambda: on_map.page.evaluate("scconcepts.map.get('map').stage.redraw(true)")
    )
    assert all(near(a, b, 40) for a, b in zip(bitmap, on_map.cluster_colors(1, 0), strict=True))


def test_buttons_have_names_and_work(on_map: Driver) -> None:
    on_map.show()
    zoom = "() => scconcepts.map.get('map').stage.view.zoom"
    for name, expected in [("Zoom in", 1.5), ("Zoom out", 1.0), ("Zoom out", 1 / 1.5)]:
        button = on_map.page.get_by_role("button", name=name)
        on_map.after_repaint(button.click)
        assert on_map.page.evaluate(zoom) == pytest.approx(expected)
    on_map.after_repaint(on_map.page.get_by_role("button", name="Show the whole map").click)
    assert on_map.page.evaluate(zoom) == pytest.approx(1.0)


def test_two_fingers_zoom(on_map: Driver) -> None:
    on_map.show()
    on_map.after_repaint(
        lambda: on_map.page.evaluate(
            """() => { const canvas = document.querySelector('.sc-map-canvas');
          canvas.setPointerCapture = () => {};
          const send = (type, id, x, y) => canvas.dispatchEvent(new PointerEvent(type,
            { pointerId: id, clientX: x, clientY: y, pointerType: 'touch', bubbles: true }));
          send('pointerdown', 1, 400, 300); send('pointerdown', 2, 500, 300);
          send('pointermove', 1, 350, 300); send('pointermove', 2, 550, 300);
          send('pointerup', 1, 350, 300); send('pointerup', 2, 550, 300); }"""
        )
    )
    assert on_map.page.evaluate("scconcepts.map.get('map').stage.view.zoom") == pytest.approx(2.0)


def test_a_resize_draws_at_the_new_size(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    on_map.after_repaint(lambda: on_map.page.set_viewport_size({"width": 600, "height": 500}))
    size = on_map.page.evaluate(
        "() => { const c = document.querySelector('.sc-map-canvas'); return [c.width, c.height]; }"
    )
    assert size == [600, 500]
    active, other = on_map.cluster_colors(1, 0)
    assert near(other, GREY) and not near(active, GREY, 40)


def test_device_pixels(map_browser, map_site: MapPage) -> None:
    on_map = Driver(map_browser, map_site, device_scale_factor=2)
    on_map.show(on_map.concept(1))
    assert on_map.page.evaluate("document.querySelector('.sc-map-canvas').width") == 1800
    on_map.page.close()


def test_a_lost_context_is_redrawn(on_map: Driver) -> None:
    on_map.show(on_map.concept(1))
    before = on_map.cluster_colors(1, 0)
    on_map.page.evaluate(
        """() => { window.loser = scconcepts.map.get('map').stage.painter.gl
          .getExtension('WEBGL_lose_context'); loser.loseContext(); }"""
    )
    on_map.page.wait_for_function("() => scconcepts.map.get('map').stage.lost")
    on_map.after_repaint(lambda: on_map.page.evaluate("loser.restoreContext()"))
    assert on_map.cluster_colors(1, 0) == before
