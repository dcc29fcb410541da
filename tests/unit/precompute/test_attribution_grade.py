"""The grade of a card: every threshold of the rule, from both sides."""

import numpy as np
import pytest

from precompute.attribution.grade import CRITERIA, GRADES, grade_concept, write_rule
from scconcepts_app.store.schema import GRADES as STORE_GRADES

A, B, C, D = range(4)
# The rule of docs/faithfulness.md, written out once more: least for A, B, C.
LEAST = {
    "lost": (0.50, 0.35, 0.20),
    "lead_random": (0.30, 0.20, 0.10),
    "lead_differential": (0.10, 0.05, 0.00),
    "rank_top": (0.95, 0.90, 0.80),
    "sign_top": (0.95, 0.90, 0.80),
    "split": (0.50, 0.35, 0.20),
    "in_support": (0.90, 0.80, 0.60),
    "inactive": (0.80, 0.60, 0.40),
}
PERFECT = dict.fromkeys(LEAST, 1.0)


def test_the_rule_has_these_thresholds():
    assert {criterion.name: criterion.least for criterion in CRITERIA} == LEAST
    assert GRADES == STORE_GRADES == ("A", "B", "C", "D")


def test_all_thresholds_reached():
    assert grade_concept(PERFECT) == (A, "Reaches every threshold of grade A.")
    assert grade_concept({name: least[0] for name, least in LEAST.items()})[0] == A


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize("grade", [A, B, C])
def test_one_number_at_its_threshold_and_just_below(name, grade):
    at, below = LEAST[name][grade], LEAST[name][grade] - 0.001
    assert grade_concept(PERFECT | {name: at})[0] == grade
    found, reason = grade_concept(PERFECT | {name: below})
    assert found == grade + 1
    words = next(criterion.words for criterion in CRITERIA if criterion.name == name)
    assert words in reason
    assert f"grade {GRADES[grade]} asks for {LEAST[name][grade]:g}" in reason


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize("grade", [A, B, C])
def test_a_card_of_float32_reaches_the_threshold_too(name, grade):
    """190 of 200 equal signs are 0.95, which float32 keeps as 0.94999999."""
    least = LEAST[name][grade]
    assert grade_concept(PERFECT | {name: float(np.float32(least))})[0] == grade
    below = float(np.nextafter(np.float32(least), np.float32(-1)))
    assert grade_concept(PERFECT | {name: below})[0] == grade + 1


@pytest.mark.parametrize("name", LEAST)
def test_the_worst_counts(name):
    others = {other: least[B] for other, least in LEAST.items()}
    grade, reason = grade_concept(others | {name: -1.0})
    assert grade == D
    assert reason.startswith("-1 ")
    assert f"grade C asks for {LEAST[name][C]:g}" in reason


def test_of_equally_bad_ones_the_first_of_the_rule_is_named():
    _, reason = grade_concept(PERFECT | {"split": 0.3, "inactive": 0.5, "rank_top": 0.85})
    assert reason == (
        "0.85 rank correlation with exact swap on the verified top genes; grade B asks for 0.9."
    )


@pytest.mark.parametrize("name", LEAST)
def test_what_could_not_be_measured_is_not_graded(name):
    grade, reason = grade_concept(PERFECT | {"lost": 0.0} | {name: np.nan})
    words = next(criterion.words for criterion in CRITERIA if criterion.name == name)
    assert grade == -1
    assert reason == f"Not graded, as there is no figure for: {words}."


def test_the_rule_in_words_names_every_threshold():
    rule = write_rule()
    for criterion in CRITERIA:
        numbers = " / ".join(f"{least:g}" for least in LEAST[criterion.name])
        assert f"{numbers} {criterion.words}" in rule
    assert rule.count(" / ") == 2 * len(CRITERIA)
    assert rule.endswith("Halves are of donors where they can be, else of cells.")
