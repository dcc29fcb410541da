"""How stable the concepts are: one point a concept, stacked where they are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.numbers import format_count, format_number

_STEP = 0.02


@dataclass(frozen=True)
class StablePoint:
    """A concept in the plot: `height` counts from 1 within its step of stability."""

    id: str
    label: str
    stability: float
    n_seeds: int
    height: int
    is_unstable: bool


@dataclass(frozen=True)
class Recurrence:
    """All concepts whose stability is known, and how many there are of the rest."""

    points: list[StablePoint]
    n_seeds: int | None
    n_unknown: int
    summary: str


def read_recurrence(store: ConceptStore, rows: Sequence[ConceptRow]) -> Recurrence:
    """Return the stability of all concepts.

    Parameters
    ----------
    rows : of the concept table, with experts' labels.
    """
    seeds = store.array("concepts/n_seeds")
    points, heights = [], dict[int, int]()
    for concept in np.argsort(-np.asarray(store.array("concepts/stability")), kind="stable"):
        row = rows[concept]
        if row.stability is None:
            continue
        step = int(row.stability / _STEP + 1e-4)
        heights[step] = heights.get(step, 0) + 1
        points.append(
            StablePoint(
                row.id,
                row.label,
                row.stability,
                int(seeds[concept]),
                heights[step],
                "unstable" in row.flags,
            )
        )
    total = store.manifest.dictionary.get("n_seeds")
    n_seeds = total if isinstance(total, int) else None
    return Recurrence(points, n_seeds, len(rows) - len(points), _summarise(points, n_seeds))


def _summarise(points: Sequence[StablePoint], n_seeds: int | None) -> str:
    if not points:
        return "The stability of no concept is known."
    median = float(np.median([point.stability for point in points]))
    text = f"Median {format_number(median)} over {format_count(len(points))} concepts"
    if n_seeds:
        everywhere = sum(point.n_seeds >= n_seeds for point in points)
        text += f"; in all {n_seeds} seeds: {format_count(everywhere)}"
    flagged = sum(point.is_unstable for point in points)
    return f"{text}; flagged as unstable: {format_count(flagged)}."
