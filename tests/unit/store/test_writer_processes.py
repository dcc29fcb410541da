"""Writers that race and writers that are killed: whole stores only, leftovers swept."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scconcepts_app.store import verify_store
from scconcepts_app.store.errors import StoreExistsError
from scconcepts_app.store.writer import StoreWriter
from tests.conftest import ROOT
from tests.store_factory import write_store

# Writes whole up to the commit, then waits for a line, so that two commit at the same moment.
RACE = """
import sys
from pathlib import Path
from scconcepts_app.store.writer import StoreWriter
from tests.store_factory import write_store
commit = StoreWriter.commit
def wait_and_commit(self, manifest):
    print("ready", flush=True)
    sys.stdin.readline()
    return commit(self, manifest)
StoreWriter.commit = wait_and_commit
try:
    write_store(Path(sys.argv[1]), n_cells=40)
    print("written")
except Exception as error:
    print(type(error).__name__)
"""
# Writes one store after the other until it is killed.
ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from tests.store_factory import write_store
print("ready", flush=True)
for n in count():
    write_store(Path(f"{sys.argv[1]}-{n}.store"), n_cells=40)
"""
N_KILLED = 16


def start(script: str, target: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(target)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_of_two_writers_one_wins(tmp_path):
    target = tmp_path / "one.store"
    writers = [start(RACE, target) for _ in range(2)]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 2
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    outcomes = sorted(writer.communicate()[0].strip() for writer in writers)
    assert outcomes == ["StoreExistsError", "written"]
    verify_store(target)
    assert [path.name for path in tmp_path.iterdir()] == ["one.store"]


def test_a_living_writer_is_not_swept(tmp_path):
    target = tmp_path / "one.store"
    writer = start(RACE, target)
    assert writer.stdout.readline() == "ready\n"
    with StoreWriter(target):
        pass
    assert writer.communicate("go\n")[0].strip() == "written"
    verify_store(target)


@pytest.fixture
def killed(tmp_path) -> Path:
    """A folder in which 16 writers were killed, each at a random moment of its writing."""
    moments = random.Random(0)
    for i in range(N_KILLED):
        writer = start(ENDLESS, tmp_path / str(i))
        assert writer.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0.01, 0.3))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    return tmp_path


def test_killed_writers_leave_whole_stores_and_what_the_next_writer_sweeps(killed):
    for store in killed.glob("[0-9]*.store"):
        verify_store(store)
    torn = list(killed.glob(".*.writing-*/"))
    assert torn, "no writer was killed in the middle, so the test tested nothing"
    for leftover in killed.glob(".*.lock"):
        target = killed / leftover.name[1:].partition(".writing-")[0]
        try:
            write_store(target, n_cells=40)
        except StoreExistsError:
            assert target.is_dir()
        verify_store(target)
    assert not list(killed.glob(".*"))
