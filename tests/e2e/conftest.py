"""The whole app on a free loopback port, and a real browser that reports everything it dislikes."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.library import Library
from scconcepts_app.server import create_app
from scconcepts_app.settings import Settings
from scconcepts_app.store import ConceptStore
from tests.store_factory import write_store

# Only WebGL wants the software GPU: pages painted through it too took a third more of a core.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
# Said by Chromium where the page itself is painted without the GPU that drew the map.
_READ_BACK = "GPU stall due to ReadPixels"
_SIZE = {"width": 1440, "height": 900}
_MISSING = "browser tests need Chromium and Playwright: sh tests/install_browser.sh"


@dataclass
class Site:
    """A served app. `plain` is a store without attribution and without tests of gene sets."""

    url: str
    store: ConceptStore
    labels: AnnotationService


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """The app over the fixture store (the default) and one without model."""
    folder = tmp_path_factory.mktemp("site")
    store = ConceptStore.open(write_store(folder / "fixture.store"))
    plain = replace(
        store.manifest,
        title="Plain",
        attributions=[],
        enrichments=[],
        faithfulness=[],
        cell_effects=[],
        set_swaps=[],
        evaluations=[],
        sweeps=[],
        provenance={"attribution": {"refused": "The embeddings came without their model."}},
    )
    library = Library([("fixture", store), ("plain", ConceptStore(store.path, plain))])
    settings = Settings(
        annotations_url=f"sqlite:///{folder / 'labels.sqlite3'}", cache_dir=folder / "cache"
    )
    app = create_app(library, settings)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    service = AnnotationService(settings.annotations_url)
    yield Site(f"http://127.0.0.1:{server.server_port}", store, service)
    server.shutdown()
    thread.join(10)


# One browser a module: Playwright allows one at a time, and test_map.py brings its own.
@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Chromium with a software renderer for WebGL."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _give_up()
    path = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        _give_up()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield opened
        opened.close()


def _give_up() -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(_MISSING)
    pytest.skip(_MISSING)


@dataclass
class Visitor:
    """A new browser profile on the site; what the browser complained about is in `complaints`."""

    page: object
    site: Site
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for event, listener in self._listeners.items():
            self.page.on(event, listener)

    @cached_property
    def _listeners(self) -> dict[str, Callable]:
        return {
            "console": self._hear,
            "pageerror": lambda error: self.complaints.append(f"exception: {error}"),
            "request": self._check_host,
        }

    def leave(self) -> None:
        """Leave the page as it was found: empty, remembering nothing."""
        self.page.unroute_all()
        if self.page.url.startswith(self.site.url):
            self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.page.goto("about:blank")
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def _hear(self, message) -> None:
        if message.type in {"error", "warning"} and _READ_BACK not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _check_host(self, request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self.complaints.append(f"request to another host: {request.url}")

    def open(self, path: str) -> Visitor:
        """Go to an address and wait for the page to be filled."""
        self.page.goto(self.site.url + path)
        self.page.wait_for_selector(".sc-workspace, .sc-methods, .sc-error")
        return self

    def open_concept(self, path: str, concept_id: str) -> Visitor:
        """Open a workspace and wait until a concept is shown in all of its panels."""
        self.open(path)
        self.wait_for_concept(concept_id)
        return self

    def wait_for_concept(self, concept_id: str) -> None:
        """Wait until head, genes, their figure and table agree on a concept."""
        self.page.wait_for_function(
            """(id) => {
                 const drawn = (plot, id) => plot?.layout?.meta === id
                   && (plot.querySelector('.bars .point') || plot.querySelector('.annotation'));
                 return document.querySelector('.sc-concept-id')?.textContent === id
                 && document.getElementById('genes-caption')?.textContent.includes(id)
                 && drawn(document.querySelector('#genes-figure .js-plotly-plot'), id)
                 && document.querySelector('.ag-row-selected')?.getAttribute('row-id') === id
               }""",
            arg=concept_id,
        )

    def open_tab(self, words: str, figure: str, concept_id: str) -> None:
        """Choose a tab below the map and wait until its figure shows a concept."""
        self.page.click(f"#tab >> text='{words}'")
        self.wait_for_figure(figure, concept_id)

    def wait_for_figure(self, figure: str, meta: str) -> None:
        """Wait until a figure is in sight and drawn for what `meta` begins with."""
        self.page.wait_for_function(
            """([id, meta]) => {
                 const plot = document.querySelector(`#${id} .js-plotly-plot`);
                 return plot?.offsetHeight > 80 && plot.layout?.meta?.startsWith(meta)
                   && plot.querySelector('.point, .annotation, .lines');
               }""",
            arg=[figure, meta],
        )

    def trace(self, figure: str, name: str) -> dict:
        """Return x and y of a trace of a figure, by its name."""
        return self.page.evaluate(
            """([id, name]) => {
                 const plot = document.querySelector(`#${id} .js-plotly-plot`);
                 const trace = plot.data.find((t) => t.name === name);
                 const plain = (v) => Array.from(v?._inputArray ?? v ?? []);
                 return { x: plain(trace.x), y: plain(trace.y) };
               }""",
            [figure, name],
        )

    def text(self, selector: str) -> str:
        """Return the text that is seen in an element."""
        return self.page.inner_text(selector)


@pytest.fixture(scope="module")
def used_page(browser) -> Iterator:
    """A page that the tests of a module take over from each other: it knows the scripts already."""
    context = browser.new_context(viewport=_SIZE)
    yield context.new_page()
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Say with a failure where its visitors were and what they saw: it may not come again."""
    report = yield
    if report.when == "call" and report.failed:
        for visitor in getattr(item.funcargs.get("visit"), "visitors", []):
            seen = visitor.page.evaluate(_SEEN)
            report.longrepr.addsection(f"Seen at {visitor.page.url}", seen)
    return report


_SEEN = """() => {
  const { activeElement: at, body } = document;
  return `In focus: ${at?.outerHTML.slice(0, 200)}\n${body.innerText.slice(0, 4000)}`;
}"""


@pytest.fixture
def visit(browser, used_page, site) -> Iterator:
    """Opens visitors; at the end the test fails if a browser complained about anything.

    The first of a test takes the page of the test before, with nothing kept; all others, those with
    options and those who ask for a `fresh` browser (as for a script that cannot be taken out of a
    page again) have a profile of their own.
    """
    contexts, visitors = [], []

    def make(fresh: bool = False, **options) -> Visitor:
        if visitors or options or fresh:
            contexts.append(browser.new_context(**{"viewport": _SIZE, **options}))
            page = contexts[-1].new_page()
        else:
            page = used_page
            page.set_viewport_size(_SIZE)
        page.set_default_timeout(20_000)
        visitors.append(Visitor(page, site))
        return visitors[-1]

    make.visitors = visitors
    yield make
    for visitor in visitors:
        visitor.leave()
    for context in contexts:
        context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
