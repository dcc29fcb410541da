"""The folder where a run keeps the output of its stages, so that it can go on after a stop.

A stage is written into a hidden folder and renamed when it is whole; what a killed run left
is swept, but for the finished parts of long stages. Paths here are built from stage names of the
code, never from a user's text.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from precompute.errors import InputError, fault
from precompute.parts import Parts

CONFIG = "config.json"
_RECORD = "stage.json"


@dataclass(frozen=True)
class StageOutput:
    """What a finished stage left: arrays by name, and a record of numbers and words."""

    folder: Path

    @cached_property
    def record(self) -> dict[str, Any]:
        """The stage's record."""
        return json.loads((self.folder / _RECORD).read_text(encoding="utf-8"))["record"]

    def array(self, name: str) -> np.ndarray:
        """Return the array `name` as a read-only memory map."""
        return np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)


class Workspace:
    """A folder with one sub-folder a finished stage; one run at a time holds it.

    Parameters
    ----------
    folder : made when the first stage is finished, not before.

    Raises
    ------
    InputError
        On entering: another run holds the workspace, or it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: BinaryIO | None = None

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def describe(self, config: Mapping[str, Any]) -> None:
        """Keep the config that the stages are run with, so that the run can be opened again."""
        try:
            self._hold()
            unfinished = self.folder / f".{CONFIG}"
            unfinished.write_text(json.dumps(config, indent=1), encoding="utf-8")
            unfinished.rename(self.folder / CONFIG)
        except OSError as error:
            raise self._explain(error) from error

    def find(self, stage: str, fingerprint: str) -> StageOutput | None:
        """Return the output of `stage` if it was made from the same inputs, else None."""
        path = self.folder / stage / _RECORD
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return StageOutput(path.parent) if saved.get("fingerprint") == fingerprint else None

    def begin(self, stage: str) -> Path:
        """Return an empty folder for `stage` to write into."""
        try:
            self._hold()
            folder = self.folder / f".{stage}.writing"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        except OSError as error:
            raise self._explain(error) from error
        return folder

    def parts(self, stage: str, fingerprint: str) -> Parts:
        """Return where `stage` keeps finished parts of its work until it is whole.

        Parts of other inputs are removed.
        """
        folder = self.folder / f".{stage}.parts"
        kept = folder / fingerprint[:16]
        for other in folder.glob("*"):
            if other != kept:
                shutil.rmtree(other, ignore_errors=True)
        return Parts(kept)

    def finish(
        self,
        stage: str,
        fingerprint: str,
        arrays: Mapping[str, np.ndarray],
        record: Mapping[str, Any],
    ) -> StageOutput:
        """Write the arrays and the record of `stage`, then make its folder visible at once."""
        folder, final = self.folder / f".{stage}.writing", self.folder / stage
        try:
            for name, array in arrays.items():
                np.save(folder / f"{name}.npy", array, allow_pickle=False)
            body = {"fingerprint": fingerprint, "record": record}
            (folder / _RECORD).write_text(json.dumps(body, indent=1), encoding="utf-8")
            shutil.rmtree(final, ignore_errors=True)
            folder.rename(final)
            shutil.rmtree(self.folder / f".{stage}.parts", ignore_errors=True)
        except OSError as error:
            self.abandon(stage)
            raise self._explain(error) from error
        return StageOutput(final)

    def abandon(self, stage: str) -> None:
        """Remove what `stage` wrote so far; finished stages stay."""
        shutil.rmtree(self.folder / f".{stage}.writing", ignore_errors=True)
        if self.folder.is_dir() and not any(self.folder.glob("*/")):
            with suppress(OSError):
                (self.folder / ".lock").unlink()
                (self.folder / CONFIG).unlink(missing_ok=True)
                self.folder.rmdir()

    def _hold(self) -> None:
        if self._lock is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = (self.folder / ".lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise fault(
                self.folder,
                "another run is using this workspace",
                "one run at a time",
                "Wait for it, or choose another output.",
            ) from error
        self._lock = lock

    def _explain(self, error: OSError) -> InputError:
        return fault(
            self.folder,
            f"cannot be written ({error.strerror or error})",
            "a folder with free space that you may write to",
            "Free space, or choose another output. Finished stages are kept.",
        )


def digest_file(path: Path) -> str:
    """Return the sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            digest.update(chunk)
    return digest.hexdigest()


def digest_json(value: Any) -> str:
    """Return the sha256 of a JSON value in canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
