"""The app as a whole: imports, headers, health, and what its callbacks answer."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from scconcepts_app.annotations import AnnotationError, AnnotationService
from scconcepts_app.library import Library
from scconcepts_app.server import create_app


def test_importing_the_server_loads_no_precomputation():
    code = (
        "import sys, scconcepts_app.server\n"
        "heavy = {'torch', 'scanpy', 'anndata', 'precompute', 'scipy'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_two_apps_in_one_process_keep_their_callbacks(store, plain_store, settings):
    first = create_app(Library([("one", store)]), settings)
    second = create_app(Library([("two", plain_store)]), settings)
    assert first.callback_map is not second.callback_map
    assert set(first.server.test_client().get("/readyz").json["stores"]) == {"one"}
    assert set(second.server.test_client().get("/readyz").json["stores"]) == {"two"}


@pytest.mark.parametrize("path", ["/", "/concept/c0001", "/methods", "/healthz", "/api/nothing"])
def test_every_answer_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "script-src 'self' 'sha256-" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_page_names_no_other_host(client):
    page = client.get("/").text
    assert "http://" not in page
    assert "https://" not in page


def test_scripts_are_asked_for_again_after_minutes_only_and_by_the_time_of_their_file(client):
    found = re.findall(r'"(/assets/[^"]+\?m=[\d.]+)"', client.get("/").text)
    assert len(found) > 40
    for address in found[:3]:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.cache_control.max_age == 600


def test_alive_and_ready(client):
    assert client.get("/healthz").json == {"status": "alive"}
    assert client.get("/readyz").json == {"status": "ready", "stores": ["fixture"]}


def test_not_ready_while_labels_cannot_be_read(client, monkeypatch):
    def fail(_):
        raise AnnotationError("labels.sqlite3: labels could not be read.")

    monkeypatch.setattr(AnnotationService, "check", fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "labels.sqlite3" in answer.json["reason"]
    assert client.get("/healthz").status_code == 200


def test_an_app_below_a_prefix_serves_everything_there(store, settings):
    from dataclasses import replace

    app = create_app(Library([("fixture", store)]), replace(settings, url_prefix="/lab/"))
    client = app.server.test_client()
    digest = store.manifest.digest[:12]
    assert client.get("/lab/concept/c0001").status_code == 200
    assert client.get(f"/lab/api/fixture/{digest}/map/umap").status_code == 200
    assert client.get("/lab/export/fixture/concepts.csv").status_code == 200
    assert client.get("/lab/api/nothing").status_code == 404
    assert client.get("/healthz").status_code == 200


def test_a_request_that_is_too_large_is_refused(client):
    body = b'{"changedPropIds": "' + b"x" * 21_000_000 + b'"}'
    answer = client.post("/_dash-update-component", data=body, content_type="application/json")
    assert answer.status_code == 413
