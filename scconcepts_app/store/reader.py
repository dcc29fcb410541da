"""Opens a concept store: checks it in milliseconds, then hands out memory maps."""

from __future__ import annotations

import json
import mmap
from functools import cached_property
from pathlib import Path

import numpy as np

from scconcepts_app.store.columns import Ragged, StringColumn
from scconcepts_app.store.errors import (
    ChecksumError,
    InvalidManifestError,
    MissingArrayError,
    NotAStoreError,
    TruncatedArrayError,
)
from scconcepts_app.store.manifest import ArrayInfo, Manifest, manifest_checksum, parse_manifest
from scconcepts_app.store.payload import decode_payload
from scconcepts_app.store.rules import find_array_faults
from scconcepts_app.store.schema import (
    ATTRIBUTION_COLUMNS,
    ATTRIBUTION_EXTRA_COLUMNS,
    DIFFERENTIAL_COLUMNS,
    ENRICHMENT_COLUMNS,
    SET_SWAP_COLUMNS,
)

MANIFEST = "manifest.json"


class ConceptStore:
    """A concept store, read-only. Concepts, genes and cells are addressed by index.

    Attributes
    ----------
    path : the folder.
    manifest : everything that is not an array.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._maps = {
            name: np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            if 0 not in info.shape
            else np.empty(info.shape, info.dtype)
            for name, info in manifest.arrays.items()
        }

    @classmethod
    def open(cls, path: Path | str) -> ConceptStore:
        """Open the store at `path` after checking version, files, sizes, dtypes and shapes.

        Raises
        ------
        StoreError
            Its subclasses tell the kinds of fault apart; see `errors`.
        """
        folder = Path(path)
        manifest = read_manifest(folder)
        faults = find_array_faults(manifest)
        if faults:
            listed = "\n  - ".join(faults)
            raise InvalidManifestError(f"{folder / MANIFEST}: breaks the schema:\n  - {listed}")
        for name, info in manifest.arrays.items():
            _check_file(folder / f"{name}.npy", info)
        return cls(folder, manifest)

    def array(self, name: str) -> np.ndarray:
        """Return the array `name` as a read-only memory map; KeyError when the store has none."""
        return self._maps[name]

    def release(self, *names: str) -> None:
        """Let go of what was read of some arrays: else it counts as memory of this process.

        They stay in the system's cache of files, so that reading them again is quick.
        """
        for name in names:
            mapped = getattr(self._maps[name], "_mmap", None)
            if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
                mapped.madvise(mmap.MADV_DONTNEED)

    def strings(self, name: str) -> StringColumn:
        """Return the text column `name`, such as ``genes/symbol``."""
        return StringColumn(self._maps[f"{name}/offsets"], self._maps[f"{name}/utf8"])

    def ragged(self, name: str, columns) -> Ragged:
        """Return the ragged table `name` with the given columns."""
        maps = {column: self._maps[f"{name}/{column}"] for column in columns}
        return Ragged(self._maps[f"{name}/offsets"], maps)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.manifest.counts["n_cells"]

    @property
    def n_genes(self) -> int:
        """Number of genes, those that the model does not see included."""
        return self.manifest.counts["n_genes"]

    @property
    def n_concepts(self) -> int:
        """Number of concepts."""
        return self.manifest.counts["n_concepts"]

    @property
    def n_latents(self) -> int:
        """Number of latents that belong to no concept; 0 in a store without them."""
        return self.manifest.counts["n_latents"]

    @cached_property
    def concept_ids(self) -> list[str]:
        """The concepts' ids, in order."""
        return list(self.strings("concepts/id"))

    @cached_property
    def gene_symbols(self) -> list[str]:
        """The genes' symbols, in order."""
        return list(self.strings("genes/symbol"))

    def find_concept(self, concept_id: str) -> int | None:
        """Return the index of a concept by its id, or None."""
        return self._concept_index.get(concept_id)

    @cached_property
    def _concept_index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.concept_ids)}

    def optional(self, name: str) -> np.ndarray | None:
        """Return the array `name`, or None when the store has none."""
        return self._maps.get(name)

    @cached_property
    def latent_ids(self) -> list[str]:
        """The ids of the latents that belong to no concept: seed and index, as ``s3-017``."""
        if not self.n_latents:
            return []
        pairs = zip(self.array("latents/seed"), self.array("latents/index"), strict=True)
        return [f"s{seed}-{index:03d}" for seed, index in pairs]

    def find_latent(self, latent_id: str) -> int | None:
        """Return the index of a latent that belongs to no concept by its id, or None."""
        return self._latent_index.get(latent_id)

    @cached_property
    def _latent_index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.latent_ids)}

    @cached_property
    def activations(self) -> Ragged:
        """Cells of each concept with their activation (``cell``, ``value``), highest first."""
        return self.ragged("activations/by_concept", ("cell", "value"))

    def attribution(self, key: str) -> Ragged:
        """Gene attribution of each concept under the counterfactual `key`.

        Without the column ``q`` in stores of schema version 1.
        """
        extra = [c for c in ATTRIBUTION_EXTRA_COLUMNS if f"attribution/{key}/{c}" in self._maps]
        return self.ragged(f"attribution/{key}", (*ATTRIBUTION_COLUMNS, *extra))

    def differential(self, key: str) -> Ragged:
        """Differential expression of each concept under the comparison `key`."""
        return self.ragged(f"differential/{key}", DIFFERENTIAL_COLUMNS)

    def enrichment(self, key: str) -> Ragged:
        """Gene sets of each concept under the test `key`, smallest p first."""
        return self.ragged(f"enrichment/{key}", ENRICHMENT_COLUMNS)

    def set_swap(self, key: str) -> Ragged:
        """Gene sets of each concept, replaced whole under `key`, smallest p first."""
        return self.ragged(f"set_swap/{key}", SET_SWAP_COLUMNS)

    def leading_genes(self, key: str, row: int) -> np.ndarray:
        """Return the gene indices of the leading edge of one row of the enrichment `key`."""
        offsets = self._maps[f"enrichment/{key}/leading_offsets"]
        return self._maps[f"enrichment/{key}/leading_gene"][offsets[row] : offsets[row + 1]]

    def payload(self, kind: str, owner: int) -> np.ndarray:
        """Return a browser payload.

        ``activations`` of a concept, ``latents`` those of a latent that belongs to none, or
        ``expression`` of a gene.
        """
        offsets = self._maps[f"payloads/{kind}/offsets"]
        return self._maps[f"payloads/{kind}/bytes"][offsets[owner] : offsets[owner + 1]]

    def expression(self, gene: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells that express a gene and log1p of its counts per 10,000 (to 1 / 255)."""
        return decode_payload(self.payload("expression", gene))


def read_manifest(folder: Path) -> Manifest:
    """Read and check ``manifest.json`` of the store in `folder`.

    Raises
    ------
    NotAStoreError, SchemaVersionError, InvalidManifestError, ChecksumError
    """
    path = folder / MANIFEST
    if folder.is_file():
        raise NotAStoreError(
            f"{folder}: is a file, no concept store. Give the folder that "
            "`python -m precompute run` wrote."
        )
    if not folder.is_dir():
        raise NotAStoreError(f"{folder}: no such folder. Give the path of a concept store.")
    if not path.is_file():
        raise NotAStoreError(
            f"{folder}: holds no {MANIFEST}. Expected a folder written by "
            "`python -m precompute run`."
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotAStoreError(f"{path}: cannot be read as JSON ({error}). Copy it again.") from error
    manifest = parse_manifest(data, str(path))
    if data.get("checksum") != manifest_checksum(data):
        raise ChecksumError(
            f"{path}: was changed after it was written. Copy the store again from its source."
        )
    return manifest


def _check_file(path: Path, info: ArrayInfo) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise MissingArrayError(
            f"{path}: the manifest lists this array, the file is missing. Copy the store again."
        ) from error
    if size != info.bytes:
        raise TruncatedArrayError(
            f"{path}: holds {size:,} bytes, expected {info.bytes:,}. Copy the store again."
        )
    with path.open("rb") as file:
        try:
            format_version = np.lib.format.read_magic(file)
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
        except Exception as error:  # numpy parses the header as Python, which fails in many ways
            raise _header_error(path) from error
    if format_version != (1, 0):
        raise _header_error(path)
    if list(shape) != info.shape or dtype != np.dtype(info.dtype) or fortran:
        order = " in Fortran order" if fortran else ""
        raise TruncatedArrayError(
            f"{path}: header says {dtype} {shape}{order}, the manifest {info.dtype} {info.shape}. "
            "Copy the store again."
        )


def _header_error(path: Path) -> TruncatedArrayError:
    return TruncatedArrayError(f"{path}: has no valid npy header. Copy the store again.")
