"""``python app.py``: a clear message and status 2, never a traceback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from scconcepts_app.settings import settings_table

ROOT = Path(__file__).parents[3]


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    bare = {k: v for k, v in os.environ.items() if not k.startswith("SCCONCEPTS_")}
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env={**bare, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def database(tmp_path) -> dict[str, str]:
    return {
        "SCCONCEPTS_ANNOTATIONS_URL": f"sqlite:///{tmp_path / 'labels.sqlite3'}",
        "SCCONCEPTS_CACHE_DIR": str(tmp_path / "cache"),
    }


def test_no_store(tmp_path):
    refused(run(**database(tmp_path)), "SCCONCEPTS_STORES", "python app.py STORE")


def test_a_path_without_store(tmp_path):
    refused(run(str(tmp_path / "none"), "--port", "0", **database(tmp_path)), "no such folder")


def test_a_damaged_store(store, tmp_path):
    damaged = shutil.copytree(store.path, tmp_path / "damaged.store")
    array = damaged / "embeddings.npy"
    array.write_bytes(array.read_bytes()[:-10])
    refused(run(str(damaged), "--port", "0", **database(tmp_path)), "embeddings.npy", "bytes")


def test_a_port_in_use(store, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = run(str(store.path), "--port", port, **database(tmp_path))
    refused(done, f"127.0.0.1:{port}: cannot listen there", "--port")


def test_an_unknown_setting(store):
    refused(run(str(store.path), SCCONCEPTS_PROT="1"), "SCCONCEPTS_PROT", "SCCONCEPTS_PORT")


def test_a_database_that_cannot_be_opened(store, tmp_path):
    url = f"sqlite:///{tmp_path / 'no' / 'folder' / 'x.sqlite3'}"
    done = run(str(store.path), "--port", "0", SCCONCEPTS_ANNOTATIONS_URL=url)
    refused(done, "could not be opened")


def ask(path: str, **environ: str) -> str:
    code = f"import app; r = app.server.test_client().get({path!r}); print(r.status_code, r.text)"
    bare = {k: v for k, v in os.environ.items() if not k.startswith("SCCONCEPTS_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**bare, **environ},
        capture_output=True,
        text=True,
    ).stdout


def test_gunicorns_server_without_stores_says_what_to_set(tmp_path):
    advice = "503 SCCONCEPTS_STORES: no concept store found."
    assert ask("/x").startswith(advice)
    assert ask("/readyz", SCCONCEPTS_STORES=str(tmp_path)).startswith(advice)
    assert ask("/healthz", SCCONCEPTS_STORES=str(tmp_path)).startswith("200")


def test_gunicorns_server_serves_the_stores(store, tmp_path):
    code = "import app; print(app.server.test_client().get('/readyz').json['stores'])"
    environ = {**os.environ, **database(tmp_path), "SCCONCEPTS_STORES": str(store.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.stdout.strip() == "['fixture']"


def test_help_lists_every_setting():
    done = run("--help")
    assert done.returncode == 0
    for variable, _, _ in settings_table():
        assert f"  {variable}\n" in done.stdout
