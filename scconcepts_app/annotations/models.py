"""The table behind the labels, as SQLAlchemy sees it; `migrations` creates it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from scconcepts_app.annotations.record import Annotation


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC: SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return `value` in UTC; a time without a zone is a fault of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored time with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Holds the metadata of the annotation database."""


class AnnotationRow(Base):
    """One save. Rows are only ever added: the newest revision of a concept is its present one."""

    __tablename__ = "annotation"
    # Two writers can never both be the next revision: the database itself decides.
    __table_args__ = (
        UniqueConstraint("store_digest", "concept_id", "revision", name="one_next_revision"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    store_digest: Mapped[str] = mapped_column(String(64))
    concept_id: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int]
    label: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    def to_record(self) -> Annotation:
        """Return the row as plain data."""
        return Annotation(
            id=self.id,
            store_digest=self.store_digest,
            concept_id=self.concept_id,
            revision=self.revision,
            label=self.label,
            note=self.note,
            author=self.author,
            created_at=self.created_at,
        )
