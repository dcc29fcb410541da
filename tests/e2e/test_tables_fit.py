"""On a laptop no table scrolls sideways, and no column moves while the page fills."""

from __future__ import annotations

import pytest

from tests.e2e.test_every_page import SHIFTS

pytestmark = pytest.mark.e2e

# The browser of the tests draws no scrollbars: 1280 px less the bar of the page.
LAPTOP = {"width": 1265, "height": 720}
MOST_SHIFT = 0.01  # columns that took their widths late shifted .02 to .07
SIX = "LYZ,CD3D,MS4A1,CD79A,GZMK,CD8A"

ADDRESSES = {
    "/concept/c0002?store=fixture&tab=table": ".sc-sets-grid .ag-row",
    "/concept/c0002?store=fixture&tab=table&test=set-swap": ".sc-sets-grid .ag-row [col-id=place]",
    "/concept/c0002?store=fixture&tab=table&test=rankings": ".sc-sets-grid .ag-row [col-id=place]",
    "/pathways?store=fixture": "#sets .ag-row",
    "/genes?store=fixture&g=LYZ": "#gene-table .ag-row",
    f"/genes?store=fixture&g={SIX}": "#gene-table .ag-row",
    "/pathways?store=fixture&set=B cell markers": "#set-concepts .ag-row",
    "/cells?store=fixture&where=cell_type:B cell": "#cells-concepts .ag-row",
    "/cells?store=fixture&where=cell_type:B cell&tab=composition": "#cells-composition .ag-row",
    "/cells?store=fixture&where=cell_type:B cell&tab=list&genes=LYZ": "#list-table .ag-row",
}

FIND_WIDE = """() => [...document.querySelectorAll(".ag-center-cols-viewport, .sc-page")]
  .filter((box) => box.offsetParent && box.scrollWidth > box.clientWidth)
  .map((box) => `${box.className}: ${box.scrollWidth} in ${box.clientWidth}`)"""

FIND_CUT = """() => [...document.querySelectorAll(".ag-header-cell-text, .ag-right-aligned-cell")]
  .filter((words) => words.offsetParent && words.scrollWidth > words.clientWidth)
  .filter((words) => !words.querySelector("[class^=sc-]"))
  .map((words) => words.textContent)"""

# Words behind arrows, which also hold words that only a screen reader says.
FIND_CUT_WORDS = """() => [...document.querySelectorAll(".ag-cell[col-id=place] [aria-hidden]")]
  .map((words) => [words, words.closest(".ag-cell")])
  .map((boxes) => boxes.map((box) => box.getBoundingClientRect().right))
  .filter(([words, cell]) => words > cell - 4)"""


@pytest.mark.parametrize("address", ADDRESSES)
def test_tables_fit_and_stand_still(visit, address):
    page = (visitor := visit(viewport=LAPTOP)).page
    page.goto(visitor.site.url + address)
    page.wait_for_selector(ADDRESSES[address])
    page.wait_for_timeout(400)
    assert page.evaluate(FIND_WIDE) == []
    assert page.evaluate(FIND_CUT) == []
    assert page.evaluate(FIND_CUT_WORDS) == []
    shifts = page.evaluate(SHIFTS)
    assert sum(shift["value"] for shift in shifts) < MOST_SHIFT, shifts
