"""Downloads, from a server of our own: whole, cut, changed, and what is kept of them."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anndata as ad
import numpy as np
import pytest

from precompute import datasets
from precompute.config import Config
from precompute.datasets import DATASETS, Dataset, cache_folder, fetch_dataset
from precompute.errors import InputError


@pytest.fixture
def h5ad(tmp_path) -> bytes:
    path = tmp_path / "source.h5ad"
    ad.AnnData(np.ones((5, 3), np.float32)).write_h5ad(path)
    return path.read_bytes()


class Site(ThreadingHTTPServer):
    """Answers with `reply(handler)` and counts the requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.n_requests = 0
        self.reply = None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802
        self.server.n_requests += 1
        self.server.reply(self)

    def log_message(self, *args):
        """Stay silent."""


@pytest.fixture
def site(tmp_path, monkeypatch):
    server = Site()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/cells.h5ad"
    monkeypatch.setitem(DATASETS, "tiny", Dataset(url, (5, 3), Config(title="Tiny")))
    monkeypatch.setenv("SCCONCEPTS_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets, "_TIMEOUT_SECONDS", 5)
    yield server
    server.shutdown()
    server.server_close()


def send(content: bytes, length: int | None = None, status: int = 200):
    def reply(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content) if length is None else length))
        handler.end_headers()
        handler.wfile.write(content)

    return reply


def cached(tmp_path) -> list[str]:
    folder = tmp_path / "cache"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_whole_file_is_kept_and_used_again(site, h5ad, tmp_path):
    site.reply = send(h5ad)
    config = fetch_dataset("tiny")
    assert config.title == "Tiny"
    assert config.data.path == str(tmp_path / "cache" / "tiny.h5ad")
    assert (tmp_path / "cache" / "tiny.h5ad").read_bytes() == h5ad
    assert cached(tmp_path) == ["tiny.h5ad", "tiny.sha256"]
    assert fetch_dataset("tiny") == config
    assert site.n_requests == 1


def test_a_kept_file_that_changed_is_refused(site, h5ad, tmp_path):
    site.reply = send(h5ad)
    fetch_dataset("tiny")
    (tmp_path / "cache" / "tiny.h5ad").write_bytes(h5ad + b" ")
    with pytest.raises(InputError, match="sha256 is not the one kept.*Remove it"):
        fetch_dataset("tiny")


def chunked_and_cut(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"100\r\nonly this")


def no_http(handler):
    handler.wfile.write(b"what?\r\n\r\n")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (lambda content: send(content[:1000], length=len(content)), r"1,000 of [\d,]+ bytes came"),
        (lambda content: send(b"gone", status=404), "404"),
        (lambda content: chunked_and_cut, "IncompleteRead"),
        (lambda content: no_http, "could not be downloaded"),
        (lambda content: send(b"<html>"), "what came is no h5ad file. It was removed"),
    ],
    ids=["cut", "404", "chunked and cut", "no http", "no h5ad"],
)
def test_what_comes_damaged_is_not_kept(site, h5ad, tmp_path, reply, words):
    site.reply = reply(h5ad)
    with pytest.raises(InputError, match=words):
        fetch_dataset("tiny")
    assert cached(tmp_path) == []


def test_another_shape_is_not_kept(site, tmp_path, h5ad, monkeypatch):
    site.reply = send(h5ad)
    url = DATASETS["tiny"].url
    monkeypatch.setitem(DATASETS, "tiny", Dataset(url, (6, 3), Config()))
    with pytest.raises(InputError, match=r"5 x 3, expected \(6, 3\). The publisher has changed"):
        fetch_dataset("tiny")
    assert cached(tmp_path) == []


def test_no_server_says_what_else_can_be_done(site, tmp_path):
    site.shutdown()
    site.server_close()
    with pytest.raises(InputError, match="could not be downloaded.*use --data FILE.h5ad"):
        fetch_dataset("tiny")
    assert cached(tmp_path) == []


def test_an_unknown_name():
    with pytest.raises(InputError, match="'pbmc' is not known. Expected one of"):
        fetch_dataset("pbmc")


def test_the_cache_is_the_users_unless_said_otherwise(monkeypatch, tmp_path):
    monkeypatch.delenv("SCCONCEPTS_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "scconcepts" / "data"
