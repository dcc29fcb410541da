"""The rule that recommends a setting; docs/dictionary.md states it in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from precompute.sweep.result import Point

LEAST_SHARE = 0.9
TOLERANCE = 0.01  # of explained variance, where there are no labels


def recommend(points: Sequence[Point]) -> tuple[int, bool, str]:
    """Return the index of the setting to take, whether enough comes back, and why in words.

    Among the settings where at least 90 % of the concepts come back, the best held-out F1 is
    found; of those within one standard error of it, the one with the fewest concepts is taken.
    Without labels explained variance stands in for F1, with a tolerance of .01. Where no setting
    comes back as surely, those within one standard error (of a share of so many concepts) of the
    surest stand in for the first. -1 where no setting gave a concept.
    """
    living = [i for i, point in enumerate(points) if point.come_back is not None]
    if not living:
        return -1, False, "No setting gave a concept that recurs over seeds."
    sure = [i for i in living if _share(points[i]) >= LEAST_SHARE]
    candidates = sure or _surest(points, living)
    by_f1 = all(points[i].f1 is not None for i in candidates)
    scores = {i: _score(points[i], by_f1) for i in candidates}
    best = max(candidates, key=lambda i: scores[i])
    tolerance = (points[best].f1_error or 0.0) if by_f1 else TOLERANCE
    good = [i for i in candidates if scores[i] >= scores[best] - tolerance]
    chosen = min(good, key=lambda i: (points[i].n_concepts, -scores[i], i))
    return chosen, bool(sure), _explain(points, chosen, best, len(candidates), sure, by_f1)


def _share(point: Point) -> float:
    return point.come_back or 0.0


def _surest(points: Sequence[Point], living: Sequence[int]) -> list[int]:
    top = max(living, key=lambda i: (_share(points[i]), points[i].n_concepts))
    share = _share(points[top])
    error = math.sqrt(share * (1 - share) / max(1.0, points[top].n_concepts))
    return [i for i in living if _share(points[i]) >= share - error]


def _score(point: Point, by_f1: bool) -> float:
    return (point.f1 if by_f1 else point.explained_variance) or 0.0


def _explain(
    points: Sequence[Point],
    chosen: int,
    best: int,
    n_candidates: int,
    sure: Sequence[int],
    by_f1: bool,
) -> str:
    word = "held-out F1" if by_f1 else "explained variance"
    point = points[chosen]
    first = (
        f"{n_candidates} of {len(points)} settings bring back at least {LEAST_SHARE:.0%} of their "
        "concepts."
        if sure
        else f"No setting brings back {LEAST_SHARE:.0%} of its concepts; {n_candidates} are within "
        "one standard error of the highest share."
    )
    second = (
        f"{point.name} has {point.n_concepts:g} concepts, of which {_share(point):.0%} come back"
    )
    third = f"and {word} {_score(point, by_f1):.3f}"
    if chosen == best:
        return f"{first} {second}, {third}, the highest of these."
    return (
        f"{first} {second}, {third}: the fewest concepts within reach of the highest, "
        f"{_score(points[best], by_f1):.3f} ({points[best].name}, {points[best].n_concepts:g})."
    )
