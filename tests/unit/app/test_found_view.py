"""The rule of when a gene set is found, and in which direction, on values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from precompute.nulls import SIGNIFICANT as OF_THE_NULLS
from scconcepts_app.store.manifest import EnrichmentInfo
from scconcepts_app.views.found import (
    LOWERED,
    NOT_FOUND,
    OPPOSITE,
    RAISED,
    SIGNIFICANT,
    collect,
    draw_arrows,
    find_directions,
    place_set,
    place_swap,
    say,
    tell_place,
)

UP, DOWN, NO, EITHER = collect(RAISED), collect(LOWERED), frozenset(), collect(RAISED, LOWERED)
BELOW = np.nextafter(0.05, 0)


def info(ranking: str, test: str = "prerank") -> EnrichmentInfo:
    return EnrichmentInfo(f"{test}_{ranking}", "A test", test, ranking, "NES")


def directions(test: EnrichmentInfo, statistic: list[float], q: list[float]) -> list[int]:
    return find_directions({"statistic": np.array(statistic), "q": np.array(q)}, test).tolist()


def test_the_level_is_that_of_the_nulls():
    assert SIGNIFICANT == OF_THE_NULLS == 0.05


@pytest.mark.parametrize("ranking", ["attribution", "differential", "matched"])
def test_nes_of_either_sign_is_a_direction(ranking):
    found = directions(info(ranking), [2, -2, 0, 2, -2, np.nan], [0.01, 0.01, 0.01, 0.2, 0.2, 0.01])
    assert found == [RAISED, LOWERED, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND]


@pytest.mark.parametrize(("ranking", "top"), [("presence", RAISED), ("absence", LOWERED)])
def test_of_one_part_only_the_top_is_evidence(ranking, top):
    found = directions(info(ranking), [2, -2, 2, -2], [0.01, 0.01, 0.2, 0.2])
    assert found == [top, NOT_FOUND, NOT_FOUND, NOT_FOUND]


@pytest.mark.parametrize("ranking", ["attribution", "presence"])
def test_q_lies_below_the_level_and_not_on_it(ranking):
    assert directions(info(ranking), [2, 2, 2], [BELOW, 0.05, np.nan]) == [RAISED, 0, 0]


def test_the_level_of_a_float32_is_not_below_it():
    q = np.array([0.05, 0.0499], np.float32)
    found = find_directions({"statistic": np.array([2.0, 2.0]), "q": q}, info("matched"))
    assert found.tolist() == [NOT_FOUND, RAISED]


@pytest.mark.parametrize(("ranking", "top"), [("presence", RAISED), ("absence", LOWERED)])
def test_overrepresentation_is_of_more_than_chance(ranking, top):
    found = directions(info(ranking, "overrepresentation"), [3, 1, 0.4], [0.01, 0.01, 0.01])
    assert found == [top, NOT_FOUND, NOT_FOUND]


def test_a_swap_goes_by_effect_and_by_what_the_cells_have_more_of():
    columns = {
        "effect": [0.4, 0.4, -0.4, -0.4, 0.4, 0.4, 0.4, 0.0],
        "difference": [1, -1, 1, -1, np.nan, 1, 1, 1],
        # Of the sixth random sets of its kind take more; the last moves nothing.
        "expected": [0.1, 0.1, -0.1, 0.1, 0.1, 0.9, 0.1, np.nan],
        "q": [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.05, 0.01],
    }
    found = find_directions({name: np.array(v) for name, v in columns.items()}, None)
    assert found.tolist() == [RAISED, LOWERED, LOWERED, RAISED, RAISED, 0, 0, 0]


@pytest.mark.parametrize(
    ("by_attribution", "by_de", "quadrant"),
    [
        (UP, UP, "used and differential"),
        (DOWN, DOWN, "used and differential"),
        (UP, DOWN, OPPOSITE),
        (DOWN, UP, OPPOSITE),
        (EITHER, DOWN, "used and differential"),
        (UP, NO, "used only"),
        (DOWN, NO, "used only"),
        (NO, UP, "only differential"),
        (NO, DOWN, "only differential"),
        (NO, NO, "neither"),
        (None, UP, None),
        (UP, None, None),
    ],
)
def test_both_must_agree_in_direction(by_attribution, by_de, quadrant):
    assert place_set(by_attribution, by_de) == quadrant


@pytest.mark.parametrize(
    ("code", "direction", "de_direction", "quadrant"),
    [
        (3, RAISED, RAISED, "used and differential"),
        (3, RAISED, LOWERED, OPPOSITE),
        (3, LOWERED, RAISED, OPPOSITE),
        # It moves the concept less than random sets do, or its q is the level itself.
        (3, NOT_FOUND, LOWERED, "only differential"),
        # DE finds it in a direction that the store does not hold.
        (3, RAISED, NOT_FOUND, None),
        (1, NOT_FOUND, NOT_FOUND, "only differential"),
        (2, LOWERED, NOT_FOUND, "used only"),
        (2, NOT_FOUND, NOT_FOUND, "neither"),
        (0, NOT_FOUND, NOT_FOUND, "neither"),
        (-1, RAISED, RAISED, None),
        (7, RAISED, RAISED, None),
    ],
)
def test_a_swapped_set_is_placed_by_both_directions(code, direction, de_direction, quadrant):
    assert place_swap(code, direction, de_direction) == quadrant


def test_directions_have_words_and_arrows():
    assert [say(d) for d in (UP, DOWN, EITHER, NO)] == [
        "raised",
        "lowered",
        "raised and lowered",
        "",
    ]
    assert [draw_arrows(d) for d in (UP, DOWN, EITHER, NO)] == ["↑", "↓", "↑↓", ""]
    assert collect(NOT_FOUND, RAISED, RAISED) == UP


@pytest.mark.parametrize(
    ("sides", "arrows", "words"),
    [
        ((DOWN, DOWN), "↓", "X, lowered"),
        ((EITHER, DOWN), "↓", "X, lowered"),
        ((UP, NO), "↑", "X, raised"),
        ((NO, DOWN), "↓", "X, lowered"),
        ((UP, DOWN), "↑↓", "in opposite directions: raised by attribution, lowered by DE"),
        ((DOWN, UP), "↓↑", "in opposite directions: lowered by attribution, raised by DE"),
        ((NO, NO), "", "X"),
        ((None, UP), "", "X"),
    ],
)
def test_a_place_is_told_with_its_direction(sides, arrows, words):
    assert tell_place("X", place_set(*sides), *sides) == (arrows, words)
