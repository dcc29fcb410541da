"""Reads a table of labels, and says row by row what an import would do. Writes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from scconcepts_app.annotations import text
from scconcepts_app.annotations.errors import AnnotationError
from scconcepts_app.annotations.record import Annotation

MOST_BYTES = 10_000_000
MOST_ROWS = 100_000
_NEEDED = ("concept_id", "label")
_QUOTED = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class NewLabel:
    """A label to save on a concept, on top of the revision that was there."""

    concept_id: str
    label: str
    note: str
    expected_revision: int


@dataclass(frozen=True)
class LeftOut:
    """A row that is not taken, and why."""

    line: int
    concept_id: str
    reason: str


@dataclass
class Plan:
    """What an import would do. With a fault it does nothing.

    Attributes
    ----------
    taken : to be saved.
    skipped : nothing to save: no newest row, the same label, another store.
    conflicting : the concept has a label that the file does not know of; saved only if wanted.
    overruling : what to save for those.
    faults : what has to be mended in the file.
    """

    taken: list[NewLabel] = field(default_factory=list)
    skipped: list[LeftOut] = field(default_factory=list)
    conflicting: list[LeftOut] = field(default_factory=list)
    overruling: list[NewLabel] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def plan_import(
    data: bytes, digest: str, concept_ids: Collection[str], latest: Mapping[str, Annotation]
) -> Plan:
    """Return what importing a CSV or TSV as it was downloaded, or written by hand, would do.

    Parameters
    ----------
    data : the file; ``concept_id`` and ``label`` are needed, ``note`` and the other columns of
        the download are read where they are there.
    digest : of the store.
    latest : newest revision of each labelled concept.
    """
    plan = Plan()
    try:
        rows = list(_read_rows(data))
    except AnnotationError as error:
        plan.faults.append(str(error))
        return plan
    known = {_identity(row) for _, row in rows}
    seen: dict[str, int] = {}
    for line, row in rows:
        concept_id = row["concept_id"].strip()
        reason = _reason_to_skip(row, digest)
        if reason:
            plan.skipped.append(LeftOut(line, concept_id, reason))
        elif concept_id not in concept_ids:
            plan.faults.append(f"Line {line}: this store has no concept “{concept_id[:80]}”.")
        elif concept_id in seen:
            plan.faults.append(
                f"Line {line}: {concept_id} has a label in line {seen[concept_id]} already."
            )
        else:
            seen[concept_id] = line
            _place(plan, line, row, latest.get(concept_id), known)
    return plan


def _place(
    plan: Plan,
    line: int,
    row: Mapping[str, str],
    newest: Annotation | None,
    known: Collection[tuple[str, ...]],
) -> None:
    concept_id = row["concept_id"].strip()
    try:
        label = text.clean_line("label", row["label"], text.MAX_LABEL)
        note = text.clean_note(row.get("note", ""))
    except AnnotationError as error:
        plan.faults.append(f"Line {line}: {error}")
        return
    new = NewLabel(concept_id, label, note, newest.revision if newest else 0)
    if (newest.label, newest.note) == (label, note) if newest else not (label or note):
        plan.skipped.append(LeftOut(line, concept_id, "it is there already"))
    elif newest is None or _identity_of(newest) in known:
        plan.taken.append(new)
    else:
        words = f"it was labelled “{newest.label}” by {newest.who_and_when}"
        plan.conflicting.append(LeftOut(line, concept_id, words))
        plan.overruling.append(new)


def _reason_to_skip(row: Mapping[str, str], digest: str) -> str:
    if row.get("is_newest", "").strip().lower() in {"false", "0"}:
        return "an older revision"
    if row.get("store_digest", "").strip() not in {"", digest}:
        return "of another store"
    return ""


def _identity(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return by what a saved revision is known again in a file."""
    names = ("concept_id", "label", "note", "author", "created_at")
    return tuple(row.get(name, "").strip() for name in names)


def _identity_of(record: Annotation) -> tuple[str, ...]:
    when = record.created_at.isoformat(timespec="seconds")
    return (record.concept_id, record.label, record.note, record.author, when)


def _read_rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield number and values of each line; formulas that the download made harmless are back."""
    if len(data) > MOST_BYTES:
        raise AnnotationError(f"The file has {len(data):,} bytes, at most {MOST_BYTES:,} are read.")
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnnotationError(
            f"The file is not UTF-8 text (byte {error.start + 1:,}). Save it as CSV in UTF-8."
        ) from error
    tabs = "\t" in content.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter="\t" if tabs else ",")
    try:
        header = [name.strip() for name in reader.fieldnames or []]
        missing = [name for name in _NEEDED if name not in header]
        if missing:
            raise AnnotationError(
                f"The file has no column {' and '.join(missing)}. Its first line holds: "
                f"{', '.join(header)[:200] or 'nothing'}."
            )
        reader.fieldnames = header
        for number, row in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise AnnotationError(f"The file has more than {MOST_ROWS:,} rows.")
            yield reader.line_num, {k: _unquote(v) for k, v in row.items() if isinstance(k, str)}
    except csv.Error as error:
        where = f"Line {reader.reader.line_num}"  # the other number is that of the row before
        raise AnnotationError(f"{where}: not a table ({error}).") from error


def _unquote(value: str | None) -> str:
    value = value or ""
    return value[1:] if value[:1] == "'" and value[1:2] in _QUOTED else value
