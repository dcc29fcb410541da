"""Finished parts of a long computation, kept so that a stopped run goes on where it was."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]

_DIGEST = hashlib.sha256().digest_size


class Parts:
    """A folder with one file of arrays for each finished part.

    A file is written under another name and renamed when it is whole, and begins with the sha256
    of what follows: zip misses some damage. Names come from the code, never from a user's text.

    Parameters
    ----------
    folder : made with the first part.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def within(self, name: str) -> Parts:
        """Return the parts of one section of the computation."""
        return Parts(self.folder / name)

    def once(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of a part: those that are kept, else computed now and kept."""
        found = self._read(name)
        if found is None:
            found = compute()
            self._write(name, found)
        return found

    def _read(self, name: str) -> Arrays | None:
        try:
            content = (self.folder / f"{name}.part").read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None  # damaged: it is computed again
        with np.load(BytesIO(content[_DIGEST:]), allow_pickle=False) as kept:
            return {key: kept[key] for key in kept.files}

    def _write(self, name: str, arrays: Arrays) -> None:
        packed = BytesIO()
        np.savez(packed, allow_pickle=False, **arrays)
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f".{name}.part"
        with unfinished.open("wb") as file:
            file.write(hashlib.sha256(packed.getbuffer()).digest())
            file.write(packed.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self.folder / f"{name}.part")
