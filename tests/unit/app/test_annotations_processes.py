"""Labels under several processes and sudden death: nothing that was confirmed is ever lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from scconcepts_app.annotations import AnnotationService, ConflictError

STORE = "a" * 64
SPAWN = multiprocessing.get_context("spawn")
WRITER = """
import sys
from scconcepts_app.annotations import AnnotationService
service = AnnotationService(sys.argv[1])
while True:
    saved = service.save("a" * 64, "c1", "label", "x" * 3000, sys.argv[2])
    print(saved.id, flush=True)
"""


def save_many(url: str, author: str, n_saves: int) -> None:
    service = AnnotationService(url)
    for number in range(n_saves):
        service.save(STORE, "c1", f"{author} {number}", "", author)


def save_once(url: str, author: str, barrier, outcomes) -> None:
    service = AnnotationService(url)
    barrier.wait()
    try:
        service.save(STORE, "c1", author, "", author, expected_revision=0)
        outcomes.put("saved")
    except ConflictError:
        outcomes.put("conflict")


def open_together(url: str, barrier, outcomes) -> None:
    barrier.wait()
    try:
        AnnotationService(url).check()
        outcomes.put("opened")
    except Exception as error:  # whatever it is, the test shows it
        outcomes.put(repr(error))


def run_all(target, arguments: list[tuple]) -> None:
    workers = [SPAWN.Process(target=target, args=each) for each in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * len(workers)


def test_two_processes_writing_at_once_both_keep_everything(database_url: str) -> None:
    service = AnnotationService(database_url)
    run_all(save_many, [(database_url, name, 40) for name in ("Ada", "Bob", "Cyd")])
    history = service.history(STORE, "c1")
    assert [a.revision for a in history] == list(range(120, 0, -1))
    for name in ("Ada", "Bob", "Cyd"):
        own = [a.label for a in reversed(history) if a.author == name]
        assert own == [f"{name} {number}" for number in range(40)]


def test_of_many_who_expect_nothing_exactly_one_is_first(database_url: str) -> None:
    service = AnnotationService(database_url)
    barrier, outcomes = SPAWN.Barrier(5), SPAWN.Queue()
    run_all(save_once, [(database_url, f"author {i}", barrier, outcomes) for i in range(5)])
    assert sorted(outcomes.get(timeout=5) for _ in range(5)) == ["conflict"] * 4 + ["saved"]
    assert len(service.history(STORE, "c1")) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_workers_that_start_together_create_one_database(database_url: str, attempt: int) -> None:
    barrier, outcomes = SPAWN.Barrier(6), SPAWN.Queue()
    run_all(open_together, [(database_url, barrier, outcomes)] * 6)
    assert [outcomes.get(timeout=5) for _ in range(6)] == ["opened"] * 6


@pytest.mark.parametrize("n_confirmed", [1, 7, 25])
def test_a_killed_writer_loses_nothing_that_was_confirmed(tmp_path: Path, n_confirmed: int) -> None:
    path = tmp_path / "labels.sqlite3"
    url = f"sqlite:///{path}"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, name], stdout=subprocess.PIPE, text=True
        )
        for name in ("Ada", "Bob")
    ]
    confirmed = set()
    for writer in writers:
        assert writer.stdout is not None
        confirmed |= {int(writer.stdout.readline()) for _ in range(n_confirmed)}
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
    for writer in writers:
        confirmed |= {int(line) for line in writer.communicate()[0].split("\n")[:-1]}
    service = AnnotationService(url)
    history = service.history(STORE, "c1")
    assert confirmed <= {a.id for a in history}
    assert [a.revision for a in history] == list(range(len(history), 0, -1))
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    service.save(STORE, "c1", "after", "", "Cyd")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_service_made_before_a_fork_works_after_it(database_url: str) -> None:
    """Gunicorn with a preloaded app forks its workers."""
    service = AnnotationService(database_url)
    service.save(STORE, "c1", "parent", "", "")
    children = []
    for number in range(3):
        if (child := os.fork()) == 0:
            try:
                service.save(STORE, "c1", f"child {number}", "", "")
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    labels = {a.label for a in service.history(STORE, "c1")}
    assert labels == {"parent", "child 0", "child 1", "child 2"}


# On PostgreSQL too where TEST_POSTGRESQL_URL names a database that may be emptied.
POSTGRESQL_URL = os.environ.get("TEST_POSTGRESQL_URL", "")


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRESQL_URL else ["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a new database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'labels.sqlite3'}"
    url = POSTGRESQL_URL
    from sqlalchemy import text

    from scconcepts_app.annotations.engine import open_engine

    with open_engine(url).begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS annotation, annotation_schema"))
    return url
