"""One gene set chosen in the workspace: its running sum, the marks at its genes, the address."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

TABLE = "/concept/c0002?store=fixture&tab=table"


def names_of_genes(visitor) -> list[str]:
    script = """() => [...document.querySelectorAll('#genes-figure .ytick text')]
      .map((text) => text.textContent)"""
    return visitor.page.evaluate(script)


def wait_for_marks(visitor, n: int) -> None:
    visitor.page.wait_for_function(
        """(n) => [...document.querySelectorAll('#genes-figure .ytick text')]
             .filter((text) => text.textContent.includes('•')).length === n""",
        arg=n,
    )


def choices_of(visitor) -> dict[str, str]:
    return visitor.page.evaluate(
        "() => Object.fromEntries(new URLSearchParams(window.location.search))"
    )


def row_of(visitor, name: str):
    return visitor.page.locator("#pathway-table .ag-row", has_text=name).first


def test_a_cold_link_shows_the_running_sum_and_marks_its_leading_genes(visit):
    visitor = visit().open_concept(
        "/concept/c0002?store=fixture&tab=set&set=CD4 T cell markers", "c0002"
    )
    visitor.wait_for_figure("set-sum-figure", "c0002 1")
    wait_for_marks(visitor, 5)
    assert visitor.text("#set-lead").startswith("CD4 T cell markers · GSEA of presence")
    told = visitor.text("#set-sum-caption")
    assert told.startswith("c0002, CD4 T cell markers: NES 2.40") and "5 of 5 lead" in told
    assert "5 of these lead CD4 T cell markers" in visitor.text("#genes-caption")
    curve = visitor.trace("set-sum-figure", "running sum")
    assert (curve["y"][0], curve["y"][-1], max(curve["y"])) == (0, 0, 1)


def test_a_row_leads_to_its_running_sum_and_back_to_the_table(visit):
    visitor = visit().open_concept(TABLE, "c0002")
    row_of(visitor, "Monocyte markers").click()
    visitor.wait_for_figure("set-sum-figure", "c0002 3")
    assert choices_of(visitor) == {"store": "fixture", "tab": "set", "set": "Monocyte markers"}
    visitor.page.go_back()
    visitor.page.wait_for_selector("#pathway-table .ag-row", state="visible")
    assert choices_of(visitor) == {"store": "fixture", "tab": "table"}
    wait_for_marks(visitor, 0)
    visitor.page.go_forward()
    visitor.wait_for_figure("set-sum-figure", "c0002 3")
    # Another concept: the same set, down its own ranking.
    visitor.page.click(".ag-row[row-id=c0004]")
    visitor.wait_for_figure("set-sum-figure", "c0004 3")
    wait_for_marks(visitor, 5)


def test_a_row_is_reached_by_key_and_the_set_can_be_let_go(visit):
    visitor = visit().open_concept(TABLE, "c0002")
    row_of(visitor, "NK cell markers").locator("[col-id=name]").focus()
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_figure("set-sum-figure", "c0002 4")
    visitor.page.click("#set-lead button")
    visitor.wait_for_figure("set-sum-figure", "c0002 1")  # the first of the test
    assert choices_of(visitor) == {"store": "fixture", "tab": "set"}
    assert visitor.page.locator("#set-lead button").count() == 0


def test_a_dot_of_the_plot_chooses_its_set(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture&tab=pathways", "c0002")
    visitor.page.wait_for_selector("#pathways-figure .point")
    # A drag layer lies above the points; the one of largest statistic is the first set.
    dot = visitor.page.locator("#pathways-figure .point").last.bounding_box()
    visitor.page.mouse.click(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    visitor.wait_for_figure("set-sum-figure", "c0002 1")
    assert choices_of(visitor)["set"] == "CD4 T cell markers"


@pytest.mark.parametrize("wanted", ["zzz", "%3Cimg src=x onerror=alert(1)%3E", "a" * 1000])
def test_a_set_that_is_not_there_is_said_and_harms_nothing(visit, wanted):
    visitor = visit().open_concept(f"/concept/c0002?store=fixture&tab=set&set={wanted}", "c0002")
    visitor.page.wait_for_function(
        "() => /has no gene set/.test(document.querySelector('#set-sum-figure')?.textContent)"
    )
    assert not any("•" in name for name in names_of_genes(visitor))


def test_all_rankings_stand_side_by_side_and_a_row_leads_on(visit):
    visitor = visit().open_concept(f"{TABLE}&test=rankings&quadrant=used and differential", "c0002")
    row = row_of(visitor, "CD4 T cell markers")
    row.locator("[col-id=place]", has_text="both").wait_for()
    assert visitor.page.locator("#pathway-table .ag-row").count() == 1
    assert row.locator(".sc-ranked.is-found").count() == 2
    assert "Found by both" in visitor.text("#quadrant")
    row.click()
    visitor.wait_for_figure("set-sum-figure", "c0002 1")
    assert choices_of(visitor)["test"] == "rankings"
