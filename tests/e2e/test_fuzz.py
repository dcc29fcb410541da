"""A sample of mangled addresses in a real browser: there is always something to read."""

from __future__ import annotations

import random
import re

import pytest

from scconcepts_app.pages.registry import PAGES
from tests.conftest import ROOT
from tests.mangled import draw_address

pytestmark = pytest.mark.e2e
N_ADDRESSES = 20
_FAILED = ("could not be shown", "could not be filled", "Traceback", "Internal Server Error")


def names() -> list[str]:
    text = "".join(p.read_text() for p in (ROOT / "scconcepts_app/pages").rglob("*.py"))
    return sorted({"q", "color", *re.findall(r"""choices\.get\(\s*["'](\w+)""", text)})


def test_mangled_addresses_lead_to_a_page_or_a_message(browser, site):
    rng = random.Random(20)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    exceptions = []
    page.on("pageerror", lambda error: exceptions.append(str(error)))
    for _ in range(N_ADDRESSES):
        address = draw_address(rng, list(PAGES), names())
        answer = page.goto(site.url + address)
        assert answer.status < 500, address
        if answer.status >= 400:
            assert page.inner_text("body").strip(), address
            continue
        page.wait_for_function("() => document.querySelector('main')?.innerText.trim().length > 20")
        page.wait_for_timeout(300)
        body = page.inner_text("body")
        assert not any(words in body for words in _FAILED), address
        assert page.locator("#connection").is_hidden(), address
        assert exceptions == [], address
    context.close()
