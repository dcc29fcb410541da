"""Reads every byte of a store and checks it: digests, then that indices and offsets make sense."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from scconcepts_app.store.errors import ChecksumError, InvalidManifestError
from scconcepts_app.store.reader import ConceptStore
from scconcepts_app.store.schema import (
    CELL_EFFECT_CELLS,
    CELL_EFFECT_GENES,
    FAITHFULNESS_CURVES,
    GRADES,
    HELD_OUT,
    QUADRANTS,
)
from scconcepts_app.store.verify_association import find_association_faults
from scconcepts_app.store.verify_evaluation import find_evaluation_faults

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
        if leaf in _OFFSETS:
            array, lengths = store.array(name), _column_lengths(store, group, leaf)
            if len(array) == 0 or array[0] != 0 or np.any(np.diff(array) < 0):
                faults.append(f"{name}: offsets must start at 0 and never fall")
            elif any(length != array[-1] for length in lengths):
                faults.append(f"{name}: ends at {array[-1]}, its columns have {lengths} rows")
    for name, lowest, limit in _index_ranges(store):
        array = store.array(name)
        if array.size and (array.min() < lowest or array.max() >= limit):
            faults.append(f"{name}: holds indices outside {lowest}..{limit - 1}")
    checks = (
        _concept_faults,
        _latent_faults,
        _leading_faults,
        _level_faults,
        _trust_faults,
        _cell_effect_faults,
        find_association_faults,
        find_evaluation_faults,
    )
    return [*faults, *(fault for check in checks for fault in check(store))]


def _index_ranges(store: ConceptStore) -> Iterator[tuple[str, int, int]]:
    """Yield the arrays of indices, each with its lowest index and what it must stay below."""
    manifest = store.manifest
    for name in manifest.arrays:
        axis = _INDEX_AXES.get(name.rpartition("/")[2])
        if axis:
            yield name, -1 if name.startswith("cell_effects/") else 0, manifest.counts[axis]
    yield "activations/by_cell/concept", -1, manifest.counts["n_concepts"]
    for column in manifest.obs:
        if column.kind == "categorical":
            yield f"obs/{column.key}/codes", -1, len(column.categories)
    yield "gene_sets/library", 0, len(manifest.gene_set_libraries)
    yield "association/numeric", 0, len(manifest.obs)


def _concept_faults(store: ConceptStore) -> Iterator[str]:
    n_concepts = store.n_concepts
    parent = store.optional("concepts/parent")
    if parent is not None and parent.size:
        if parent.min() < -1 or parent.max() >= n_concepts:
            yield f"concepts/parent: holds indices outside -1..{n_concepts - 1}"
        elif np.any(parent == np.arange(n_concepts)):
            yield "concepts/parent: a concept is its own parent"
    low, high = (store.optional(f"concepts/stability_{end}") for end in ("low", "high"))
    if (low is None) != (high is None):
        yield "concepts/stability_low and stability_high: one without the other"
    elif low is not None and high is not None and np.any(low > high):
        yield "concepts/stability_low: above stability_high"


def _latent_faults(store: ConceptStore) -> Iterator[str]:
    if not store.n_latents:
        return
    columns = [column for column in store.manifest.obs if column.kind == "categorical"]
    code, f1 = store.array("latents/best_code"), store.array("latents/best_f1")
    if not code.shape[1] == f1.shape[1] == len(columns):
        yield f"latents/best_code: {code.shape[1]} columns, {len(columns)} categorical ones in obs"
        return
    for column, codes in zip(columns, code.T, strict=True):
        if codes.min() < -1 or codes.max() >= len(column.categories):
            yield f"latents/best_code: holds codes that '{column.key}' has not"
    closest = store.array("latents/closest")
    if closest.min() < -1 or closest.max() >= store.n_concepts:
        yield f"latents/closest: holds indices outside -1..{store.n_concepts - 1}"
    if len(set(store.latent_ids)) < store.n_latents:
        yield "latents/index: two of the same seed and index"


def _leading_faults(store: ConceptStore) -> Iterator[str]:
    for info in store.manifest.enrichments:
        name = f"enrichment/{info.key}/leading_offsets"
        found, n_rows = len(store.array(name)), len(store.array(f"enrichment/{info.key}/gene_set"))
        if found != n_rows + 1:
            yield f"{name}: has {found} offsets, expected {n_rows + 1}, one a row and the end"


def _level_faults(store: ConceptStore) -> list[str]:
    known = {
        (i, code)
        for i, column in enumerate(store.manifest.obs)
        for code in range(len(column.categories))
    }
    strange = [pair for pair in store.array("association/level").tolist() if (*pair,) not in known]
    return [f"association/level: {strange[0]} is no category of obs"] if strange else []


def _trust_faults(store: ConceptStore) -> Iterator[str]:
    for info in store.manifest.faithfulness:
        expected = (len(info.rankings), len(store.array(f"faithfulness/{info.key}/n_replaced")))
        for curve in FAITHFULNESS_CURVES:
            name = f"faithfulness/{info.key}/{curve}"
            found = store.array(name).shape[1:]
            if found != expected:
                yield f"{name}: holds {found} rankings and steps, expected {expected}"
        yield from _code_faults(store, f"faithfulness/{info.key}/grade", GRADES)
        yield from _code_faults(store, f"faithfulness/{info.key}/held_out", HELD_OUT)
    for swap in store.manifest.set_swaps:
        yield from _code_faults(store, f"set_swap/{swap.key}/quadrant", QUADRANTS)


def _code_faults(store: ConceptStore, name: str, words: tuple[str, ...]) -> Iterator[str]:
    codes = store.array(name)
    if codes.size and (codes.min() < -1 or codes.max() >= len(words)):
        yield f"{name}: holds codes outside -1..{len(words) - 1}"


def _cell_effect_faults(store: ConceptStore) -> Iterator[str]:
    for info in store.manifest.cell_effects:
        folder = f"cell_effects/{info.key}"
        for columns in (CELL_EFFECT_CELLS, CELL_EFFECT_GENES):
            shapes = {store.array(f"{folder}/{column}").shape for column in columns}
            if len(shapes) > 1:
                yield f"{folder}: {', '.join(columns)} differ in shape: {sorted(shapes)}"


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
