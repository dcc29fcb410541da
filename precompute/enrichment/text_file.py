"""Reads a text file that people gave: plain or gzip, in the encodings that spreadsheets write."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import re
import zlib
from pathlib import Path
from typing import NamedTuple

from precompute.errors import InputError, fault

MOST_BYTES = 1 << 30
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# No text holds these; tabs, line ends and form feeds may stand in one.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x7f]")


class TextFile(NamedTuple):
    """A file's text, the sha256 of the file, and in sentences how it had to be read."""

    text: str
    digest: str
    notices: tuple[str, ...]


def read_text_file(path: Path, expected: str) -> TextFile:
    """Read a file as text; gzip is known by its content, whatever the name says.

    UTF-8, or UTF-16 with its byte order mark; other bytes are taken for Windows-1252, and told.

    Parameters
    ----------
    expected : what the message says should be there, such as "a GMT file".

    Raises
    ------
    InputError
        No such file, a folder, a damaged or huge archive, a web page, anything but text.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise fault(
            path, f"cannot be read ({error.strerror})", expected, "Check the path."
        ) from error
    digest = hashlib.sha256(raw).hexdigest()
    text, notices = _decode(_unpack(raw, path, expected), path, expected)
    if _CONTROL.search(text):
        raise _no_text(path, "it holds control characters, as binary files do", expected)
    start = text[:200].lstrip().lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "{", "[{")):
        kind = "JSON" if start.startswith(("{", "[")) else "a web page"
        raise fault(
            path, f"holds {kind}", expected, "Download the file itself, where a login may be asked."
        )
    return TextFile(text, digest, notices)


def _unpack(raw: bytes, path: Path, expected: str) -> bytes:
    if raw.startswith(_ZIP):
        raise fault(path, "is a zip archive or a workbook", expected, "Unpack or export it first.")
    if not raw.startswith(_GZIP):
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            unpacked = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise fault(
            path,
            f"is a gzip file that cannot be unpacked ({error})",
            "the whole file",
            "It may be truncated: compare its size with the source and copy it again.",
        ) from error
    if len(unpacked) > MOST_BYTES:
        raise fault(path, f"unpacks to more than {MOST_BYTES:,} bytes", expected, "Check the file.")
    return unpacked


def _decode(raw: bytes, path: Path, expected: str) -> tuple[str, tuple[str, ...]]:
    encoding = "utf-16" if raw.startswith(_UTF_16) else "utf-8-sig"
    try:
        return raw.decode(encoding), ()
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise _no_text(path, error.reason, expected) from error
        line = raw.count(b"\n", 0, error.start) + 1
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _no_text(path, error.reason, expected) from error
    return text, (
        f"It is not UTF-8 (line {line:,}): read as Windows-1252, check names with accents.",
    )


def _no_text(path: Path, reason: str, expected: str) -> InputError:
    return fault(path, f"is not text ({reason})", f"{expected} in UTF-8", "Save it as text.")
