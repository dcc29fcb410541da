"""Drives one page with a map for its tests, and reads back what the reader sees.

A pytest plugin whose helpers are imported too: PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.map_page import CLUSTER_NAMES, COLORS, MapPage

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
SOFTWARE_GL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
N_CELLS = 3000
GREY, GROUND = (213, 218, 226), (255, 255, 255)

PIXELS = """async ([png, points]) => {
  const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const sheet = new OffscreenCanvas(picture.width, picture.height);
  const context = sheet.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  return points.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)]);
}"""


class Driver:
    """One open page with a map; every console message and failed request is kept."""

    def __init__(self, browser, site: MapPage, **options) -> None:
        self.site, self.cells = site, site.of_size(N_CELLS)
        self.page = browser.new_page(viewport={"width": 900, "height": 640}, **options)
        self.console: list[str] = []
        self.aborted: list[str] = []
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("requestfailed", lambda request: self.aborted.append(request.url))
        self.page.goto(site.url)

    def url(self, name: str, route: str = "payload") -> str:
        return f"/{route}/{N_CELLS}/{name}"

    def spec(self, color: dict | None = None, **more) -> dict:
        cells = {"coordinatesUrl": self.url("coordinates"), "nCells": N_CELLS}
        return {"cells": cells, "color": color or {"kind": "none"}, "theme": "light", **more}

    def concept(self, cluster: int, route: str = "payload") -> dict:
        url = self.url(f"concept-{cluster}", route)
        return {"kind": "sparse", "url": url, "title": f"Concept {cluster}", "unit": "au"}

    def clusters(self) -> dict:
        kind = {"kind": "category", "url": self.url("clusters"), "title": "Cell type", "bytes": 1}
        return {**kind, "categories": CLUSTER_NAMES, "colors": COLORS}

    def apply(self, color: dict | None = None, **more) -> None:
        self.page.evaluate("(s) => scconcepts.map.apply('map', s)", self.spec(color, **more))

    def show(self, color: dict | None = None, **more) -> None:
        self.apply(color, **more)
        self.wait((color or {}).get("title", "All cells"))

    def wait(self, title: str) -> None:
        test = "(t) => document.getElementById('map')?.dataset.painted === t"
        self.page.wait_for_function(test, arg=title, timeout=15000)

    def after_repaint(self, act) -> None:
        """Do `act` and wait for the next full picture."""
        self.page.evaluate(
            """() => { window.repainted = false; document.addEventListener(
              'scconcepts:painted', () => { window.repainted = true; }, { once: true }); }"""
        )
        act()
        self.page.wait_for_function("() => window.repainted", timeout=15000)

    def call(self, method: str, *arguments):
        script = "([m, a]) => scconcepts.map.get('map')[m](...a)"
        return self.page.evaluate(script, [method, list(arguments)])

    def place(self, cell: int) -> tuple[int, int]:
        """Where a cell is on the page, in CSS pixels."""
        x, y = (self.cells.coordinates[cell] / 65535).tolist()
        script = "(p) => scconcepts.map.get('map').stage.view.toScreen(...p)"
        return tuple(int(v) for v in self.page.evaluate(script, [x, y]))

    def pixels(self, *points) -> list[tuple[int, ...]]:
        """Colours of the page as the reader sees it."""
        png = base64.b64encode(self.page.screenshot()).decode()
        return [tuple(p) for p in self.page.evaluate(PIXELS, [png, [list(p) for p in points]])]

    def middle(self, cluster: int) -> int:
        """The cell nearest to the middle of a cluster: no other colour reaches into its pixel."""
        cells = np.flatnonzero(self.cells.cluster == cluster)
        place = self.cells.coordinates[cells].astype(float)
        return int(cells[np.linalg.norm(place - np.median(place, axis=0), axis=1).argmin()])

    def cluster_colors(self, *clusters: int) -> list[tuple[int, ...]]:
        return self.pixels(*[self.place(self.middle(cluster)) for cluster in clusters])


@pytest.fixture(scope="module")
def map_site() -> Iterator[MapPage]:
    site = MapPage()
    yield site
    site.close()


@pytest.fixture(scope="module")
def map_chromium() -> Iterator:
    """Chromium's launcher; takes a list of flags."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium: the map is tested in a real browser")
    with sync_api.sync_playwright() as playwright:
        yield lambda flags: playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


@pytest.fixture(scope="module")
def map_browser(map_chromium) -> Iterator:
    browser = map_chromium(FLAGS + SOFTWARE_GL)
    yield browser
    browser.close()


@pytest.fixture
def on_map(map_browser, map_site: MapPage) -> Iterator[Driver]:
    """A fresh page; the test fails when it leaves anything in the console."""
    map_site.gate.clear()
    map_site.failing.clear()
    map_site.asked.clear()
    driver = Driver(map_browser, map_site)
    yield driver
    map_site.gate.set()
    driver.page.close()
    assert driver.console == []


def near(found, expected, within: int = 14) -> bool:
    return max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= within


def rgb(css: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(css[1:]))


# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)


def oklab(colors: np.ndarray, vision: np.ndarray) -> np.ndarray:
    """Colours (n, 3) as a vision sees them, in OKLab (Ottosson 2020)."""
    share = colors / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ vision.T, 0, 1)
    to_lms = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.63]]
    to_lab = [[0.2105, 0.7936, -0.0041], [1.978, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    return np.cbrt(seen @ np.array(to_lms).T) @ np.array(to_lab).T
