"""Tells the path of a gene-set file from the name of a library."""

from __future__ import annotations

from pathlib import Path

PREFIXES = ("enrichr:", "msigdb:")


def is_file(source: str, folder: Path | None = None) -> bool:
    """Say whether `source` is a path: a file of that name is there, or it has a dot or a slash.

    Names of libraries have neither. ``enrichr:NAME`` and ``msigdb:COLLECTION`` are always names.

    Parameters
    ----------
    folder : what a relative path is relative to; the working folder when None.
    """
    if source.lower().startswith(PREFIXES) or not source:
        return False
    if any(mark in source for mark in "./\\"):
        return True
    try:
        return ((folder or Path()) / source).is_file()
    except OSError:  # longer than a name of a file can be
        return False
