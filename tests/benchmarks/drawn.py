"""What happens in the browser: clicks until the picture is there, memory, bytes of a cold load."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
SIZE = {"width": 1440, "height": 900}
_TIMEOUT_MS = 180_000
# The panels of a concept are filled after its picture; the next click finds the page at rest.
_REST_MS = 2500
# How long nothing is uploaded or drawn before a picture counts as the last one.
_QUIET_MS = 1500

# Keeps the time of each picture of our map; a click is timed from the event itself.
_LISTEN = """
window.pictures = [];
document.addEventListener("scconcepts:painted", (event) => {
  window.pictures.push({ title: event.detail.title, at: event.detail.at });
});
"""

# The same for any WebGL page: uploads to the GPU, and when each draw call was carried out. A
# pixel is read back for that, which waits for the renderer.
WATCH_WEBGL = """
window.gl = { uploaded: 0, drawn: [], last: 0 };
for (const type of [WebGLRenderingContext, WebGL2RenderingContext]) {
  for (const name of ["bufferData", "bufferSubData", "texImage2D", "texSubImage2D"]) {
    const original = type.prototype[name];
    type.prototype[name] = function (...given) {
      window.gl.uploaded = window.gl.last = performance.now();
      return original.apply(this, given);
    };
  }
  for (const name of ["drawArrays", "drawElements"]) {
    const original = type.prototype[name];
    type.prototype[name] = function (...given) {
      const at = window.gl.last = performance.now();
      original.apply(this, given);
      setTimeout(() => {
        this.readPixels(0, 0, 1, 1, this.RGBA, this.UNSIGNED_BYTE, new Uint8Array(4));
        window.gl.drawn.push({ at, done: performance.now() });
        window.gl.last = performance.now();
      });
    };
  }
}
"""


@contextmanager
def open_browser() -> Iterator:
    """Yield a headless Chromium with a software renderer for WebGL."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def new_page(browser, script: str = _LISTEN) -> Iterator:
    """Yield a page of a new profile: nothing is cached."""
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    page.set_default_timeout(_TIMEOUT_MS)
    page.add_init_script(script)
    yield page
    context.close()


def wait_for_picture(page, title: str) -> None:
    """Wait until our map shows what begins with a title."""
    page.wait_for_function("(t) => window.pictures.some((p) => p.title.startsWith(t))", arg=title)


def switch_concept(page, concept_id: str) -> dict[str, float]:
    """Click on the row of a concept; return milliseconds until its picture and of its payload.

    The row is brought into view first and is not pointed at, so nothing is fetched in advance.
    """
    found = page.evaluate(
        """async ([id, selector]) => {
             performance.clearResourceTimings();
             window.pictures.length = 0;
             const start = performance.now();
             document.querySelector(selector).click();
             const shown = () => window.pictures.find((p) => p.title.startsWith(id));
             while (!shown()) await new Promise((done) => setTimeout(done));
             const fetched = performance.getEntriesByType("resource")
               .find((entry) => entry.name.endsWith(`/activations/${id}`));
             return { repaint: shown().at - start, payload: fetched ? fetched.duration : 0 };
           }""",
        [concept_id, show_row(page, concept_id)],
    )
    page.wait_for_timeout(_REST_MS)
    return found


def time_repaint(page, selector: str) -> float:
    """Click on an element; return milliseconds until WebGL has drawn what it uploaded last.

    The page was opened with `WATCH_WEBGL`. The end is the first draw call after the last upload,
    carried out; it is known once nothing moved for a while.
    """
    return page.evaluate(
        """async ([selector, quiet]) => {
             const pause = (ms) => new Promise((done) => setTimeout(done, ms));
             window.gl.uploaded = 0;
             window.gl.drawn.length = 0;
             const start = window.gl.last = performance.now();
             document.querySelector(selector).click();
             const shown = () => window.gl.uploaded
               && window.gl.drawn.find((draw) => draw.at >= window.gl.uploaded);
             while (!shown() || performance.now() - window.gl.last < quiet) await pause(20);
             return shown().done - start;
           }""",
        [selector, _QUIET_MS],
    )


def show_row(page, concept_id: str) -> str:
    """Bring the row of a concept into view; return the selector of its first cell."""
    page.evaluate(
        """async (id) => {
             const api = await window.dash_ag_grid.getApiAsync("concepts");
             do {
               api.ensureNodeVisible(api.getRowNode(id), "middle");
               await new Promise((done) => setTimeout(done, 300));
             } while (!document.querySelector(`#concepts [row-id="${id}"] .ag-cell`));
           }""",
        concept_id,
    )
    return f'#concepts [row-id="{concept_id}"] .ag-cell'


def heap(page) -> dict[str, float]:
    """Return MB after a collection: ``objects`` of JavaScript, ``buffers`` of typed arrays."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    session.detach()
    return {
        "objects": used["usedSize"] / 1e6,
        "buffers": used.get("backingStorageSize", 0) / 1e6,
    }


def load_cold(browser, url: str, title: str, megabits: float | None = None) -> dict[str, float]:
    """Open an address in a new profile; return times in ms and bytes as they came over the wire.

    Parameters
    ----------
    title : what the map shows in the end.
    megabits : bandwidth, with 20 ms of latency; None is the loopback interface as it is.
    """
    kinds: dict[str, str] = {}
    sizes = {"Script": 0.0, "Stylesheet": 0.0, "other": 0.0}
    with new_page(browser) as page:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        if megabits:
            rate = megabits * 1e6 / 8
            limits = {"offline": False, "latency": 20, "downloadThroughput": rate}
            session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": rate})
        session.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))

        def count(event) -> None:
            kind = kinds.get(event["requestId"], "other")
            sizes[kind if kind in sizes else "other"] += event["encodedDataLength"]

        session.on("Network.loadingFinished", count)
        page.goto(url)
        wait_for_picture(page, title)
        times = page.evaluate(
            """() => ({
                 paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
                 map: window.pictures.at(-1).at,
               })"""
        )
        page.wait_for_timeout(1500)
        return {**times, "js": sizes["Script"], "css": sizes["Stylesheet"], "rest": sizes["other"]}
