"""The writer: refuses what a reader would refuse, and leaves a whole store or nothing."""

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore, verify_store
from scconcepts_app.store import writer as writer_module
from scconcepts_app.store.errors import InvalidManifestError, StoreExistsError, StoreWriteError
from scconcepts_app.store.reader import read_manifest
from scconcepts_app.store.writer import StoreWriter, sweep_stale
from tests.conftest import ROOT
from tests.store_factory import write_store


def everything_in(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def copy_arrays(source, writer, but=()) -> None:
    store = ConceptStore.open(source)
    for name in store.manifest.arrays:
        if name not in but:
            writer.add(name, store.array(name))


@pytest.fixture
def manifest(fixture_store):
    return replace(read_manifest(fixture_store), arrays={}, digest="")


def test_the_store_alone_is_left(tmp_path):
    write_store(tmp_path / "one.store", n_cells=40)
    assert [path.name for path in tmp_path.iterdir()] == ["one.store"]


def test_same_arrays_give_the_same_bytes(tmp_path):
    first, second = (write_store(tmp_path / name, n_cells=40) for name in ("a", "b"))
    assert read_manifest(first).digest == read_manifest(second).digest
    for path in first.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path


def test_other_arrays_give_another_digest(tmp_path):
    digests = [
        read_manifest(write_store(tmp_path / str(seed), n_cells=40, seed=seed)).digest
        for seed in (0, 1)
    ]
    assert digests[0] != digests[1]


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_an_existing_target_is_refused_and_kept(tmp_path, kind):
    target = tmp_path / "one.store"
    {
        "folder": target.mkdir,
        "file": lambda: target.write_text("mine"),
        "dangling link": lambda: target.symlink_to(tmp_path / "nowhere"),
    }[kind]()
    with pytest.raises(StoreExistsError, match="one.store: already exists"):
        write_store(target)
    assert everything_in(tmp_path) == ["one.store"]
    assert kind != "file" or target.read_text() == "mine"


def test_unknown_array_name_leaves_nothing(tmp_path):
    with (
        pytest.raises(KeyError, match="no array 'concepts/colour'"),
        StoreWriter(tmp_path / "x") as writer,
    ):
        writer.add("concepts/stability", np.zeros(3))
        writer.add("concepts/colour", np.zeros(3))
    assert everything_in(tmp_path) == []


def test_missing_and_misshapen_arrays_are_all_listed(tmp_path, fixture_store, manifest):
    with (
        pytest.raises(InvalidManifestError) as caught,
        StoreWriter(tmp_path / "x") as writer,
    ):
        copy_arrays(fixture_store, writer, but=("embeddings", "genes/id/utf8"))
        writer.add("maps/umap/xy", np.zeros((60, 3)))
        writer.add("concepts/flags", np.zeros(7))
        writer.commit(manifest)
    text = str(caught.value)
    assert "embeddings: missing" in text
    assert "genes/id/utf8: missing" in text
    assert "maps/umap/xy: has length 3 where 2 is 2" in text
    assert "concepts/flags: has length 7 where n_concepts is 6" in text
    assert everything_in(tmp_path) == []


def test_what_a_reader_would_refuse_is_not_written(tmp_path, fixture_store, manifest):
    with (
        pytest.raises(InvalidManifestError, match="a store has at least one map"),
        StoreWriter(tmp_path / "x") as writer,
    ):
        copy_arrays(fixture_store, writer)
        writer.commit(replace(manifest, maps=[]))
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_on_the_way_leaves_nothing(tmp_path, error):
    with pytest.raises(error), StoreWriter(tmp_path / "x") as writer:
        writer.add("concepts/stability", np.zeros(3))
        raise error
    assert everything_in(tmp_path) == []


def test_two_writers_of_one_process_do_not_share_a_folder(tmp_path, fixture_store, manifest):
    target = tmp_path / "x"
    with StoreWriter(target) as first:
        copy_arrays(fixture_store, first)
        with StoreWriter(target) as second:
            copy_arrays(fixture_store, second)
            second.commit(manifest)
        with pytest.raises(StoreExistsError):
            first.commit(manifest)
    verify_store(target)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_store_that_appears_meanwhile_is_kept(tmp_path, fixture_store, manifest, monkeypatch):
    target = tmp_path / "x"
    with StoreWriter(target) as writer:
        copy_arrays(fixture_store, writer)
        write_store(target, n_cells=40)
        monkeypatch.setattr(writer_module, "refuse_existing", lambda path: None)
        with pytest.raises(StoreExistsError, match="appeared while this store was written"):
            writer.commit(manifest)
    assert verify_store(target).n_cells == 40
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_leftovers_are_swept_even_when_the_name_holds_wildcards(tmp_path):
    target = tmp_path / "run [1].store"
    stale = tmp_path / ".run [1].store.writing-1-0"
    (stale / "maps").mkdir(parents=True)
    stale.with_name(stale.name + ".lock").touch()
    assert sweep_stale(target) == 1
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("n_good", [0, 3, 60, 110])
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, n_good):
    """The disk is full after `n_good` files; the fixture has 110 arrays and a manifest."""
    calls = iter(range(1000))

    def fsync(handle):
        if next(calls) >= n_good:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(writer_module.os, "fsync", fsync)
    with pytest.raises(StoreWriteError, match=r"\(No space left on device\)\. Nothing was left"):
        write_store(tmp_path / "x", n_cells=40)
    assert everything_in(tmp_path) == []


def test_a_real_limit_of_the_system_leaves_nothing(tmp_path):
    script = (
        "import resource, sys; from tests.store_factory import write_store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "write_store(sys.argv[1] + '/x', n_cells=200)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert "StoreWriteError" in done.stderr and "(File too large)" in done.stderr
    assert everything_in(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_a_write_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreWriteError, match="could not be written"):
        write_store(tmp_path / "file" / "x.store")


def test_a_lock_that_a_sweep_removed_is_taken_again(tmp_path, monkeypatch):
    flock, swept = writer_module.fcntl.flock, []

    def sweep_first(lock, operation):
        if not swept:
            swept.append(lock.name)
            Path(lock.name).unlink()
        flock(lock, operation)

    monkeypatch.setattr(writer_module.fcntl, "flock", sweep_first)
    with StoreWriter(tmp_path / "x"):
        assert swept and Path(swept[0]).exists()
    assert everything_in(tmp_path) == []
