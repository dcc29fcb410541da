"""The scale of the cell map: thresholds, differences, ways of drawing cells that share a place."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.map_driver import DEUTERANOPIA, GREY, PROTANOPIA, Driver, near, oklab, rgb

pytest_plugins = ("tests.e2e.map_driver",)
pytestmark = pytest.mark.e2e

HEAR = """() => { window.chosen = [];
  addEventListener('scconcepts:choice', (event) => chosen.push(event.detail)); }"""


def number(on_map: Driver, **more) -> dict:
    color = {"kind": "number", "url": on_map.url("number"), "title": "Depth", "unit": "UMI"}
    return {**color, "min": 0, "max": 508, **more}  # level n is the value 2 n


# Thresholds


def test_bars_count_cells_and_thresholds_grey_them(on_map: Driver) -> None:
    on_map.page.evaluate(HEAR)
    on_map.show(number(on_map))
    left, right = on_map.middle(4), on_map.middle(1)
    low, high = on_map.page.get_by_role("slider").all()
    assert low.get_attribute("aria-label") == "Lowest value shown"
    assert (low.get_attribute("aria-valuenow"), high.get_attribute("aria-valuenow")) == ("0", "508")
    low.focus()
    for _ in range(8):  # a page is 13 levels
        on_map.after_repaint(lambda: on_map.page.keyboard.press("PageUp"))
    on_map.after_repaint(lambda: on_map.page.keyboard.press("ArrowLeft"))
    assert low.get_attribute("aria-valuetext") == "206 UMI"
    levels = on_map.cells.number()
    n = int(((levels >= 103) & (levels < 255)).sum())
    assert f"{n:,} of 3,000 cells between 206 and 508" in on_map.page.inner_text(".sc-map-legend")
    assert on_map.page.evaluate("chosen.at(-1)") == {"range": "206,508"}
    assert f"{n:,} of 3,000 cells between" in on_map.page.get_attribute(
        ".sc-map-canvas", "aria-label"
    )
    found = on_map.pixels(on_map.place(left), on_map.place(right))
    assert near(found[0], GREY) and not near(found[1], GREY, 40)
    on_map.after_repaint(on_map.page.get_by_role("button", name="Show all").click)
    assert on_map.page.evaluate("chosen.at(-1)") == {"range": None}
    assert not near(on_map.pixels(on_map.place(left))[0], GREY, 40)


def test_the_height_of_a_bar_goes_with_the_root_of_its_cells(on_map: Driver) -> None:
    on_map.show(number(on_map))
    script = "scconcepts.mapParts.binLevels(scconcepts.map.get('map').coloring)"
    shares = np.array([bar["share"] for bar in on_map.page.evaluate(script)])
    levels = on_map.cells.number()
    bins = np.bincount(levels[levels < 255].astype(int) * 40 // 256, minlength=40)
    assert np.allclose(shares, np.sqrt(bins / bins.max()))


def test_a_threshold_is_dragged_and_a_double_click_resets(on_map: Driver) -> None:
    on_map.page.evaluate(HEAR)
    on_map.show(on_map.concept(1))
    box = on_map.page.locator(".sc-map-scale").bounding_box()
    at = lambda share: box["x"] + share * box["width"]  # noqa: E731
    y = box["y"] + box["height"] / 2
    on_map.page.mouse.move(at(0.97), y)
    on_map.page.mouse.down()
    on_map.page.mouse.move(at(0.7), y, steps=4)
    assert on_map.page.evaluate("chosen") == []  # the address waits for the end
    on_map.page.mouse.move(at(0.5), y, steps=4)
    on_map.page.mouse.up()
    low, high = map(float, on_map.page.evaluate("chosen.at(-1).range").split(","))
    values = on_map.cells.concept(1)[1]
    assert high == pytest.approx(values.max() / 2, abs=values.max() / 100)
    assert low == pytest.approx(values.max() / 255, abs=1e-3)
    on_map.after_repaint(lambda: on_map.page.mouse.dblclick(at(0.3), y))
    assert on_map.page.evaluate("chosen.at(-1)") == {"range": None}


@pytest.mark.parametrize(
    ("text", "kept"),
    [("100,200", [50, 100]), ("-5,200", [0, 100]), ("0,508", None), ("300,200", None)]
    + [("600,700", None), ("x,y", None), ("1", None), ("", None), ("1,2,3", None)],
)
def test_thresholds_of_the_address(on_map: Driver, text: str, kept) -> None:
    on_map.show(number(on_map), range=text)
    assert on_map.page.evaluate("scconcepts.map.get('map').coloring.range") == kept


def test_thresholds_come_back_from_the_address_to_the_same_level(on_map: Driver) -> None:
    script = """() => [[0, 508, 254], [0, 1e-5, 255], [-3, 7, 254], [0, 123456.7, 255]].every(
      ([min, max, n]) => { const scale = { domain: [1, n],
        toValue: (level) => min + (level / n) * (max - min) };
        for (let low = 1; low < n; low += 7) for (let high = low; high <= n; high += 11) {
          const text = scconcepts.mapParts.formatRange([low, high], scale);
          const back = scconcepts.mapParts.parseRange(text, scale);
          if (String(back) !== String(text === null ? null : [low, high])) return false; }
        return true; })"""
    assert on_map.page.evaluate(script)


def test_another_colouring_has_no_thresholds(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), range="1,2")
    assert on_map.page.evaluate("scconcepts.map.get('map').coloring.range") is not None
    on_map.show(on_map.concept(0))
    assert on_map.page.evaluate("scconcepts.map.get('map').coloring.range") is None


# Differences


def difference(on_map: Driver, first: int, second: int) -> dict:
    urls = [on_map.url(f"concept-{cluster}") for cluster in (first, second)]
    ends = ["second higher", "first higher"]
    return {"kind": "difference", "urls": urls, "title": "Difference", "unit": "au", "ends": ends}


def test_a_difference_has_two_colours_and_grey_between(on_map: Driver) -> None:
    on_map.show(difference(on_map, 1, 0))
    first, second, neither = on_map.cluster_colors(1, 0, 3)
    assert near(first, rgb("#7a2f00"), 60) and near(second, rgb("#08315f"), 60)
    assert near(neither, GREY)
    text = on_map.page.inner_text(".sc-map-legend")
    assert "second higher" in text and "first higher" in text and "−3.4" in text
    tell = "(cell) => scconcepts.map.get('map').coloring.valueOf(cell)"
    assert on_map.page.evaluate(tell, on_map.middle(0)).startswith("−3.")
    assert on_map.page.evaluate(tell, on_map.middle(3)) == "0"


def test_the_difference_is_taken_cell_by_cell(on_map: Driver) -> None:
    # By hand: cell 2: 4 - 0; cell 5: 2 - 1; cell 6: 0 - 3; cell 9: 1 - 1. Largest: 4.
    script = """() => { const column = (cells, values, max) => ({ cells, max,
        levels: values.map((value) => value / max * 255) });
      const made = scconcepts.mapParts.subtract(
        column([2, 5, 9], [4, 2, 1], 4), column([5, 6, 9], [1, 3, 1], 3));
      return [[...made.cells], [...made.levels], made.limit]; }"""
    cells, levels, limit = on_map.page.evaluate(script)
    assert cells == [2, 5, 6, 9] and limit == 4
    assert levels == [254, round(127 + 127 / 4), round(127 - 127 * 3 / 4), 127]


def test_a_concept_minus_itself_is_grey(on_map: Driver) -> None:
    on_map.show(difference(on_map, 1, 1))
    assert near(on_map.cluster_colors(1)[0], GREY)


def test_the_poles_can_be_told_apart_with_every_colour_vision(on_map: Driver) -> None:
    greys = {"light": (213, 218, 226), "dark": (57, 66, 79)}
    for theme, grey in greys.items():
        script = "([theme, grey]) => [...scconcepts.mapParts.divergingBytes(theme, grey)]"
        bytes_ = on_map.page.evaluate(script, [theme, list(grey)])
        ramp = np.array(bytes_).reshape(256, 4)[:255, :3]
        assert tuple(ramp[127]) == grey
        for vision in (np.eye(3), DEUTERANOPIA, PROTANOPIA):
            lab = oklab(ramp, vision)
            for step in (40, 64, 127):  # as far below zero as above
                gap = np.linalg.norm(lab[127 - step] - lab[127 + step])
                assert gap > 0.09, (theme, step)
            assert np.linalg.norm(lab[[0, 254]] - lab[127], axis=1).min() > 0.2


# Cells that share a place


def test_the_mean_of_a_block_counts_cells_at_zero(on_map: Driver) -> None:
    on_map.show({"kind": "sparse", "url": on_map.url("stack"), "title": "Stack"})
    best = np.flatnonzero(on_map.cells.cluster == 5)[::8]
    places = [on_map.place(int(cell)) for cell in best]
    top = on_map.page.evaluate("() => [...scconcepts.mapParts.rampBytes('light').slice(-4, -1)]")
    assert all(near(pixel, top, 30) for pixel in on_map.pixels(*places))
    choose = on_map.page.get_by_label("How cells that share a place are drawn")
    on_map.page.evaluate(HEAR)
    on_map.after_repaint(lambda: choose.select_option("mean"))
    assert on_map.page.evaluate("chosen") == [{"mode": "mean"}]
    alike = [near(pixel, top, 60) for pixel in on_map.pixels(*places)]
    assert sum(alike) < 0.5 * len(alike)  # their neighbours are near zero
    alt = on_map.page.get_attribute(".sc-map-canvas", "aria-label")
    assert "Drawn: mean of all cells." in alt


def test_means_are_those_of_the_cells_in_the_block(on_map: Driver) -> None:
    on_map.show(number(on_map), mode="mean")
    script = """() => { const map = scconcepts.map.get('map'); const { view } = map.stage;
      const frame = { clip: view.clip, size: 6, ratio: 1, width: 900, height: 640 };
      const ramp = Uint8Array.from({ length: 1024 }, (_, i) => i >> 2);
      const { bytes, ...grid } = map.shades.blocks.draw(map.coloring, map.cells, frame, ramp,
        { clear: [1, 2, 3], cell: [4, 5, 6] });
      return [[...bytes], grid, view.clip]; }"""
    found, grid, clip = on_map.page.evaluate(script)
    side, width, height = grid["side"], grid["width"], grid["height"]
    blocks = np.array(found).reshape(height, width, 4)[:, :, :3]
    place = on_map.cells.coordinates / 65535
    column = ((place[:, 0] * clip[0] + clip[2] + 1) * 450 / side).astype(int)
    row = ((place[:, 1] * clip[1] + clip[3] + 1) * 320 / side).astype(int)
    levels = on_map.cells.number()
    known = levels < 255
    at = row * width + column
    sums = np.bincount(at[known], levels[known], minlength=width * height)
    counts = np.bincount(at[known], minlength=width * height)
    filled = np.flatnonzero(counts)
    means = sums[filled] / counts[filled]
    assert len(filled) > 200
    assert np.abs(blocks.reshape(-1, 3)[filled, 0] - means).max() <= 0.51
    missing = np.setdiff1d(at[~known], at[known])
    assert (blocks.reshape(-1, 3)[missing] == [4, 5, 6]).all()
    empty = np.setdiff1d(np.arange(width * height), at)
    assert (blocks.reshape(-1, 3)[empty] == [1, 2, 3]).all()


def test_an_unknown_mode_is_the_default(on_map: Driver) -> None:
    on_map.show(on_map.concept(1), mode="average")
    select = on_map.page.get_by_label("How cells that share a place are drawn")
    assert select.input_value() == "max"
    on_map.after_repaint(lambda: on_map.apply(on_map.concept(1), mode="opacity"))
    assert select.input_value() == "opacity"
