"""Saves and reads labels and notes. Every save adds a revision; nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scconcepts_app.annotations import text
from scconcepts_app.annotations.engine import WRITES, describe, open_engine, spoken_faults
from scconcepts_app.annotations.errors import AnnotationError, ConflictError
from scconcepts_app.annotations.importing import NewLabel
from scconcepts_app.annotations.migrations import upgrade
from scconcepts_app.annotations.models import AnnotationRow
from scconcepts_app.annotations.record import Annotation

_ATTEMPTS = 50  # writers on one concept at the same instant; SQLite needs one attempt


def _now() -> datetime:
    return datetime.now(UTC)


class AnnotationService:
    """Labels and notes of experts in one database, shared by all workers and processes.

    Parameters
    ----------
    url : ``sqlite:///FILE`` (created when absent) or ``postgresql://USER:PASSWORD@HOST/DATABASE``.
    clock : returns the time of a save, timezone-aware.

    Raises
    ------
    AnnotationError
        The database cannot be opened, or a newer release wrote it.
    """

    def __init__(self, url: str, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock
        self._engine = open_engine(url)
        self._writer = self._engine.execution_options(**{WRITES: True})
        with spoken_faults(self._engine, "the annotation database could not be opened"):
            upgrade(self._engine)

    @property
    def where(self) -> str:
        """The file, or the URL without its password."""
        return describe(self._engine.url)

    def save(
        self,
        store_digest: str,
        concept_id: str,
        label: str,
        note: str,
        author: str,
        expected_revision: int | None = None,
    ) -> Annotation:
        """Add a revision to a concept and return it once it is safely on disk.

        Parameters
        ----------
        store_digest, concept_id : the concept.
        label : one line of at most 200 characters; empty takes the label back.
        note : at most 10,000 characters.
        author : one line of at most 100 characters; may be empty.
        expected_revision : the revision that was edited, 0 when there was none; None to add the
            revision whatever came before.

        Raises
        ------
        ConflictError
            `expected_revision` is not the newest; the message says who saved what and when.
        AnnotationError
            A text is too long, or the database cannot be written.
        """
        values = {
            "store_digest": text.check_digest(store_digest),
            "concept_id": text.check_concept_id(concept_id),
            "label": text.clean_line("label", label, text.MAX_LABEL),
            "note": text.clean_note(note),
            "author": text.clean_line("author", author, text.MAX_AUTHOR),
        }
        with spoken_faults(self._engine, "the label could not be saved"):
            for _ in range(_ATTEMPTS):
                try:
                    return self._add(values, expected_revision)
                except IntegrityError:
                    continue  # another writer took this revision number: take the next one
        raise AnnotationError(
            f"{self.where}: the label could not be saved, others were saving labels of "
            f"{concept_id} all the time. Try again."
        )

    def _add(self, values: dict[str, str], expected_revision: int | None) -> Annotation:
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            row = self._append(session, values, expected_revision)
        return row.to_record()

    def _append(
        self, session: Session, values: dict[str, str], expected_revision: int | None
    ) -> AnnotationRow:
        newest = session.scalars(_newest(values["store_digest"], values["concept_id"])).first()
        revision = newest.revision if newest else 0
        if expected_revision is not None and expected_revision != revision:
            record = newest.to_record() if newest else None
            raise ConflictError(values["concept_id"], expected_revision, record)
        row = AnnotationRow(**values, revision=revision + 1, created_at=self._clock())
        session.add(row)
        return row

    def save_all(
        self, store_digest: str, labels: Sequence[NewLabel], author: str
    ) -> list[Annotation]:
        """Add a revision to each of several concepts, to all or to none, and return them.

        Raises
        ------
        ConflictError
            A concept has another newest revision than its label expects.
        AnnotationError
            A text is too long, or the database cannot be written.
        """
        digest = text.check_digest(store_digest)
        name = text.clean_line("author", author, text.MAX_AUTHOR)
        values = [
            {
                "store_digest": digest,
                "concept_id": text.check_concept_id(new.concept_id),
                "label": text.clean_line("label", new.label, text.MAX_LABEL),
                "note": text.clean_note(new.note),
                "author": name,
            }
            for new in labels
        ]
        expected = [new.expected_revision for new in labels]
        with spoken_faults(self._engine, "the labels could not be saved"):
            for _ in range(_ATTEMPTS):
                try:
                    with Session(self._writer, expire_on_commit=False) as session, session.begin():
                        pairs = zip(values, expected, strict=True)
                        rows = [self._append(session, row, number) for row, number in pairs]
                    return [row.to_record() for row in rows]
                except IntegrityError:
                    continue  # another writer took a revision number: the check says which
        raise AnnotationError(f"{self.where}: others were saving labels all the time. Try again.")

    def latest(self, store_digest: str, concept_id: str) -> Annotation | None:
        """Return the newest revision of a concept, None when nothing was ever saved."""
        found = self._read(_newest(store_digest, concept_id))
        return found[0] if found else None

    def latest_for_store(self, store_digest: str) -> dict[str, Annotation]:
        """Return the newest revision of every concept of a store that has one, by concept id."""
        newest = (
            select(AnnotationRow.concept_id, func.max(AnnotationRow.revision).label("revision"))
            .where(AnnotationRow.store_digest == store_digest)
            .group_by(AnnotationRow.concept_id)
            .subquery()
        )
        query = (
            select(AnnotationRow)
            .join(
                newest,
                (AnnotationRow.concept_id == newest.c.concept_id)
                & (AnnotationRow.revision == newest.c.revision),
            )
            .where(AnnotationRow.store_digest == store_digest)
            .order_by(AnnotationRow.concept_id)
        )
        return {record.concept_id: record for record in self._read(query)}

    def history(self, store_digest: str, concept_id: str) -> list[Annotation]:
        """Return every revision of a concept, newest first."""
        return self._read(_revisions(store_digest, concept_id))

    def all_revisions(self, store_digest: str) -> list[Annotation]:
        """Return every revision of a store, newest first."""
        return self._read(
            select(AnnotationRow)
            .where(AnnotationRow.store_digest == store_digest)
            .order_by(AnnotationRow.id.desc())
        )

    def export_rows(self, store_digest: str) -> list[dict[str, Any]]:
        """Return every revision of a store as flat rows for a table file.

        Rows are ordered by concept and revision; `is_newest` marks the present ones and
        `created_at` is ISO 8601 in UTC.
        """
        query = (
            select(AnnotationRow)
            .where(AnnotationRow.store_digest == store_digest)
            .order_by(AnnotationRow.concept_id, AnnotationRow.revision)
        )
        records = self._read(query)
        newest = {record.concept_id: record.id for record in records}
        return [
            {
                "store_digest": record.store_digest,
                "concept_id": record.concept_id,
                "revision": record.revision,
                "is_newest": newest[record.concept_id] == record.id,
                "label": record.label,
                "note": record.note,
                "author": record.author,
                "created_at": record.created_at.isoformat(timespec="seconds"),
            }
            for record in records
        ]

    def check(self) -> None:
        """Raise an `AnnotationError` when labels cannot be read now; for health checks."""
        self._read(select(AnnotationRow).limit(1))

    def close(self) -> None:
        """Give back all connections; a later call opens new ones."""
        self._engine.dispose()

    def _read(self, query: Select[AnnotationRow]) -> list[Annotation]:
        with (
            spoken_faults(self._engine, "labels could not be read"),
            Session(self._engine) as session,
        ):
            return [row.to_record() for row in session.scalars(query)]


def _revisions(store_digest: str, concept_id: str) -> Select[AnnotationRow]:
    return (
        select(AnnotationRow)
        .where(AnnotationRow.store_digest == store_digest, AnnotationRow.concept_id == concept_id)
        .order_by(AnnotationRow.revision.desc())
    )


def _newest(store_digest: str, concept_id: str) -> Select[AnnotationRow]:
    return _revisions(store_digest, concept_id).limit(1)
