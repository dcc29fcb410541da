"""Slots: so many slow answers at once over all processes, and none that is lost."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import replace

import multiprocess
import pytest

from scconcepts_app.jobs import Jobs
from scconcepts_app.library import Library
from scconcepts_app.server import create_app
from scconcepts_app.set_expression import answer_comparison
from scconcepts_app.slots import BusyError, Slots
from tests.unit.app.test_jobs import wait_until

B_CELLS = {"where": "cell_type:B cell"}


def is_free(slots: Slots) -> bool:
    try:
        with slots.take():
            return True
    except BusyError:
        return False


@pytest.fixture
def one(settings):
    """Settings of one slot."""
    return replace(settings, max_jobs=1)


@pytest.fixture
def holder(one):
    """Another process that holds the only slot for two minutes."""
    reader, writer = multiprocess.Pipe(duplex=False)

    def hold() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with Slots(one).take():
            writer.send("held")
            time.sleep(120)

    process = multiprocess.Process(target=hold, daemon=True)
    process.start()
    assert reader.poll(20)
    yield process
    process.kill()
    process.join(10)


def test_there_are_as_many_as_the_settings_say(settings):
    first, second = Slots(settings), Slots(settings)
    with ExitStack() as held:
        held.enter_context(first.take())
        held.enter_context(second.take())
        with pytest.raises(BusyError, match="2 of at most 2 .* nothing was begun. Try again"):
            held.enter_context(first.take())
    assert is_free(first)


def test_a_slot_is_freed_by_what_fails(one):
    slots = Slots(one)
    with pytest.raises(KeyError), slots.take():
        assert not is_free(slots)
        raise KeyError
    assert is_free(slots)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_slot_of_another_process_is_freed_when_that_dies(one, holder, how):
    slots = Slots(one)
    assert not is_free(slots)
    os.kill(holder.pid, how)
    assert wait_until(lambda: is_free(slots))


def test_a_cancelled_job_frees_its_slot(one):
    jobs = Jobs(one)

    def hold(*_) -> None:
        with jobs.slots.take():
            time.sleep(120)

    pid = jobs.manager.call_job_fn("key", hold, [], {})
    assert wait_until(lambda: not is_free(Slots(one)))
    jobs.manager.terminate_job(str(pid))
    assert wait_until(lambda: is_free(Slots(one)))


def test_a_job_that_starts_meanwhile_does_not_keep_the_slot(one):
    """A forked job has copies of the handles of its worker."""
    jobs = Jobs(one)
    with jobs.slots.take():
        pid = jobs.manager.call_job_fn("key", lambda *_: time.sleep(120), [], {})
    assert is_free(jobs.slots)
    jobs.manager.terminate_job(str(pid))


def test_without_a_folder_a_worker_counts_for_itself(one, tmp_path):
    (tmp_path / "file").write_text("in the way")
    slots = Slots(replace(one, cache_dir=tmp_path / "file"))
    with slots.take():
        assert not is_free(slots)
    assert is_free(slots)


def test_a_comparison_is_refused_and_can_be_run_again(store, one):
    jobs, told = Jobs(one), []
    with Slots(one).take():
        name, fault = answer_comparison(jobs, str(store.path), B_CELLS, told.append)
    assert fault.startswith("Busy: 1 of at most 1")
    assert told == []
    assert jobs.find(name) is None
    assert answer_comparison(jobs, str(store.path), B_CELLS, told.append) == (name, "")
    with Slots(one).take():  # what is kept needs no slot
        assert answer_comparison(jobs, str(store.path), B_CELLS, told.append) == (name, "")


def test_an_export_is_refused_in_plain_text(store, one):
    pytest.importorskip("anndata")
    client = create_app(Library([("fixture", store)]), one).server.test_client()
    for name in ("cells.h5ad", "concepts.h5ad"):
        with Slots(one).take():
            answer = client.get(f"/export/fixture/{name}")
        assert answer.status_code == 503
        assert answer.mimetype == "text/plain"
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.text.startswith("Busy: 1 of at most 1")
        answer = client.get(f"/export/fixture/{name}")
        assert answer.status_code == 200
        answer.close()
        assert is_free(Slots(one))
