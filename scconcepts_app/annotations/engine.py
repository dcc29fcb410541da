"""Opens the annotation database and turns its faults into words. Knows no table."""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from scconcepts_app.annotations.errors import AnnotationError

WRITES = "annotation_writes"  # execution option: this transaction is going to write
_BUSY_SECONDS = 15
_ADVICE = {
    "readonly": "Make the file and its folder writable for the user who runs the app.",
    "read-only": "Make the database writable for the user who runs the app.",
    "full": "Free space on that disk; what was saved before is kept.",
    "unable to open": "The folder must exist and be writable for the user who runs the app.",
    "locked": "Another process has held the database for too long: end it, then try again.",
    "not a database": "The file is something else: choose another file name.",
    "malformed": "The file is damaged: stop the app and restore the file from a backup.",
    "disk i/o": "Check the disk; a network folder cannot hold this file, PostgreSQL can.",
}
_OTHER_ADVICE = "Check that the database runs, and the address in SCCONCEPTS_ANNOTATIONS_URL."


def open_engine(url: str) -> Engine:
    """Return an engine for an SQLite file or a PostgreSQL database; connects to nothing yet.

    Raises
    ------
    AnnotationError
        The address cannot be read, names another database, memory, or has no driver installed.
    """
    address = _address(url)
    sqlite = address.get_backend_name() == "sqlite"
    # SQLite connections must not live through a fork, and opening one takes a millisecond.
    options: dict[str, Any] = {"poolclass": NullPool} if sqlite else {"pool_pre_ping": True}
    try:
        engine = create_engine(address, **options)
    except (ImportError, NoSuchModuleError) as error:
        raise AnnotationError(
            f"{describe(address)}: its driver is not installed ({error}). "
            'Run: pip install "psycopg[binary]"'
        ) from error
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        _forget_connections_in_children(engine)
    return engine


def describe(address: URL) -> str:
    """Return the address for a message: the file, or the URL without its password."""
    if address.get_backend_name() == "sqlite":
        return str(address.database)
    return address.render_as_string(hide_password=True)


@contextmanager
def spoken_faults(engine: Engine, doing: str) -> Iterator[None]:
    """Raise an `AnnotationError` that says where, what and what to do for a database's fault.

    Parameters
    ----------
    engine : the database.
    doing : what failed, in words: ``the label could not be saved``.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        cause = getattr(error, "orig", None) or error
        found = (str(cause).strip() or type(cause).__name__).splitlines()[0]
        advice = next((a for key, a in _ADVICE.items() if key in found.lower()), _OTHER_ADVICE)
        where = describe(engine.url)
        raise AnnotationError(f"{where}: {doing} ({found}). {advice}") from error


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise AnnotationError(
            "SCCONCEPTS_ANNOTATIONS_URL: cannot be read as an address. Expected "
            "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE."
        ) from error
    if address.drivername in {"postgres", "postgresql"}:
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "postgresql":
        return address
    if address.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise AnnotationError(
            f"SCCONCEPTS_ANNOTATIONS_URL: found '{address.drivername}'. Expected "
            "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE."
        )
    if not address.database or ":memory:" in address.database:
        raise AnnotationError(
            "SCCONCEPTS_ANNOTATIONS_URL: names a database in memory, which loses every label "
            "when the app stops. Expected sqlite:///FILE."
        )
    if address.database.startswith("file:"):
        return address
    return address.set(database=str(Path(address.database).expanduser().absolute()))


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins; the driver would begin too late
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # a save that was confirmed outlives a crash
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # Two processes that create the file together: SQLite reports this one lock without waiting.
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another wrote between.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _forget_connections_in_children(engine: Engine) -> None:
    reference = weakref.ref(engine)

    def forget() -> None:
        if (own := reference()) is not None:
            own.dispose(close=False)  # the sockets belong to the parent

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
