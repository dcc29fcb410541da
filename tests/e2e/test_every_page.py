"""Every page in both themes: no violation of WCAG 2.2 AA, no layout shift, nothing cut off.

That the console stays silent and no other host is asked is checked for every visitor, see conftest.
"""

from pathlib import Path

import axe_playwright_python
import pytest

from scconcepts_app.pages.registry import PAGES

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1024, 1280, 2560)
MOST_SHIFT = 0.05  # below 0.1 is "good" (web.dev); columns of a table find their widths late

# Address -> what is on the page once it is filled.
ADDRESSES = {
    "/": ".sc-store-card",
    "/concept/c0002?store=fixture": "#faithfulness-figure .js-plotly-plot .lines",
    "/concept/c0002?store=fixture&tab=against": "#comparison-figure .js-plotly-plot .point",
    "/concept/c0002?store=fixture&tab=cell": "#cell-figure .js-plotly-plot .point",
    "/concept/c0002?store=fixture&tab=table": ".sc-sets-grid .ag-row",
    "/concept/c0002?store=fixture&tab=set&set=B cell markers": "#set-sum-figure .lines",
    "/concept/c0002?store=fixture&tab=table&test=rankings": ".sc-ranked.is-found",
    "/concept/c0002?store=fixture&tab=annotations&metric=donors": "#association-figure .point",
    "/concept/c0002?store=fixture&color=obs:cell_type": ".sc-map-categories",
    "/genes?store=fixture": ".sc-instead",
    "/genes?store=fixture&g=LYZ": "#gene-figure .js-plotly-plot .point",
    "/genes?store=fixture&g=LYZ,CD3D": "#gene-figure .js-plotly-plot .point",
    "/pathways?store=fixture": "#sets .ag-row",
    "/pathways?store=fixture&set=B cell markers": "#set-concepts .ag-row",
    "/celltypes?store=fixture": "#types-map .js-plotly-plot .hm",
    "/cells?store=fixture": "#cells-conditions .sc-muted",
    "/cells?store=fixture&where=cell_type:B cell": "#cells-concepts .ag-row",
    "/cells?store=fixture&where=cell_type:B cell&tab=composition": "#cells-composition .ag-row",
    "/cells?store=fixture&where=cell_type:B cell&tab=expression": "#de-run:enabled",
    "/cells?store=fixture&tab=list&genes=LYZ,CD14": "#list-table .ag-row",
    "/cells?store=fixture&cell=CELL0007": ".sc-one-cell",
    "/cells?store=fixture&where=zzz:1": "#cells-message:not([hidden])",
    "/labels?store=fixture": "#labels-side p",
    "/compare?store=fixture": ".sc-instead",
    "/compare?store=fixture&a=c0001&b=c0002": "#pair-figure .js-plotly-plot .point",
    "/methods?store=fixture": "#methods-sweep .js-plotly-plot .point",
    "/methods?store=fixture&groups=condition&measure=auroc": "#methods-baselines .point",
    "/concept/zzz?store=fixture": ".sc-error",
    "/methods?store=zzz": ".sc-error",
    "/nowhere?store=fixture": ".sc-error",
}

# What moved since the page began to load, as the browser kept it.
SHIFTS = """() => new Promise((done) => {
  const shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const of = entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
      shifts.push({ value: entry.value, of });
    }
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(shifts), 100);
})"""


def is_painted(visitor) -> None:
    visitor.page.wait_for_function(
        "() => [...document.querySelectorAll('.sc-map')].every((m) => m.dataset.state === 'ready')"
    )


def find_violations(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", STANDARDS
    )
    return [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def is_wider_than_its_window(page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 768})
    page.wait_for_timeout(150)
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.parametrize("address", ADDRESSES)
def test_everybody_can_use_it_and_nothing_jumps_or_is_cut_off(visit, address):
    visitor = visit()
    page = visitor.page
    page.goto(visitor.site.url + address)
    page.wait_for_selector(ADDRESSES[address])
    is_painted(visitor)
    page.wait_for_timeout(300)
    shifts = page.evaluate(SHIFTS)
    assert sum(shift["value"] for shift in shifts) < MOST_SHIFT, shifts
    assert find_violations(page) == []
    page.click("#theme-toggle")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert find_violations(page) == []
    assert [width for width in WIDTHS if is_wider_than_its_window(page, width)] == []


def test_every_page_is_among_these():
    named = {address.strip("/").partition("?")[0].partition("/")[0] for address in ADDRESSES}
    assert set(PAGES) - {"workspace"} <= named
