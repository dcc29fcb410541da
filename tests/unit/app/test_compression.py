"""What is compressed, what is left alone, and that the content stays the same."""

import gzip

import pytest
from flask import Flask, Response, send_file

from scconcepts_app.compression import Kept, add_compression

TEXT = "abcdefgh" * 500
PACKED = {"Accept-Encoding": "gzip, deflate"}


@pytest.fixture
def server(tmp_path):
    made = Flask("test")
    made.config["calls"] = []
    add_compression(made)
    file = tmp_path / "script.js"
    file.write_text(TEXT)

    @made.get("/json")
    def json():
        return Response(TEXT, mimetype="application/json")

    @made.get("/lasting")
    def lasting():
        response = Response(TEXT, mimetype="text/javascript")
        response.headers["Cache-Control"] = "max-age=31536000"
        return response

    @made.get("/file")
    def of_file():
        return send_file(file, mimetype="text/javascript")

    @made.get("/download")
    def download():
        return send_file(file, mimetype="text/csv", as_attachment=True)

    @made.get("/bytes/<int:size>")
    def raw(size):
        return Response(b"\0" * size, mimetype="application/octet-stream")

    @made.get("/short")
    def short():
        return Response("a" * 999, mimetype="text/plain")

    @made.get("/picture")
    def picture():
        return Response(b"\0" * 5000, mimetype="image/png")

    @made.get("/stream")
    def stream():
        return Response((TEXT for _ in range(3)), mimetype="text/plain")

    @made.get("/fault")
    def fault():
        return Response(TEXT, status=404, mimetype="application/json")

    return made


@pytest.mark.parametrize("path", ["/json", "/lasting", "/file"])
def test_texts_are_compressed_for_those_who_accept_it(server, path):
    client = server.test_client()
    for _ in range(2):  # the second answer may come from what was kept
        answer = client.get(path, headers=PACKED)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data).decode() == TEXT
        assert int(answer.headers["Content-Length"]) == len(answer.data) < 200
        assert "Accept-Encoding" in answer.headers["Vary"]
    plain = client.get(path)
    assert "Content-Encoding" not in plain.headers
    assert plain.text == TEXT
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_large_columns_are_compressed_and_payloads_are_not(server):
    client = server.test_client()
    assert client.get("/bytes/100000", headers=PACKED).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get("/bytes/99999", headers=PACKED).headers
    assert "Content-Encoding" not in client.get("/bytes/32000001", headers=PACKED).headers


@pytest.mark.parametrize("path", ["/download", "/short", "/picture", "/stream", "/fault"])
def test_what_is_left_as_it_is(server, path):
    answer = server.test_client().get(path, headers=PACKED)
    assert "Content-Encoding" not in answer.headers


def test_an_unchanged_file_is_still_not_sent_again(server):
    client = server.test_client()
    etag = client.get("/file", headers=PACKED).headers["ETag"]
    assert etag.startswith('W/"')
    again = client.get("/file", headers={**PACKED, "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_the_app_compresses_its_columns_and_revalidates(client, api):
    first = client.get(f"{api}/map/umap", headers=PACKED)
    assert first.status_code == 200
    assert client.get("/", headers=PACKED).headers["Content-Encoding"] == "gzip"
    weak = {"If-None-Match": f"W/{first.headers['ETag'].removeprefix('W/')}"}
    assert client.get(f"{api}/map/umap", headers=weak).status_code == 304


def test_a_file_that_changed_is_compressed_anew(server, tmp_path):
    client = server.test_client()
    client.get("/file", headers=PACKED)
    (tmp_path / "script.js").write_text(TEXT[::-1])
    answer = client.get("/file", headers=PACKED)
    assert gzip.decompress(answer.data).decode() == TEXT[::-1]


def test_what_is_kept_stays_below_its_limit():
    kept = Kept(most=10)
    kept.put(("a",), b"1234")
    kept.put(("b",), b"5678")
    assert kept.get(("a",)) == b"1234"  # used later than b
    kept.put(("c",), b"90ab")
    assert [kept.get((name,)) for name in "abc"] == [b"1234", None, b"90ab"]
    kept.put(("c",), b"longer")
    assert kept.get(("c",)) == b"longer"
    kept.put(("d",), b"x" * 11)
    assert kept.get(("d",)) is None
