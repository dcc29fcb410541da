"""Takes the pictures of `docs/images` from a store of Kang et al.: one of each page.

python -m tests.pictures runs/kang.store [--out docs/images] [--only genes compare]
"""

from __future__ import annotations

import argparse
import io
import logging
import tempfile
import threading
from pathlib import Path

from PIL import Image
from werkzeug.serving import make_server

from scconcepts_app.library import Library
from scconcepts_app.server import create_app
from scconcepts_app.settings import Settings
from tests.benchmarks.drawn import open_browser

SIZE = {"width": 1440, "height": 900}
N_COLORS = 128  # a third of the bytes, and nobody sees it

# Name -> (address, what is there once the page is filled, scheme).
PICTURES = {
    "workspace": ("/concept/{concept}", "#faithfulness-figure .lines", "light"),
    "workspace-dark": ("/concept/{concept}?tab=against", "#comparison-figure .point", "dark"),
    "genes": ("/genes?g=ISG15,CD3D,LYZ,MS4A1", "#gene-figure .point", "light"),
    "pathways": (
        "/pathways?set=HALLMARK_INTERFERON_ALPHA_RESPONSE",
        "#set-concepts .ag-row",
        "light",
    ),
    "celltypes": ("/celltypes", "#types-map .hm", "light"),
    "cells": ("/cells?where=cell_type:CD14%2B Monocytes", "#cells-concepts .ag-row", "light"),
    "compare": ("/compare?a={concept}&b={other}", "#pair-figure .point", "light"),
    "labels": ("/labels", "#labels-side p", "light"),
    "methods": ("/methods", ".sc-entries", "light"),
}


def main() -> None:
    """Take the pictures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--only", nargs="+", choices=PICTURES, default=list(PICTURES))
    parser.add_argument("--concept", default="c0001", help="the concept that is shown")
    parser.add_argument("--other", default="c0002", help="the one it is compared with")
    given = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            annotations_url=f"sqlite:///{folder}/labels.sqlite3", cache_dir=Path(folder) / "cache"
        )
        app = create_app(Library.open([given.store]), settings)
        server = make_server("127.0.0.1", 0, app.server, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with open_browser() as browser:
            for name in given.only:
                address, there, scheme = PICTURES[name]
                address = address.format(concept=given.concept, other=given.other)
                png = take(
                    browser, f"http://127.0.0.1:{server.server_port}{address}", there, scheme
                )
                path = given.out / f"{name}.png"
                path.write_bytes(shrink(png))
                print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
        server.shutdown()


def take(browser, address: str, there: str, scheme: str) -> bytes:
    """Return a page as PNG, once it is filled and its maps are drawn."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)
    page.set_default_timeout(60_000)
    page.goto(address)
    page.wait_for_selector(there)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.sc-map')].every((m) => m.dataset.state === 'ready')"
    )
    page.wait_for_timeout(1500)
    png = page.screenshot()
    page.close()
    return png


def shrink(png: bytes) -> bytes:
    """Return a PNG with a palette of its own."""
    small = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(N_COLORS).save(small, "png", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    main()
