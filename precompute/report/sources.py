"""What the sections of a report read of a store, and how they say that something is not there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from scconcepts_app.store import ConceptStore

Section = dict[str, Any]
OLD = "Not in this store. Run the pipeline again to have it."


def missing(reason: str) -> Section:
    """Return a section that holds nothing but the reason why."""
    return {"missing": reason}


def plain(value: Any) -> Any:
    """Return a value as JSON has it: numpy's numbers as Python's, NaN as None."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, np.ndarray):
        return [plain(inner) for inner in value.tolist()]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def mean_known(values: Iterable[float]) -> float | None:
    """Return the mean of the values that are known, None of none."""
    known = np.array([value for value in values if np.isfinite(value)])
    return float(known.mean()) if len(known) else None


@dataclass(frozen=True, eq=False)
class Source:
    """A store under a name that no other store of the report has.

    `word` is what gene sets are looked for by in their names; empty for none.
    """

    name: str
    path: Path
    store: ConceptStore
    word: str = ""

    @cached_property
    def activations(self) -> sp.csc_matrix:
        """The activations, sparse (n_cells, n_concepts)."""
        table = self.store.activations
        entries = (table.columns["value"], table.columns["cell"], table.offsets)
        shape = (self.store.n_cells, self.store.n_concepts)
        matrix = sp.csc_matrix(tuple(np.array(part) for part in entries), shape=shape)
        matrix.sort_indices()
        return matrix

    @cached_property
    def by_cell(self) -> sp.csr_matrix:
        """The same, quick to cut to some cells."""
        return self.activations.tocsr()

    @cached_property
    def labels(self) -> list[str]:
        """The proposed label of each concept behind its id."""
        pairs = zip(self.store.concept_ids, self.store.strings("concepts/label"), strict=True)
        return [f"{name} {label}".strip() for name, label in pairs]

    def codes(self, role: str) -> tuple[np.ndarray, list[str]] | None:
        """Return codes (n_cells,) and categories of the first categorical column of a role."""
        for column in self.store.manifest.obs:
            if column.role == role and column.kind == "categorical":
                return np.array(self.store.array(f"obs/{column.key}/codes")), column.categories
        return None

    def has_enrichment(self, key: str) -> bool:
        """Say whether the store has gene sets tested under `key`."""
        return any(info.key == key for info in self.store.manifest.enrichments)
