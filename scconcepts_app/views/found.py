"""When a test finds a gene set in a concept, and in which direction: the one rule of all pages.

A set is found where its q within the concept lies below `SIGNIFICANT`, as in the nulls, the labels
and the report of the precomputation, and its direction is evidence. It is *raised* where its genes
raise the concept or are higher in its active cells, *lowered* where they lower it, are lower, or
raise it by their lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from scconcepts_app.store.manifest import EnrichmentInfo
from scconcepts_app.store.schema import QUADRANTS, SIGNIFICANT

RAISED, NOT_FOUND, LOWERED = 1, 0, -1
# What the quadrants of a store do not tell from "used and differential".
OPPOSITE = "opposite"
# Rankings that have nothing to say of a set at their bottom, and what a set at their top is.
_TOP_ONLY = {"presence": RAISED, "absence": LOWERED}
_WORDS = {RAISED: "raised", LOWERED: "lowered"}
_ARROWS = {RAISED: "↑", LOWERED: "↓"}

RAISED_MEANS = (
    f"Raised: q < {SIGNIFICANT}, and its genes raise the concept or are higher in its active cells."
)
LOWERED_MEANS = (
    f"Lowered: q < {SIGNIFICANT}, and its genes lower the concept, are lower in its active cells, "
    "or raise it by their lack (absence)."
)

Directions = frozenset[int]
Columns = Mapping[str, np.ndarray]


def find_directions(columns: Columns, info: EnrichmentInfo | None) -> np.ndarray:
    """Return `RAISED`, `LOWERED` or `NOT_FOUND` for each row of a test, (n_rows,) int8.

    A GSEA goes by the sign of its NES. Of `presence` and `absence` only NES above 0 counts: what
    is at the top of `absence` raises the concept by its lack, so it is lowered. Overrepresentation
    tests for more than 1 only. A set that was swapped goes by its effect, turned around where the
    cells have less of it than their counterfactuals; it is found where the effect is farther from 0
    than that of random sets.

    Parameters
    ----------
    columns : ``q`` and ``statistic``; of a set swap ``q``, ``effect``, ``expected`` and
        ``difference``. NaN where not known.
    info : the enrichment; None for a set swap.
    """
    found = np.asarray(columns["q"], float) < SIGNIFICANT
    sign = _sign_of_swap(columns) if info is None else _sign_of_test(columns["statistic"], info)
    return np.where(found, sign, NOT_FOUND).astype(np.int8)


def _sign_of_test(statistic: np.ndarray, info: EnrichmentInfo) -> np.ndarray:
    is_ranking = info.test == "prerank"
    sign = np.nan_to_num(np.sign(np.asarray(statistic, float) - (0 if is_ranking else 1)))
    if is_ranking and info.ranking not in _TOP_ONLY:
        return sign
    return np.where(sign > 0, _TOP_ONLY.get(info.ranking, RAISED), NOT_FOUND)


def _sign_of_swap(columns: Columns) -> np.ndarray:
    effect, expected, difference = (
        np.asarray(columns[name], float) for name in ("effect", "expected", "difference")
    )
    sign = np.nan_to_num(np.sign(effect))
    sign = np.where(np.sign(effect - expected) == sign, sign, NOT_FOUND)
    return np.where(difference < 0, -sign, sign)


def place_set(by_attribution: Directions | None, by_de: Directions | None) -> str | None:
    """Return the quadrant of a set: one of the schema's `QUADRANTS`, or `OPPOSITE`.

    Both find it only where they agree in a direction.

    Parameters
    ----------
    by_attribution, by_de : directions in which either finds it, empty where it does not; None
        where that is not known, and the set has no quadrant.
    """
    if by_attribution is None or by_de is None:
        return None
    if by_attribution and by_de and not by_attribution & by_de:
        return OPPOSITE
    return QUADRANTS[2 * bool(by_attribution) + bool(by_de)]


def place_swap(code: int, direction: int, de_direction: int) -> str | None:
    """Return the quadrant of a set that was swapped whole; None where it cannot be placed.

    Parameters
    ----------
    code : of the store, an index of `QUADRANTS`; says whether the set is differential.
    direction, de_direction : of the swap, and of the GSEA of DE; the latter is `NOT_FOUND` for a
        differential set whose row the store did not keep: it may agree with the swap or not.
    """
    if not 0 <= code < len(QUADRANTS):
        return None
    is_differential = code % 2 == 1
    if not is_differential:
        return place_set(collect(direction), frozenset())
    if de_direction == NOT_FOUND:
        return QUADRANTS[1] if direction == NOT_FOUND else None
    return place_set(collect(direction), collect(de_direction))


def say(directions: Iterable[int]) -> str:
    """Return directions in words, the empty text for none."""
    return " and ".join(_WORDS[d] for d in sorted(directions, reverse=True) if d in _WORDS)


def draw_arrows(directions: Iterable[int]) -> str:
    """Return directions as arrows, the empty text for none; words must stand beside them."""
    return "".join(_ARROWS[d] for d in sorted(directions, reverse=True) if d in _ARROWS)


def collect(*directions: int) -> Directions:
    """Return the directions among these, without `NOT_FOUND`."""
    return frozenset(directions) - {NOT_FOUND}


def tell_place(
    words: str, quadrant: str | None, by_attribution: Directions | None, by_de: Directions | None
) -> tuple[str, str]:
    """Return arrows and words of a set in its quadrant, whose short name is `words`.

    Of opposite directions that of attribution comes first.
    """
    a, b = by_attribution or frozenset(), by_de or frozenset()
    if quadrant == OPPOSITE:
        arrows = draw_arrows(a) + draw_arrows(b)
        return arrows, f"in opposite directions: {say(a)} by attribution, {say(b)} by DE"
    if quadrant is None:
        return "", words
    shared = a & b if a and b else a | b
    return draw_arrows(shared), f"{words}, {say(shared)}" if shared else words
