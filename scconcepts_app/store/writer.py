"""Writes a concept store so that a reader sees all of it or nothing, whatever kills the writer."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from scconcepts_app.store.errors import InvalidManifestError, StoreExistsError, StoreWriteError
from scconcepts_app.store.manifest import (
    ArrayInfo,
    Manifest,
    content_digest,
    parse_manifest,
)
from scconcepts_app.store.rules import find_array_faults
from scconcepts_app.store.schema import find_spec

MANIFEST = "manifest.json"
_MARK = ".writing-"
_COUNTER = itertools.count()  # two writers of one process need two folders


class StoreWriter:
    """Collects arrays in a hidden sibling folder and renames it to `target` on commit.

    Use as a context manager; leaving it without `commit` removes everything written.

    Parameters
    ----------
    target : folder that will be the store; must not exist.

    Raises
    ------
    StoreExistsError
        `target` exists already, or appeared while writing.
    StoreWriteError
        The disk is full or the folder cannot be written; nothing is left behind.
    """

    def __init__(self, target: Path) -> None:
        self.target = Path(target)
        own = f"{os.getpid()}-{next(_COUNTER)}"
        self._folder = self.target.parent / f".{self.target.name}{_MARK}{own}"
        self._arrays: dict[str, ArrayInfo] = {}
        self._lock: BinaryIO | None = None

    def __enter__(self) -> StoreWriter:
        sweep_stale(self.target)
        refuse_existing(self.target)
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _take_lock(_lock_path(self._folder))
            self._folder.mkdir()
        except OSError as error:
            self._discard()
            raise _write_error(self.target, error) from error
        return self

    def __exit__(self, *exception: object) -> None:
        self._discard()

    def add(self, name: str, array: np.ndarray) -> None:
        """Write one array under its name in the schema, cast to the schema's dtype.

        Raises
        ------
        KeyError
            The schema has no array of this name.
        """
        spec = find_spec(name)
        if spec is None:
            raise KeyError(f"the schema has no array '{name}'")
        data = np.ascontiguousarray(array, dtype=spec.dtype)
        path = self._folder / f"{name}.npy"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                sink = _HashingSink(file)
                np.lib.format.write_array(sink, data, allow_pickle=False)
                _flush(file)
        except OSError as error:
            raise _write_error(self.target, error) from error
        self._arrays[name] = ArrayInfo(
            dtype=data.dtype.name,
            shape=list(data.shape),
            bytes=sink.size,
            sha256=sink.digest.hexdigest(),
        )

    def add_group(self, prefix: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write several arrays below one prefix, such as the columns of a ragged table."""
        for name, array in arrays.items():
            self.add(f"{prefix}/{name}", array)

    def commit(self, manifest: Manifest) -> Path:
        """Check the arrays against the schema, write the manifest last and rename into place.

        `manifest` comes with empty `arrays` and `digest`; they are filled in here.

        Raises
        ------
        InvalidManifestError
            An array is missing or has the wrong shape, or a reader would refuse the manifest; all
            faults are listed.
        """
        whole = replace(manifest, arrays=self._arrays, digest=content_digest(self._arrays))
        text = whole.to_json()
        parse_manifest(json.loads(text), f"{self.target}: not written")
        faults = find_array_faults(whole)
        if faults:
            raise InvalidManifestError(f"{self.target}: not written.\n  - " + "\n  - ".join(faults))
        try:
            with (self._folder / MANIFEST).open("w", encoding="utf-8") as file:
                file.write(text)
                _flush(file)
            for folder in (*self._folder.rglob("*/"), self._folder):
                _flush_folder(folder)
            refuse_existing(self.target)
            self._folder.rename(self.target)
            _flush_folder(self.target.parent)
        except OSError as error:
            raise _write_error(self.target, error) from error
        return self.target

    def _discard(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            with suppress(OSError):
                _lock_path(self._folder).unlink()
            self._lock.close()
            self._lock = None


def refuse_existing(target: Path) -> None:
    """Raise `StoreExistsError` when something is at `target`; a store is never overwritten."""
    if target.exists() or target.is_symlink():
        raise StoreExistsError(
            f"{target}: already exists. A store is never changed or replaced. "
            "Choose another name, or remove it yourself first."
        )


def sweep_stale(target: Path) -> int:
    """Remove what killed writers of `target` left behind; return how many folders went.

    A living writer holds a file lock, which the system drops when the process dies.
    """
    swept = 0
    for lock_path in target.parent.glob(f".{glob.escape(target.name)}{_MARK}*.lock"):
        folder = lock_path.with_suffix("")
        with suppress(OSError), lock_path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            swept += folder.is_dir()
            shutil.rmtree(folder, ignore_errors=True)
            lock_path.unlink()
    return swept


class _HashingSink:
    """A file that digests and counts what passes through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)


def _lock_path(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


def _take_lock(path: Path) -> BinaryIO:
    """Return the file lock at `path`; again when a sweep removed the file before it was locked."""
    while True:
        lock = path.open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                return lock
        lock.close()


def _flush(file) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_error(target: Path, error: OSError) -> StoreWriteError | StoreExistsError:
    if target.exists():
        return StoreExistsError(f"{target}: appeared while this store was written. It was kept.")
    return StoreWriteError(
        f"{target}: could not be written ({error.strerror or error}). Nothing was left behind. "
        "Free space or choose a folder you may write to, then run again."
    )
