"""What a reader sees when there is nothing to show, or something failed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e


def test_an_unknown_concept_says_so_and_leads_back(visit):
    visitor = visit().open("/concept/zzz?store=fixture")
    visitor.page.wait_for_selector("#missing-concept:not([hidden])")
    assert "no concept “zzz”" in visitor.text("#missing-concept")
    assert "c0001 to c0006" in visitor.text("#missing-concept")
    visitor.page.click("text=go to the first concept")
    visitor.wait_for_concept("c0001")
    assert visitor.page.locator("#missing-concept").is_hidden()


def test_an_unknown_store_names_the_open_ones(visit):
    visitor = visit().open("/concept/c0001?store=nothing")
    assert "No store “nothing” is open here" in visitor.text(".sc-error")
    visitor.page.click(".sc-error >> text=Plain")
    visitor.wait_for_concept("c0001")
    assert visitor.page.url.endswith("?store=plain")


def test_an_unknown_page_leads_to_the_workspace(visit):
    visitor = visit().open("/no/such/page")
    assert "/no/such/page" in visitor.text(".sc-error")
    visitor.page.click(".sc-error >> text=Workspace")
    visitor.wait_for_concept("c0001")


def test_a_store_without_model_says_why_panels_are_empty(visit):
    visitor = visit().open_concept("/concept/c0002?store=plain", "c0002")
    visitor.page.click("#gene-list >> text=Presence")
    visitor.page.wait_for_function(
        "() => document.querySelector('#genes-figure').textContent.includes('without their model')"
    )
    assert "holds no test of gene sets" in visitor.text("#pathways-figure")


def test_the_methods_page_and_back(visit, site):
    visitor = visit().open_concept("/concept/c0003?store=fixture", "c0003")
    visitor.page.click("text=Methods")
    visitor.page.wait_for_selector(".sc-methods")
    assert site.store.manifest.digest in visitor.text(".sc-methods")
    assert "Attribution is not a better list of marker genes." in visitor.text(".sc-methods")
    visitor.page.go_back()
    visitor.wait_for_concept("c0003")


def test_another_store_is_chosen_in_the_header(visit):
    visitor = visit().open_concept("/concept/c0003?store=fixture", "c0003")
    visitor.page.click("#store-choice")
    visitor.page.click(".dash-dropdown-content >> text=Plain")
    visitor.page.wait_for_url("**/?store=plain")
    visitor.wait_for_concept("c0001")
    visitor.page.go_back()
    visitor.wait_for_concept("c0003")


def test_a_page_that_fails_is_a_message_not_a_blank(visit, monkeypatch):
    from scconcepts_app.pages import methods

    def fail(*_):
        raise RuntimeError("planted")

    monkeypatch.setattr(methods, "layout", fail)
    visitor = visit().open("/methods?store=fixture")
    assert "This page could not be shown" in visitor.text(".sc-error")
    assert "planted" not in visitor.text("body")


def test_a_panel_that_fails_says_so_and_the_rest_works(visit, monkeypatch):
    from scconcepts_app.pages.workspace import faithfulness

    def fail(*_):
        raise RuntimeError("planted")

    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    monkeypatch.setattr(faithfulness, "read_curves", fail)
    visitor.page.click(".ag-row[row-id=c0002]")
    visitor.wait_for_concept("c0002")
    visitor.page.wait_for_function(
        "() => document.getElementById('notice').textContent.includes('could not be filled')"
    )
    monkeypatch.undo()
    visitor.page.click(".ag-row[row-id=c0004]")
    visitor.wait_for_concept("c0004")
    visitor.page.wait_for_function("() => document.getElementById('notice').textContent === ''")


def test_a_server_that_does_not_answer_is_said(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.page.route("**/_dash-update-component*", lambda route: route.abort())
    visitor.page.click(".ag-row[row-id=c0004]")
    visitor.page.wait_for_selector("#connection:not([hidden])")
    visitor.page.unroute("**/_dash-update-component*")
    visitor.page.click(".ag-row[row-id=c0005]")
    visitor.wait_for_concept("c0005")
    assert visitor.page.locator("#connection").is_hidden()
    visitor.complaints.clear()  # the browser reports the requests that were cut


def test_a_server_that_is_back_does_not_take_the_reader_back(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    held, released = [], []

    def answer(route) -> None:
        body = route.request.post_data or ""
        if '"concept":"c0004"' in body and not held:
            route.abort()
        elif '"concept":"c0005"' in body and not released:
            held.append(route)
        else:
            route.continue_()

    visitor.page.route("**/_dash-update-component*", answer)
    visitor.page.click(".ag-row[row-id=c0004]")
    visitor.page.wait_for_selector("#connection:not([hidden])")
    visitor.page.click(".ag-row[row-id=c0005]")
    visitor.page.wait_for_selector("#connection", state="hidden")  # by a question of its own
    for _ in range(50):  # which may be answered before the browser asks for the concept
        if held:
            break
        visitor.page.wait_for_timeout(200)
    assert held
    for route in held:
        route.continue_()
    released.append(True)
    visitor.wait_for_concept("c0005")
    visitor.page.wait_for_load_state("networkidle")
    visitor.wait_for_concept("c0005")
    visitor.complaints.clear()  # the browser reports the requests that were cut


def test_a_map_column_that_fails_is_said_on_the_map(visit):
    visitor = visit()
    visitor.page.route("**/activations/c0002", lambda route: route.fulfill(status=503, body="{}"))
    visitor.open("/concept/c0002?store=fixture")
    visitor.page.wait_for_selector(".sc-map-message:not([hidden])")
    assert "c0002 CD4 T cell" in visitor.text(".sc-map-message")
    visitor.complaints.clear()  # the browser reports the answer 503
