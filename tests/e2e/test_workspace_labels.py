"""Labels of experts in a real browser: saved, seen, never lost."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e


def save(visitor, label: str, author: str = "Ada Lovelace", note: str = "") -> None:
    visitor.page.fill("#label-text", label)
    visitor.page.fill("#label-note", note)
    visitor.page.fill("#label-author", author)
    visitor.page.click("#label-save")


def status(visitor, words: str) -> None:
    test = "(w) => document.getElementById('label-status').textContent.includes(w)"
    visitor.page.wait_for_function(test, arg=words)


def test_a_saved_label_is_seen_everywhere_and_after_a_reload(visit):
    visitor = visit().open_concept("/concept/c0005?store=fixture", "c0005")
    save(visitor, "Cytotoxic NK", note="NKG7 and GNLY\nin all donors")
    status(visitor, "Saved.")
    assert "Cytotoxic NK" in visitor.text(".ag-row[row-id=c0005]")
    visitor.page.wait_for_function(
        "() => document.querySelector('.sc-concept-label').textContent === 'Cytotoxic NK'"
    )
    assert visitor.text(".sc-chip.is-expert") == "expert"
    visitor.page.wait_for_function(
        "() => document.getElementById('cell-map').dataset.painted === 'c0005 Cytotoxic NK'"
    )
    visitor.page.reload()
    visitor.wait_for_concept("c0005")
    assert visitor.page.input_value("#label-text") == "Cytotoxic NK"
    assert visitor.page.input_value("#label-note") == "NKG7 and GNLY\nin all donors"
    assert visitor.page.input_value("#label-author") == "Ada Lovelace"
    assert "Ada Lovelace" in visitor.text("#label-latest")
    assert "Cytotoxic NK" in visitor.text(".ag-row[row-id=c0005]")
    other = visit().open_concept("/concept/c0005?store=fixture", "c0005")
    assert other.text(".sc-concept-label") == "Cytotoxic NK"
    assert other.page.input_value("#label-author") == ""


def test_a_label_needs_an_author(visit, site):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    save(visitor, "Nameless", author="  ")
    status(visitor, "Author")
    assert visitor.page.input_value("#label-text") == "Nameless"
    assert site.labels.latest(site.store.manifest.digest, "c0001") is None


def test_a_conflict_keeps_what_was_typed(visit, site):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    site.labels.save(site.store.manifest.digest, "c0002", "Theirs", "", "Grace")
    save(visitor, "Mine", note="my reasons")
    status(visitor, "Grace")
    assert visitor.page.input_value("#label-text") == "Mine"
    assert visitor.page.input_value("#label-note") == "my reasons"
    assert site.labels.latest(site.store.manifest.digest, "c0002").label == "Theirs"
    visitor.page.click("#label-save")
    status(visitor, "Saved.")
    assert site.labels.latest(site.store.manifest.digest, "c0002").label == "Mine"
    visitor.page.click("#label-history summary")
    assert [w for w in ("Mine", "Theirs", "Grace") if w not in visitor.text("#label-history")] == []


def test_a_label_taken_back_gives_the_proposed_one_again(visit):
    visitor = visit().open_concept("/concept/c0003?store=fixture", "c0003")
    save(visitor, "Wrong")
    status(visitor, "Saved.")
    visitor.page.wait_for_selector(".sc-chip.is-expert")
    save(visitor, "")
    status(visitor, "Saved.")
    visitor.page.wait_for_function(
        "() => document.querySelector('.sc-concept-label').textContent === 'CD8 T cell'"
    )
    assert "CD8 T cell" in visitor.text(".ag-row[row-id=c0003]")


def test_text_that_looks_like_html_stays_text(visit):
    visitor = visit().open_concept("/concept/c0006?store=fixture", "c0006")
    save(visitor, "<img src=x onerror=alert(1)>", note="<script>alert(1)</script>")
    status(visitor, "Saved.")
    assert "<img src=x" in visitor.text(".ag-row[row-id=c0006]")
    assert visitor.page.locator(".sc-workspace img").count() == 0
    save(visitor, "")
    status(visitor, "Saved.")


def hold_label_of(visitor, concept: str):
    """Hold questions about the label of a concept back; the result sends and counts them."""
    held = []

    def hold(route) -> None:
        body = route.request.post_data or ""
        asks = "label-history.children" in body and '"changedPropIds":["selection.data"]' in body
        if asks and f'"concept":"{concept}"' in body:
            held.append(route)
        else:
            route.continue_()

    visitor.page.route("**/_dash-update-component**", hold)

    def release() -> int:
        for route in held:
            route.continue_()
        visitor.page.unroute("**/_dash-update-component**")
        return len(held)

    return release


def test_what_is_typed_before_the_server_answers_is_kept_and_goes_to_its_concept(visit, site):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    before = site.labels.latest(site.store.manifest.digest, "c0001")
    release = hold_label_of(visitor, "c0004")
    visitor.page.click(".ag-row[row-id=c0004]")
    visitor.wait_for_concept("c0004")
    visitor.page.fill("#label-text", "Early")
    assert release() == 1
    visitor.page.wait_for_function(
        "() => document.getElementById('label-latest').textContent === 'none yet'"
    )
    assert visitor.page.input_value("#label-text") == "Early"
    assert visitor.text("#label-draft") == "not saved"
    visitor.page.fill("#label-author", "Ada")
    visitor.page.click("#label-save")
    status(visitor, "Saved.")
    visitor.page.wait_for_function(
        "() => document.getElementById('label-draft').textContent === ''"
    )
    assert site.labels.latest(site.store.manifest.digest, "c0004").label == "Early"
    assert site.labels.latest(site.store.manifest.digest, "c0001") == before


def test_a_save_before_the_server_answers_does_not_overwrite_a_label_not_seen(visit, site):
    digest = site.store.manifest.digest
    site.labels.save(digest, "c0003", "Theirs", "", "Grace", expected_revision=None)
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    release = hold_label_of(visitor, "c0003")
    visitor.page.click(".ag-row[row-id=c0003]")
    visitor.wait_for_concept("c0003")
    save(visitor, "Mine")
    status(visitor, "Grace")
    assert visitor.page.input_value("#label-text") == "Mine"
    assert site.labels.latest(digest, "c0003").label == "Theirs"
    assert release() == 1


def test_text_that_is_not_saved_is_there_on_coming_back_and_after_a_reload(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.page.wait_for_function("() => document.getElementById('label-latest').textContent")
    label, note = (visitor.page.input_value(f"#label-{of}") for of in ("text", "note"))
    visitor.page.fill("#label-note", "half a thought")
    visitor.page.click(".ag-row[row-id=c0005]")
    visitor.wait_for_concept("c0005")
    assert visitor.page.input_value("#label-note") != "half a thought"
    visitor.page.go_back()
    visitor.wait_for_concept("c0002")
    visitor.page.wait_for_selector("#label-draft >> text=not saved")
    assert visitor.page.input_value("#label-note") == "half a thought"
    visitor.page.reload()
    visitor.wait_for_concept("c0002")
    visitor.page.wait_for_selector("#label-draft >> text=not saved")
    assert visitor.page.input_value("#label-note") == "half a thought"
    assert visitor.page.input_value("#label-text") == label
    visitor.page.fill("#label-note", note)
    visitor.page.click("nav >> text=Genes")
    visitor.page.go_back()
    visitor.wait_for_concept("c0002")
    assert visitor.text("#label-draft") == ""
