"""The page of cells in a real browser: a set is drawn or built, explained and taken home."""

from __future__ import annotations

import csv
import time
from urllib.parse import unquote

import numpy as np
import psutil
import pytest

from scconcepts_app import set_expression
from scconcepts_app.settings import Settings
from scconcepts_app.slots import Slots
from scconcepts_app.views import rank_sum

pytestmark = pytest.mark.e2e

B_CELLS = "/cells?store=fixture&where=cell_type:B cell"


def open_cells(visit, path: str, **options):
    visitor = visit(**options)
    visitor.page.goto(visitor.site.url + path)
    visitor.page.wait_for_function("() => document.getElementById('cells-size')?.textContent")
    return visitor


def wait_for_address(visitor, *parts: str) -> None:
    visitor.page.wait_for_function(
        """(parts) => {
             const address = decodeURIComponent(location.href.replaceAll('+', ' '));
             return parts.every((part) => address.includes(part));
           }""",
        arg=list(parts),
    )


def wait_for_row(visitor, table: str, row: str) -> str:
    visitor.page.wait_for_selector(f"#{table} .ag-row[row-id='{row}']")
    return visitor.text(f"#{table} .ag-center-cols-container .ag-row[row-id='{row}']")


def count(site, cell_type: int) -> int:
    return int((site.store.array("obs/cell_type/codes") == cell_type).sum())


def test_a_link_to_a_set_opens_cold(visit, site):
    visitor = open_cells(visit, B_CELLS)
    n = count(site, 0)
    assert visitor.text("#cells-size") == f"{n} of 300 cells ({n / 3:.1f} %)"
    wait_for_row(visitor, "cells-concepts", "c0001")
    rows = visitor.page.locator("#cells-concepts .ag-center-cols-container .ag-row")
    assert rows.first.get_attribute("row-id") == "c0001"
    assert "4 of 4" in rows.first.inner_text()
    assert "Donors is the one to trust" in visitor.text("#cells-panes")
    visitor.page.wait_for_function(
        "() => document.getElementById('cells-map').dataset.painted === 'Cells of the set'"
    )


def test_conditions_are_added_and_taken_away(visit, site):
    visitor = open_cells(visit, "/cells?store=fixture")
    assert visitor.text("#cells-size") == "300 of 300 cells (100.0 %)"
    assert "nothing is chosen" in visitor.text("#cells-conditions")
    visitor.page.wait_for_function(
        "() => document.getElementById('cells-concepts-note').textContent.includes('All cells')"
    )
    visitor.page.click("#cells-values")
    visitor.page.click(".dash-dropdown-content >> text='NK cell'")
    visitor.page.keyboard.press("Escape")
    visitor.page.click("#cells-add")
    wait_for_address(visitor, "where=cell_type:NK cell")
    n = count(site, 4)
    visitor.page.wait_for_function(
        "(n) => document.getElementById('cells-size').textContent.startsWith(n)", arg=f"{n} of"
    )
    visitor.page.click("#cells-conditions a")
    visitor.page.wait_for_function(
        "() => document.getElementById('cells-size').textContent.startsWith('300 of')"
    )
    visitor.page.go_back()
    visitor.page.wait_for_selector("#cells-conditions >> text=cell_type: NK cell")


def test_a_range_of_numbers(visit, site):
    visitor = open_cells(visit, "/cells?store=fixture&where=percent_mito:0.05..")
    n = int((np.asarray(site.store.array("obs/percent_mito/values")) >= 0.05).sum())
    assert visitor.text("#cells-size").startswith(f"{n} of 300")
    assert "percent_mito: at least 0.05" in visitor.text("#cells-conditions")


def test_drawing_on_the_map_chooses_cells(visit):
    visitor = open_cells(visit, "/cells?store=fixture")
    visitor.page.wait_for_function("() => document.getElementById('cells-map').dataset.painted")
    box = visitor.page.locator("#cells-map canvas").bounding_box()
    left, top = box["x"] + 40, box["y"] + 40
    visitor.page.keyboard.down("Shift")
    visitor.page.mouse.move(left, top)
    visitor.page.mouse.down()
    for x, y in ((300, 0), (300, 560), (0, 560), (0, 10)):
        visitor.page.mouse.move(left + x, top + y, steps=6)
    visitor.page.mouse.up()
    visitor.page.keyboard.up("Shift")
    wait_for_address(visitor, "sel=umap:")
    visitor.page.wait_for_function(
        "() => !document.getElementById('cells-size').textContent.startsWith('300 of')"
    )
    n = int(visitor.text("#cells-size").split(" of")[0])
    assert 0 < n < 300
    assert f"{n} cells selected" in visitor.text("#cells-map")  # browser and server agree
    assert "outline of" in visitor.text("#cells-conditions")


def test_a_row_leads_to_its_concept(visit):
    visitor = open_cells(visit, B_CELLS)
    wait_for_row(visitor, "cells-concepts", "c0001")
    visitor.page.click("#cells-concepts .ag-row[row-id=c0001] >> nth=0")
    visitor.wait_for_concept("c0001")


def test_what_the_set_is_made_of(visit, site):
    visitor = open_cells(visit, f"{B_CELLS}&tab=composition")
    row = "cell_type: B cell"
    visitor.page.wait_for_selector("#cells-composition .ag-center-cols-container .ag-row")
    text = visitor.page.locator(f"#cells-composition .ag-row[row-id='{row}']").first.inner_text()
    assert str(count(site, 0)) in text.split("\n")
    assert text.count("100 %") == 2


def test_one_cell_by_id_and_by_number(visit):
    visitor = open_cells(visit, "/cells?store=fixture&cell=CELL0007")
    visitor.page.wait_for_selector(".sc-one-cell")
    assert "cell #7" in visitor.text(".sc-one-cell")
    assert visitor.page.locator(".sc-cell-concept").count() >= 1
    assert "B cell" in visitor.text(".sc-cell-facts")
    visitor.page.click(".sc-one-cell >> text=Close")
    visitor.page.wait_for_selector("#cells-concepts-note >> text=All cells are in this set")
    other = open_cells(visit, "/cells?store=fixture&cell=%237")
    other.page.wait_for_selector(".sc-cell-id >> text=CELL0007")
    other.page.wait_for_function(
        "() => document.getElementById('cells-map').dataset.painted === '#7'"
    )


def test_a_cell_is_found_by_the_beginning_of_its_id(visit):
    visitor = open_cells(visit, "/cells?store=fixture")
    visitor.page.click("#cell-search")
    visitor.page.fill(".dash-dropdown-content input", "CELL012")
    visitor.page.click(".dash-dropdown-content >> text='CELL0123'")
    visitor.page.wait_for_selector(".sc-cell-id >> text=CELL0123")
    wait_for_address(visitor, "cell=CELL0123")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("where=zzz:1", "no column “zzz”"),
        ("where=cell_type:Fibroblast", "no category “Fibroblast”"),
        ("where=percent_mito:low", "give a range"),
        ("sel=umap:1,2,3", "3 to 48 corners"),
        ("sel=tsne:1,2,3,4,5,6", "no map “tsne”"),
        ("where=percent_mito:7..8", "No cell is in this set"),
        ("sel=%F0%9F%98%80&where=;;:;,", "no map"),
    ],
)
def test_nonsense_is_said_in_the_page(visit, query, words):
    visitor = open_cells(visit, f"/cells?store=fixture&{query}")
    visitor.page.wait_for_selector("#cells-message", state="visible")
    assert words in visitor.text("#cells-message")
    assert visitor.text(".sc-notice") == ""


def test_an_unknown_cell_is_said_in_the_page(visit):
    visitor = open_cells(visit, "/cells?store=fixture&cell=nobody")
    visitor.page.wait_for_selector(".sc-error")
    assert "no cell “nobody”" in visitor.text(".sc-error")


def test_differential_expression_runs_is_kept_and_taken_home(visit):
    visitor = open_cells(visit, f"{B_CELLS}&tab=expression")
    visitor.page.wait_for_function(
        "() => document.getElementById('de-status').textContent.includes('Not run yet')"
    )
    visitor.page.click("#de-run")
    visitor.page.wait_for_selector("#de-table .ag-center-cols-container .ag-row")
    first = visitor.page.locator("#de-table .ag-center-cols-container .ag-row").first.inner_text()
    assert first.split("\n")[0] in {"CD79A", "MS4A1", "CD79B", "CD74", "HLA-DRA"}
    assert "against" in visitor.text("#de-status")
    with visitor.page.expect_download() as started:
        visitor.page.click("#de-caption >> text='csv'")
    with open(started.value.path(), newline="") as file:  # noqa: PTH123
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    assert float(rows[0]["z"]) > 5
    # A colleague sees it without running it again.
    other = open_cells(visit, unquote(visitor.page.url.removeprefix(visitor.site.url)))
    other.page.wait_for_selector("#de-table .ag-center-cols-container .ag-row")
    wait_for_no_job()


def find_jobs() -> list[psutil.Process]:
    return [c for c in psutil.Process().children(recursive=True) if c.name().startswith("py")]


def wait_for_no_job() -> None:
    deadline = time.monotonic() + 10
    while find_jobs() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert find_jobs() == []


def test_a_cancelled_job_leaves_nothing_behind(visit, monkeypatch):
    """Progress is seen, Cancel ends the process, and the page can run it again."""

    def compare_slowly(store, side):
        for gene, row in rank_sum.compare_genes(store, side):
            time.sleep(0.25)
            yield gene, row

    monkeypatch.setattr(set_expression, "compare_genes", compare_slowly)
    visitor = open_cells(visit, "/cells?store=fixture&where=cell_type:NK cell&tab=expression")
    visitor.page.click("#de-run")
    visitor.page.wait_for_function("() => document.getElementById('de-progress').value >= 5")
    assert visitor.page.is_disabled("#de-run")
    assert len(find_jobs()) == 1
    visitor.page.click("#de-cancel")
    wait_for_no_job()
    visitor.page.wait_for_function("() => !document.getElementById('de-run').disabled")
    assert visitor.page.locator("#de-table .ag-center-cols-container .ag-row").count() == 0
    assert "Not run yet" in visitor.text("#de-status")


def test_a_busy_server_says_so_and_the_job_can_be_run_again(visit, site):
    visitor = open_cells(visit, "/cells?store=fixture&where=donor:D2&tab=expression")
    slots = Slots(Settings(cache_dir=site.store.path.parent / "cache"))
    with slots.take(), slots.take():
        visitor.page.click("#de-run")
        visitor.page.wait_for_selector("#de-status >> text=Busy: 2 of at most 2")
    visitor.page.wait_for_function("() => !document.getElementById('de-run').disabled")
    visitor.page.click("#de-run")
    visitor.page.wait_for_selector("#de-table .ag-center-cols-container .ag-row")
    wait_for_no_job()


def test_a_list_of_genes_stands_in_its_concept(visit):
    visitor = open_cells(visit, "/cells?store=fixture&tab=list&top=25")
    visitor.page.fill("#list-genes", "CD8A cd8b\nGZMK, CD3G; CCL5 NOSUCHGENE")
    visitor.page.click("#list-run")
    wait_for_row(visitor, "list-table", "c0003")
    rows = visitor.page.locator("#list-table .ag-center-cols-container .ag-row")
    assert rows.first.get_attribute("row-id") == "c0003"
    assert "Not in this store: NOSUCHGENE" in visitor.text("#list-status")
    wait_for_address(visitor, "genes=CD8A,cd8b,GZMK,CD3G,CCL5,NOSUCHGENE")
    other = open_cells(visit, "/cells?store=fixture&tab=list&top=25&genes=CD8A,CD8B,GZMK")
    wait_for_row(other, "list-table", "c0003")
    assert other.page.input_value("#list-genes") == "CD8A CD8B GZMK"
