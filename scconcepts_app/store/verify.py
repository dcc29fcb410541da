"""Reads every byte of a store and checks it: digests, then that indices and offsets make sense."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scconcepts_app.store.errors import ChecksumError, InvalidManifestError
from scconcepts_app.store.reader import ConceptStore

_CHUNK = 1 << 22
_OFFSETS = ("offsets", "leading_offsets")
_INDEX_AXES = {
    "cell": "n_cells",
    "gene": "n_genes",
    "gene_set": "n_gene_sets",
    "leading_gene": "n_genes",
}


def verify_store(path: Path | str, progress: Callable[[int, int], None] | None = None):
    """Open the store, compare every file with its sha256 and check all offsets and indices.

    Parameters
    ----------
    path : folder of the store.
    progress : called with (files done, files in all).

    Returns
    -------
    ConceptStore
        The store, opened.

    Raises
    ------
    StoreError
        The first damaged file, or all offsets and indices that lead nowhere.
    """
    store = ConceptStore.open(path)
    arrays = store.manifest.arrays
    for done, (name, info) in enumerate(arrays.items(), start=1):
        file = store.path / f"{name}.npy"
        found = _digest(file)
        if found != info.sha256:
            raise ChecksumError(
                f"{file}: sha256 is {found[:12]}…, expected {info.sha256[:12]}…. "
                "Its bytes were changed. Copy the store again from its source."
            )
        if progress:
            progress(done, len(arrays))
    faults = find_content_faults(store)
    if faults:
        raise InvalidManifestError(f"{store.path}: " + "\n  - ".join(["content faults:", *faults]))
    return store


def find_content_faults(store: ConceptStore) -> list[str]:
    """Return every offset and index of the store that leads nowhere; empty when none."""
    faults = []
    for name in store.manifest.arrays:
        group, _, leaf = name.rpartition("/")
        array = store.array(name)
        if leaf in _OFFSETS:
            lengths = _column_lengths(store, group, leaf)
            if len(array) == 0 or array[0] != 0 or np.any(np.diff(array) < 0):
                faults.append(f"{name}: offsets must start at 0 and never fall")
            elif any(length != array[-1] for length in lengths):
                faults.append(f"{name}: ends at {array[-1]}, its columns have {lengths} rows")
        elif leaf in _INDEX_AXES and array.size:
            limit = store.manifest.counts[_INDEX_AXES[leaf]]
            if array.min() < 0 or array.max() >= limit:
                faults.append(f"{name}: holds indices outside 0..{limit - 1}")
    return faults


def _column_lengths(store: ConceptStore, group: str, leaf: str) -> list[int]:
    siblings = [n for n in store.manifest.arrays if n.rpartition("/")[0] == group]
    leading = {n for n in siblings if n.endswith(("leading_gene", "leading_offsets"))}
    columns = leading if leaf == "leading_offsets" else set(siblings) - leading
    return [len(store.array(n)) for n in sorted(columns) if not n.endswith("offsets")]


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
