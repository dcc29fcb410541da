"""A result file that appears under its name only when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from precompute.errors import fault


def refuse_existing(target: Path) -> None:
    """Raise an `InputError` when something is at `target`: a result that is there stays."""
    if target.exists():
        raise fault(target, "is there already", "a new file", "Remove it, or choose another name.")


@contextmanager
def write_whole(target: Path) -> Iterator[Path]:
    """Give an empty file beside `target` to write into; at the end it takes the name.

    A target that cannot be written is refused before anything is computed, and what was begun is
    removed when the work fails.

    Raises
    ------
    InputError
        `target` is a folder, or its folder is missing or closed.
    """
    if target.is_dir():
        raise fault(target, "it is a folder", "the name of a file", "Add a file name.")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.writing")
    try:
        unfinished.touch()
    except OSError as error:
        raise fault(
            target,
            f"cannot be written ({error.strerror or error})",
            "a folder that is there and that you may write to",
            "Make it, or choose another place.",
        ) from error
    try:
        yield unfinished
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
