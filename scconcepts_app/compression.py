"""Answers in gzip to browsers that take it: scripts, pages, tables and dense columns of the map.

Measured at 1,000,000 cells: scripts 8.5 -> 2.5 MB, the table of 2,000 concepts 1.1 -> 0.2 MB, a
column of cell types 1 MB -> 5 KB. A concept's payload would go from 13.8 to 8.3 KB and is left as
it is: it is small, and asked for most often.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from threading import Lock

from flask import Flask, Response, request

TEXTS = ("text/", "application/json", "application/javascript", "image/svg+xml")
LEAST_TEXT, LEAST_BYTES = 1_000, 100_000
MOST = 32_000_000  # what is larger is a download
KEPT_BYTES = 24_000_000
_LEVEL = 5
_A_MONTH = 30 * 24 * 3600


class Kept:
    """Compressed answers that never change, the last ones used, `most` bytes in all."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._found: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        """Return what was kept under `key`, or None."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: tuple[str, ...], data: bytes) -> None:
        """Keep `data`, and drop what was not used for longest."""
        with self._lock:
            self._bytes += len(data) - len(self._found.pop(key, b""))
            self._found[key] = data
            while self._bytes > self._most:
                self._bytes -= len(self._found.popitem(last=False)[1])


def add_compression(server: Flask) -> None:
    """Compress what gains from it, for clients that accept gzip.

    Answers that lie under their address for ever, or have an ETag, are compressed once and kept.
    """
    kept = Kept()

    @server.after_request
    def compress(response: Response) -> Response:
        if not _gains(response):
            return response
        response.headers.add("Vary", "Accept-Encoding")
        if "gzip" not in request.accept_encodings:
            return response
        etag = response.headers.get("ETag", "")
        lasts = bool(etag) or (response.cache_control.max_age or 0) >= _A_MONTH
        key = (request.full_path, etag, str(response.content_length))
        packed = kept.get(key) if lasts else None
        if packed is None:
            packed = gzip.compress(_read(response), _LEVEL, mtime=0)
            if lasts:
                kept.put(key, packed)
        _replace(response, packed, etag)
        return response


def _read(response: Response) -> bytes:
    response.direct_passthrough = False  # of a file, which may be read here
    return response.get_data()


def _replace(response: Response, packed: bytes, etag: str) -> None:
    close = getattr(response.response, "close", None)
    if close:
        close()
    response.direct_passthrough = False
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    if etag:  # other bytes of the same content
        response.set_etag(etag.removeprefix("W/").strip('"'), weak=True)


def _gains(response: Response) -> bool:
    """Say whether an answer is whole, of a kind that shrinks, and large enough for it to matter."""
    size = response.content_length
    if request.method not in {"GET", "POST"}:
        return False
    if response.status_code != 200 or "Content-Encoding" in response.headers or size is None:
        return False
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        return False
    mimetype = response.mimetype or ""
    least = LEAST_TEXT if mimetype.startswith(TEXTS) else LEAST_BYTES
    known = mimetype.startswith(TEXTS) or mimetype == "application/octet-stream"
    return known and least <= size <= MOST
