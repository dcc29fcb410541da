"""Checks and cleans what people type, before it reaches the database."""

from __future__ import annotations

import re
import unicodedata

from scconcepts_app.annotations.errors import AnnotationError

MAX_LABEL = 200
MAX_NOTE = 10_000
MAX_AUTHOR = 100
MAX_CONCEPT_ID = 200

_DIGEST = re.compile(r"[0-9a-f]{64}")
# Characters that turn the direction of the text around them: a label could read as another.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_line(name: str, text: str, limit: int) -> str:
    """Return `text` as one line: white space collapsed, control characters left out.

    Parameters
    ----------
    name : of the field, for the message.
    text : as typed.
    limit : characters allowed in the result.

    Raises
    ------
    AnnotationError
        Too long, not text, or not storable as UTF-8.
    """
    _check_text(name, text)
    line = " ".join(_without_controls(re.sub(r"\s", " ", text), keep="").split())
    return _within(name, line, limit)


def clean_note(text: str) -> str:
    """Return a note: every line break as a line feed, tabs kept, other controls left out.

    Raises
    ------
    AnnotationError
        Too long, not text, or not storable as UTF-8.
    """
    _check_text("note", text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _within("note", _without_controls(lines, keep="\n\t").strip(), MAX_NOTE)


def check_digest(store_digest: str) -> str:
    """Return the digest of a store if it is one: 64 hexadecimal digits, lower case."""
    if not isinstance(store_digest, str) or not _DIGEST.fullmatch(store_digest):
        raise AnnotationError(
            f"store digest: found {str(store_digest)[:80]!r}, expected 64 lower-case hexadecimal "
            "digits. Take it from the store's manifest."
        )
    return store_digest


def check_concept_id(concept_id: str) -> str:
    """Return the id of a concept if it can be one: 1 to 200 printable characters."""
    usable = isinstance(concept_id, str) and 0 < len(concept_id) <= MAX_CONCEPT_ID
    if not usable or not concept_id.isprintable():
        raise AnnotationError(
            f"concept id: found {str(concept_id)[:80]!r}, expected 1 to {MAX_CONCEPT_ID} "
            "printable characters. Take it from the store."
        )
    return concept_id


def _check_text(name: str, text: str) -> None:
    if not isinstance(text, str):
        raise AnnotationError(f"{name}: found {type(text).__name__}, expected text.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise AnnotationError(
            f"{name}: character {error.start + 1} is half of a pair and cannot be stored. "
            "Type or paste the text again."
        ) from error


def _without_controls(text: str, keep: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        c
        for c in composed
        if c in keep or (unicodedata.category(c) != "Cc" and c not in _DIRECTION)
    )


def _within(name: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise AnnotationError(
            f"{name}: found {len(text):,} characters, at most {limit:,} fit. Shorten it."
        )
    return text
