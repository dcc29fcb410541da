"""Tells the path of a gene-set file from the name of a library, by its letters alone."""

from __future__ import annotations

PREFIXES = ("enrichr:", "msigdb:")


def is_file(source: str) -> bool:
    """Say whether `source` is a path: it has a dot or a slash, which names of libraries have not.

    ``enrichr:NAME`` and ``msigdb:COLLECTION`` are always names.
    """
    if source.lower().startswith(PREFIXES):
        return False
    return any(mark in source for mark in "./\\")
