"""The server goes away and comes back on the same port while a page is open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.store_factory import write_store

pytestmark = pytest.mark.e2e
_SHOWN = """(id) => document.querySelector('.sc-concept-id')?.textContent === id
  && document.getElementById('genes-caption')?.textContent.includes(id)
  && document.getElementById('cell-map')?.dataset.painted?.startsWith(id)
  && document.querySelector('#genes-figure .js-plotly-plot')?.layout?.meta === id"""


@dataclass
class Server:
    """`python app.py` in a process of its own, which can be killed and started again."""

    store: Path
    folder: Path
    port: int = 0
    process: subprocess.Popen | None = None

    def start(self) -> None:
        environ = {
            **os.environ,
            "SCCONCEPTS_ANNOTATIONS_URL": f"sqlite:///{self.folder / 'labels.sqlite3'}",
            "SCCONCEPTS_CACHE_DIR": str(self.folder / "cache"),
        }
        command = [sys.executable, "app.py", str(self.store), "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        address = self.process.stdout.readline().decode().split()[-1]
        self.port = int(address.rstrip("/").rpartition(":")[2])
        for _ in range(200):
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return
            time.sleep(0.05)
        pytest.fail("the server did not answer")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def server(tmp_path):
    made = Server(write_store(tmp_path / "fixture.store"), tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def page(browser, server):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    opened.goto(f"{server.url}/concept/c0002")
    opened.wait_for_function(_SHOWN, arg="c0002")
    yield opened
    context.close()


def save_label(page, text: str) -> None:
    page.fill("#label-text", text)
    page.fill("#label-author", "Ada Lovelace")
    page.click("#label-save")


def test_the_page_says_it_recovers_by_itself_and_labels_are_kept(page, server):
    save_label(page, "Helper cells")
    page.wait_for_function(
        "() => document.querySelector('.sc-concept-label').textContent === 'Helper cells'"
    )
    server.kill()
    page.click("#concepts .ag-row[row-id=c0004]")
    page.wait_for_selector("#connection:not([hidden])")
    assert "does not answer" in page.inner_text("#connection")
    # Nobody touches the page from here on.
    server.start()
    page.wait_for_selector("#connection", state="hidden")
    page.wait_for_function(_SHOWN, arg="c0004")
    assert page.locator(".sc-map-message:not([hidden])").count() == 0
    page.click("#concepts .ag-row[row-id=c0002]")
    page.wait_for_function(_SHOWN, arg="c0002")
    assert page.inner_text(".sc-concept-label") == "Helper cells"
    assert page.input_value("#label-text") == "Helper cells"


def test_what_was_typed_outlives_a_restart_and_can_be_saved_then(page, server):
    server.kill()
    save_label(page, "Typed while offline")
    page.wait_for_selector("#connection:not([hidden])")
    server.start()
    page.wait_for_selector("#connection", state="hidden")
    assert page.input_value("#label-text") == "Typed while offline"
    page.click("#label-save")
    page.wait_for_function(
        "() => document.querySelector('.sc-concept-label').textContent === 'Typed while offline'"
    )


def test_another_page_chosen_while_offline_comes_up_by_itself(page, server):
    server.kill()
    page.click(".sc-header nav >> text='Genes'")
    page.wait_for_selector("#connection:not([hidden])")
    server.start()
    page.wait_for_selector("main .sc-page")
    assert page.locator("#connection").is_hidden()
