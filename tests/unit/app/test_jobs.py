"""Jobs: kept answers, processes that end, apps that stay apart, a folder that cannot be written."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from dataclasses import replace

import multiprocess
import psutil
import pytest

from scconcepts_app.jobs import Jobs
from scconcepts_app.library import Library
from scconcepts_app.server import create_app
from scconcepts_app.set_expression import answer_comparison
from scconcepts_app.views.cell_selection import read_selection, read_sides


def wait_until(is_true, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_true()


def has_ended(pid: int) -> bool:
    return not psutil.pid_exists(pid)


def sleep_long(*_) -> None:
    time.sleep(120)


def test_answers_are_kept_for_other_workers(settings):
    first, second = Jobs(settings), Jobs(settings)
    name = first.name("question", digest="d", n=1)
    assert name == second.name("question", n=1, digest="d") != first.name("question", digest="d")
    assert second.find(name) is None
    first.keep(name, {"rows": [["CD79A", 1.5, None]]})
    assert second.find(name) == {"rows": [["CD79A", 1.5, None]]}


def test_a_job_that_ends_by_itself_while_it_is_looked_at_is_no_fault(settings, monkeypatch):
    manager = Jobs(settings).manager
    process = multiprocess.Process(target=lambda: None)
    process.start()
    process.join()
    monkeypatch.setattr(psutil, "pid_exists", lambda pid: True)  # as a moment ago
    assert not manager.job_running(process.pid)
    manager.terminate_job(process.pid)


def test_a_folder_that_cannot_be_written_is_said(settings, tmp_path, store):
    (tmp_path / "file").write_text("in the way")
    blocked = replace(settings, cache_dir=tmp_path / "file")
    jobs = Jobs(blocked)
    assert jobs.manager is None
    assert "cannot be written" in jobs.problem
    assert "SCCONCEPTS_CACHE_DIR" in jobs.problem
    assert jobs.find("name") is None
    assert jobs.keep("name", 1) == jobs.problem
    client = create_app(Library([("fixture", store)]), blocked).server.test_client()
    assert client.get("/").status_code == 200
    path = "/export/fixture/selection/expression.csv?where=cell_type:B cell"
    assert client.get(path).status_code == 404


def test_a_cancelled_job_ends_and_is_no_zombie(settings):
    manager = Jobs(settings).manager
    pid = manager.call_job_fn("key", sleep_long, [], {})
    assert psutil.pid_exists(pid)
    manager.terminate_job(str(pid))
    assert wait_until(lambda: has_ended(pid))


def test_a_job_that_another_worker_cancels_is_no_zombie(settings):
    mine = Jobs(settings).manager
    pid = mine.call_job_fn("key", sleep_long, [], {})
    other = multiprocess.Process(target=lambda: Jobs(settings).manager.terminate_job(str(pid)))
    other.start()
    other.join(15)
    assert wait_until(lambda: has_ended(pid))


def test_a_finished_job_is_no_zombie(settings):
    pid = Jobs(settings).manager.call_job_fn("key", lambda *_: None, [], {})
    assert wait_until(lambda: has_ended(pid))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_ends_with_its_server(settings, how):
    reader, writer = multiprocess.Pipe(duplex=False)

    def serve() -> None:
        writer.send(Jobs(settings).manager.call_job_fn("key", sleep_long, [], {}))
        time.sleep(120)

    server = multiprocess.Process(target=serve)
    server.start()
    assert reader.poll(20)
    pid = reader.recv()
    assert psutil.pid_exists(pid)
    os.kill(server.pid, how)
    server.join(10)
    assert wait_until(lambda: has_ended(pid))


def test_jobs_of_two_apps_stay_apart(store, settings, tmp_path):
    """Dash registers every job with every manager: each must keep its own app's."""
    apps = [
        create_app(
            Library([(key, store)]),
            replace(settings, cache_dir=tmp_path / key),
        )
        for key in ("one", "two")
    ]
    managers = [app._background_manager for app in apps]
    assert managers[0] is not managers[1]
    for manager, key in zip(managers, ("one", "two"), strict=True):
        (job,) = manager.func_registry.values()

        folders = [c.cell_contents for c in _closure(job) if isinstance(c.cell_contents, dict)]
        assert [list(found) for found in folders] == [[key]]


def _closure(job) -> list:
    """The cells of a job's own function, which Dash and the manager have wrapped."""
    found, stack, seen = [], [job], set()
    while stack:
        function = stack.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        for cell in getattr(function, "__closure__", None) or ():
            found.append(cell)
            if callable(cell.cell_contents) and hasattr(cell.cell_contents, "__closure__"):
                stack.append(cell.cell_contents)
    return found


def test_a_comparison_is_answered_once(store, settings):
    jobs, told = Jobs(settings), []
    choices = {"where": "cell_type:B cell"}
    name, fault = answer_comparison(jobs, str(store.path), choices, told.append)
    assert fault == ""
    found = jobs.find(name)
    assert {row[0] for row in found["rows"][:5]} == {"CD79A", "MS4A1", "CD79B", "CD74", "HLA-DRA"}
    assert "(cell_type: B cell) against" in found["words"]
    percent = [int(value) for (value,) in told]
    assert percent == sorted(percent)
    assert percent[-1] > 90
    assert answer_comparison(jobs, str(store.path), choices, told.clear) == (name, "")
    assert told  # nothing was computed again


def test_an_answer_that_cannot_be_kept_is_told(store, settings, monkeypatch):
    def fail(*_, **__):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("diskcache.Cache.set", fail)
    jobs = Jobs(settings)
    _, fault = answer_comparison(
        jobs, str(store.path), {"where": "cell_type:B cell"}, lambda _: None
    )
    assert fault == "The answer could not be kept (database or disk is full). Run it again."


def test_comparisons_of_other_cells_have_other_names(store, settings):
    jobs = Jobs(settings)
    names = set()
    for choices in (
        {"where": "cell_type:B cell"},
        {"where": "cell_type:B cell", "against": "cell_type:NK cell"},
        {"where": "cell_type:NK cell"},
        {"sel": "umap:0,0,9,0,9,9", "where": "cell_type:B cell"},
    ):
        fault, first, second = read_sides(store, choices)
        assert fault == ""
        names.add(jobs.name_comparison("digest", first, second))
    assert len(names) == 4


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({}, "Choose cells first"),
        ({"where": "cell_type:B cell", "against": "zzz:1"}, "no column “zzz”"),
        ({"where": "percent_mito:7..8"}, "both sides need at least 2"),
        ({"where": "cell_type:B cell", "against": "cell_type:B cell"}, "at least 2"),
    ],
)
def test_what_cannot_be_compared_is_said(store, settings, choices, words):
    jobs = Jobs(settings)
    name, fault = answer_comparison(jobs, str(store.path), choices, lambda _: None)
    assert words in fault
    assert jobs.find(name) is None


def test_the_name_does_not_depend_on_how_the_address_is_written(store):
    one = read_selection(store, {"where": "cell_type:B cell;;"})
    assert one.where == read_selection(store, {"where": "cell_type:B%20cell"}).where
