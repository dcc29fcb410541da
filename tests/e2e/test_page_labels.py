"""The page of labels in a real browser: everything said, its history, and labels brought in."""

from __future__ import annotations

import csv
import io

import pytest

from scconcepts_app.annotations import AnnotationError, AnnotationService

pytestmark = pytest.mark.e2e

TABLE = "#labels-table .ag-center-cols-container .ag-row"


@pytest.fixture(scope="module")
def said(site):
    digest = site.store.manifest.digest
    site.labels.save(digest, "c0001", "B", "first thought", "Ada")
    site.labels.save(digest, "c0004", "Classical monocytes", "CD14, LYZ", "Grace")
    site.labels.save(digest, "c0001", "B cells, naive", "TCL1A", "Grace")
    return site


def open_labels(visit, query: str = "", **options):
    visitor = visit(**options)
    visitor.page.goto(f"{visitor.site.url}/labels?store=fixture{query}")
    visitor.page.wait_for_function("() => document.getElementById('labels-count')?.textContent")
    return visitor


def rows(visitor) -> list[str]:
    visitor.page.wait_for_selector(TABLE)
    return [row.get_attribute("row-id") for row in visitor.page.locator(TABLE).all()]


def write(*lines: list[str]) -> dict:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines)
    return {"name": "labels.csv", "mimeType": "text/csv", "buffer": buffer.getvalue().encode()}


def upload(visitor, file: dict) -> None:
    visitor.page.set_input_files("#labels-upload input[type=file]", file)
    visitor.page.wait_for_selector("#labels-plan >> text=labels.csv")


def test_present_labels_are_listed_newest_first(visit, said):
    visitor = open_labels(visit)
    assert rows(visitor) == ["c0001 2", "c0004 1"]
    assert visitor.text("#labels-count") == "2 of 6 concepts labelled"
    assert "Grace" in visitor.page.locator(TABLE).first.inner_text()


def test_all_revisions_of_one_author_in_a_link(visit, said):
    visitor = open_labels(visit, "&show=all&author=Ada")
    assert rows(visitor) == ["c0001 1"]
    both = open_labels(visit, "&show=all")
    assert rows(both) == ["c0001 2", "c0004 1", "c0001 1"]
    both.page.fill("#labels-filter", "monocytes")
    both.page.wait_for_function(f"() => document.querySelectorAll('{TABLE}').length === 1")
    both.page.wait_for_url("**q=monocytes**")


def test_the_history_of_a_concept(visit, said):
    visitor = open_labels(visit)
    visitor.page.click(f"{TABLE}[row-id='c0001 2'] >> text='B cells, naive'")
    visitor.page.wait_for_url("**of=c0001**")
    visitor.page.wait_for_selector("#labels-side .sc-history")
    text = visitor.text("#labels-side")
    assert text.index("B cells, naive") < text.index("first thought")
    assert "Ada" in text
    visitor.page.click("#labels-side a")
    visitor.wait_for_concept("c0001")


def test_a_link_in_a_row_opens_the_concept(visit, said):
    visitor = open_labels(visit)
    visitor.page.click(f"{TABLE}[row-id='c0004 1'] a")
    visitor.wait_for_concept("c0004")


def test_an_import_says_first_what_it_would_do_and_then_does_it(visit, said):
    digest = said.store.manifest.digest
    visitor = open_labels(visit)
    file = write(
        ["concept_id", "label", "note"],
        ["c0002", "Helper T", "IL7R"],
        ["c0004", "Classical monocytes", "CD14, LYZ"],
        ["c0001", "Something else", ""],
    )
    upload(visitor, file)
    plan = visitor.text("#labels-plan")
    assert "1 to save, 1 skipped, 1 in conflict." in plan
    assert "labelled “B cells, naive” by Grace" in plan
    assert said.labels.latest(digest, "c0002") is None
    visitor.page.click("#labels-import")
    visitor.page.wait_for_selector("#labels-report >> text=write your name")
    visitor.page.fill("#labels-uploader", "Rosalind")
    visitor.page.click("#labels-import")
    visitor.page.wait_for_selector("#labels-report >> text=1 saved, 1 skipped, 1 in conflict")
    saved = said.labels.latest(digest, "c0002")
    assert (saved.label, saved.note, saved.author) == ("Helper T", "IL7R", "Rosalind")
    assert said.labels.latest(digest, "c0001").label == "B cells, naive"
    visitor.page.wait_for_selector(f"{TABLE}[row-id='c0002 1']")


def test_a_file_with_a_fault_changes_nothing(visit, said):
    visitor = open_labels(visit)
    upload(visitor, write(["concept_id", "label"], ["c0003", "Good"], ["c9999", "Bad"]))
    plan = visitor.text("#labels-plan")
    assert "Nothing can be imported: 1 fault" in plan
    assert "Line 3: this store has no concept “c9999”." in plan
    assert not visitor.page.is_visible("#labels-import")
    assert said.labels.latest(said.store.manifest.digest, "c0003") is None


def test_a_database_that_fails_is_said(visit, said, monkeypatch):
    def fail(*_):
        raise AnnotationError("labels.sqlite3: labels could not be read (disk I/O error).")

    monkeypatch.setattr(AnnotationService, "all_revisions", fail)
    visitor = open_labels(visit)
    visitor.page.wait_for_selector("#labels-problem", state="visible")
    assert "could not be read" in visitor.text("#labels-problem")
