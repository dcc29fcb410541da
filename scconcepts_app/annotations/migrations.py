"""Brings the annotation database to the shape this code knows: ordered steps, each run once.

A step is history: it states its tables in full and is never edited after a release. A change
of `models` is a new step at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    inspect,
    select,
    text,
)

from scconcepts_app.annotations.engine import WRITES, describe
from scconcepts_app.annotations.errors import AnnotationError

_LOCK = 7_305_118_422  # PostgreSQL advisory lock: one worker migrates, the others wait
_metadata = MetaData()
_version = Table(
    "annotation_schema",
    _metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", DateTime(timezone=True), nullable=False),
)


def _create_annotation(connection: Connection) -> None:
    table = Table(
        "annotation",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("store_digest", String(64), nullable=False),
        Column("concept_id", String(200), nullable=False),
        Column("revision", Integer, nullable=False),
        Column("label", String(200), nullable=False),
        Column("note", Text, nullable=False),
        Column("author", String(100), nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        UniqueConstraint("store_digest", "concept_id", "revision", name="one_next_revision"),
        sqlite_autoincrement=True,
    )
    table.create(connection)


UPGRADES: tuple[Callable[[Connection], None], ...] = (_create_annotation,)


def upgrade(engine: Engine, upgrades: tuple[Callable[[Connection], None], ...] = UPGRADES) -> int:
    """Run the steps that the database has not seen, all or none; return its version.

    Several workers may call this at the same time: one runs the steps, the others wait for it.

    Raises
    ------
    AnnotationError
        The database was written by a newer release.
    """
    with engine.connect() as connection:
        if _read_version(connection, engine, len(upgrades)) == len(upgrades):
            return len(upgrades)  # nothing to write: a read-only database can still be read
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _metadata.create_all(connection)
        done = _read_version(connection, engine, len(upgrades))
        for version, step in enumerate(upgrades[done:], start=done + 1):
            step(connection)
            now = datetime.now(UTC)
            connection.execute(_version.insert().values(version=version, applied_at=now))
    return len(upgrades)


def _read_version(connection: Connection, engine: Engine, known: int) -> int:
    if not inspect(connection).has_table(_version.name):
        return 0
    version = connection.execute(select(func.max(_version.c.version))).scalar() or 0
    if version > known:
        raise AnnotationError(
            f"{describe(engine.url)}: the annotation database has schema version {version}, this "
            f"release of scConcepts reads up to {known}. Install the newer release again, or "
            "point SCCONCEPTS_ANNOTATIONS_URL at another database."
        )
    return version
