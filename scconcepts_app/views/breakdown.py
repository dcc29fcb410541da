"""What a set of cells is made of: its categories and numbers beside those of all cells."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.views.numbers import known_or_none


@dataclass(frozen=True)
class Part:
    """A category, or a numeric column as a whole, in a set of cells; None where it has no sense.

    Attributes
    ----------
    n : cells of the set in it (with a value, for a number).
    share : of the set; `share_all` : of all cells; `fold` : their ratio.
    taken : share of the category that is in the set.
    median, median_all : of a number, in the set and in all cells.
    """

    column: str
    value: str
    n: int
    share: float | None
    share_all: float | None
    fold: float | None
    taken: float | None
    median: float | None = None
    median_all: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return {**asdict(self), "key": f"{self.column}: {self.value}"}


def break_down(store: ConceptStore, inside: np.ndarray) -> list[Part]:
    """Return the parts of a set, column by column, the largest category first.

    Parameters
    ----------
    inside : (n_cells,) bool.
    """
    parts: list[Part] = []
    for column in store.manifest.obs:
        parts += (
            _number(store, column, inside)
            if column.kind == "numeric"
            else _categories(store, column, inside)
        )
    return parts


def _categories(store: ConceptStore, column: ObsColumn, inside: np.ndarray) -> list[Part]:
    codes = np.asarray(store.array(f"obs/{column.key}/codes")) + 1
    names = ["missing", *column.categories]
    everywhere = np.bincount(codes, minlength=len(names))
    within = np.bincount(codes[inside], minlength=len(names))
    n, n_cells = int(inside.sum()), len(inside)
    order = np.argsort(-within, kind="stable")
    return [
        Part(
            column=column.name,
            value=names[c],
            n=int(within[c]),
            share=within[c] / n if n else None,
            share_all=float(everywhere[c] / n_cells),
            fold=float((within[c] / n) / (everywhere[c] / n_cells)) if n else None,
            taken=float(within[c] / everywhere[c]),
        )
        for c in order
        if everywhere[c]
    ]


def _number(store: ConceptStore, column: ObsColumn, inside: np.ndarray) -> list[Part]:
    values = np.asarray(store.array(f"obs/{column.key}/values"))
    known = np.isfinite(values)
    some = values[inside & known]
    n = int(inside.sum())
    return [
        Part(
            column=column.name,
            value="median",
            n=len(some),
            share=len(some) / n if n else None,
            share_all=float(known.mean()) if len(known) else None,
            fold=None,
            taken=None,
            median=known_or_none(np.median(some)) if len(some) else None,
            median_all=known_or_none(np.median(values[known])) if known.any() else None,
        )
    ]
