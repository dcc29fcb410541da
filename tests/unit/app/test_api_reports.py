"""The report beside a store: served as a page that can run nothing, linked from Methods."""

from __future__ import annotations

import json
import shutil

import pytest

from scconcepts_app.library import Library
from scconcepts_app.pages.addresses import Addresses
from scconcepts_app.pages.methods.layout import layout
from scconcepts_app.server import create_app
from scconcepts_app.store import ConceptStore

ADDRESS = "/export/mine/report.html"


@pytest.fixture
def library(fixture_store, tmp_path):
    """A store of the test's own, so that a report can be put beside it."""
    shutil.copytree(fixture_store, tmp_path / "mine.store")
    return Library([("mine", ConceptStore.open(tmp_path / "mine.store"))])


@pytest.fixture
def site(library, settings):
    return create_app(library, settings).server.test_client()


def test_without_a_report_there_is_none(site):
    answer = site.get(ADDRESS)
    assert answer.status_code == 404
    assert json.loads(answer.text) == {"error": "no report stands beside store 'mine'."}


def test_a_report_beside_the_store_is_served_and_can_run_nothing(site, tmp_path):
    (tmp_path / "mine.report.html").write_text("<h1>é</h1><script>1</script>", encoding="utf-8")
    answer = site.get(ADDRESS)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.get_data().decode("utf-8").startswith("<h1>é</h1>")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script" not in policy
    assert site.get("/export/other/report.html").status_code == 404


def test_methods_links_the_report_that_is_there(library, tmp_path):
    class Stub:
        addresses = Addresses("/prefix/")

    def page() -> str:
        return str(layout(Stub(), library.default, {"page": "methods"}, {}).to_plotly_json())

    assert "report.html" not in page()
    (tmp_path / "mine.report.html").write_text("x")
    assert "/prefix/export/mine/report.html" in page()
