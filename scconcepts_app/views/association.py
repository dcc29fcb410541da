"""A concept against one obs column: categories with F1, AUROC and share, or a correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.views.numbers import known_or_none

METRICS = ("f1", "auroc", "share")


@dataclass(frozen=True)
class CategoryRow:
    """A category of an obs column; None where a number is missing.

    Attributes
    ----------
    f1 : best F1 over thresholds on the activation.
    auroc : chance that a cell of the category has the higher activation; .5 is none.
    share : share of the concept's active cells in the category.
    usual : share of all cells (with a value) in the category, for comparison with `share`.
    n_cells : cells of the category.
    """

    category: str
    f1: float | None
    auroc: float | None
    share: float | None
    usual: float | None
    n_cells: int


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation of activation with a numeric column."""

    column: str
    name: str
    rank_correlation: float | None


def list_columns(store: ConceptStore) -> list[ObsColumn]:
    """Return the categorical columns that were tested, cell types first, then conditions."""
    tested = {int(column) for column, _ in store.array("association/level")}
    columns = [column for i, column in enumerate(store.manifest.obs) if i in tested]
    rank = {"cell_type": 0, "condition": 1}
    return sorted(columns, key=lambda column: rank.get(column.role, 2))


def list_categories(store: ConceptStore, concept: int, key: str) -> list[CategoryRow]:
    """Return the categories of the obs column `key`, highest F1 first.

    Raises
    ------
    KeyError
        The column is not among those tested.
    """
    position = next((i for i, c in enumerate(store.manifest.obs) if c.key == key), None)
    levels = np.asarray(store.array("association/level"))
    wanted = [n for n, (column, _) in enumerate(levels) if column == position]
    if position is None or not wanted:
        raise KeyError(key)
    names = store.manifest.obs[position].categories
    codes = np.asarray(store.array(f"obs/{key}/codes"))
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    total = max(1, int(counts.sum()))
    values = {name: store.array(f"association/{name}")[concept] for name in METRICS}
    rows = [
        CategoryRow(
            category=names[levels[n, 1]],
            f1=known_or_none(values["f1"][n]),
            auroc=known_or_none(values["auroc"][n]),
            share=known_or_none(values["share"][n]),
            usual=float(counts[levels[n, 1]] / total),
            n_cells=int(counts[levels[n, 1]]),
        )
        for n in wanted
    ]
    return sorted(rows, key=lambda row: -(row.f1 if row.f1 is not None else -1.0))


def list_correlations(store: ConceptStore, concept: int) -> list[Correlation]:
    """Return the rank correlation of a concept with every numeric column, strongest first."""
    values = store.array("association/rank_correlation")[concept]
    columns = [store.manifest.obs[i] for i in store.array("association/numeric")]
    found = [
        Correlation(column.key, column.name, known_or_none(value))
        for column, value in zip(columns, values, strict=True)
    ]
    return sorted(found, key=lambda c: -abs(c.rank_correlation or 0.0))
