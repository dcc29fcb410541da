"""A browser without WebGL: the workspace shows the server's picture of the map."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.map_driver import FLAGS

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Chromium without any WebGL."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium")
    if not path:
        pytest.skip("no chromium: the map is tested in a real browser")
    with sync_api.sync_playwright() as playwright:
        flags = [*FLAGS, "--disable-gpu", "--disable-3d-apis"]
        opened = playwright.chromium.launch(executable_path=path, args=flags)
        yield opened
        opened.close()


def picture(visitor) -> dict[str, str]:
    """What was asked of the server for the picture that is shown, once it is there."""
    visitor.page.wait_for_function(
        "() => { const i = document.querySelector('.sc-map-raster'); "
        "return i?.complete && i.naturalWidth > 100; }"
    )
    url = visitor.page.get_attribute(".sc-map-raster", "src")
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def wait_for(visitor, part: str) -> None:
    visitor.page.wait_for_function(
        "(part) => decodeURIComponent(document.querySelector('.sc-map-raster')?.src ?? '')"
        ".includes(part)",
        arg=part,
    )


def test_the_picture_follows_concept_colour_theme_and_thresholds(visit) -> None:
    visitor = visit().open("/concept/c0002?range=0.5,9")
    wait_for(visitor, "color=concept:c0002")
    asked = picture(visitor)
    assert asked["range"] == "0.5,9"
    box = visitor.page.locator("#cell-map").bounding_box()
    assert int(asked["width"]) == pytest.approx(box["width"], abs=2)
    words = visitor.text(".sc-map-substitute")
    assert "Still picture" in words and "WebGL 2" in words
    assert "c0002" in visitor.page.get_attribute(".sc-map-raster", "alt")
    visitor.page.click(".ag-row[row-id='c0001']")
    wait_for(visitor, "color=concept:c0001")
    theme = asked["theme"]
    visitor.page.click("#theme-toggle")
    visitor.page.wait_for_function(
        "(t) => !document.querySelector('.sc-map-raster').src.includes(`theme=${t}`)", arg=theme
    )
    assert picture(visitor)["theme"] != theme


@pytest.mark.parametrize("color", ["obs:cell_type", "gene:CD79A", "diff:c0001,c0002"])
def test_every_colouring_has_its_picture(visit, color: str) -> None:
    visitor = visit().open(f"/concept/c0002?color={color}")
    wait_for(visitor, f"color={color}")
    assert picture(visitor)["color"] == color
