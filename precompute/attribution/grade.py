"""The grade of a faithfulness card: a written rule, the same for every concept.

Each criterion gives the best grade whose threshold it reaches; the grade of the concept is the
worst of them, and the criterion that gave it is the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GRADES = ("A", "B", "C", "D")
GENES_REPLACED = 50


@dataclass(frozen=True)
class Criterion:
    """One number of the card with the least it must be for A, B and C; below is D.

    Attributes
    ----------
    name : key of the number.
    words : what it is, to follow "at least ..." in the rule and in reasons.
    least : thresholds of A, B, C.
    """

    name: str
    words: str
    least: tuple[float, float, float]


CRITERIA = (
    Criterion(
        "lost",
        "of the full drop is lost when the first 50 genes take held-out counterfactual values",
        (0.50, 0.35, 0.20),
    ),
    Criterion("lead_random", "more of it than with 50 random genes", (0.30, 0.20, 0.10)),
    Criterion("lead_differential", "more of it than with the first 50 genes of DE", (0.1, 0.05, 0)),
    Criterion(
        "rank_top", "rank correlation with exact swap on the verified top genes", (0.95, 0.90, 0.80)
    ),
    Criterion(
        "sign_top", "of the verified top genes have the sign of exact swap", (0.95, 0.90, 0.80)
    ),
    Criterion(
        "split", "rank correlation between the effects of two halves of the cells", (0.5, 0.35, 0.2)
    ),
    Criterion("in_support", "of the counterfactuals lie among real cells", (0.90, 0.80, 0.60)),
    Criterion("inactive", "of the counterfactuals switch the concept off", (0.80, 0.60, 0.40)),
)


def write_rule() -> str:
    """Return the rule in words, for the app and the docs."""
    lines = ["A concept has the worst grade that one of these gives it (for A, B, C; less is D): "]
    lines += [
        f"{' / '.join(f'{least:g}' for least in criterion.least)} {criterion.words}; "
        for criterion in CRITERIA
    ]
    return "".join(lines).rstrip("; ") + ". Halves are of donors where they can be, else of cells."


def grade_concept(numbers: dict[str, float]) -> tuple[int, str]:
    """Return the grade of a card, 0 to 3 for A to D, and what holds it back.

    Parameters
    ----------
    numbers : the name of each criterion to its value; NaN where it could not be measured.

    Returns
    -------
    -1 and the reason where a number is missing, since nothing can be said then.
    """
    missing = [c for c in CRITERIA if np.isnan(numbers[c.name])]
    if missing:
        return -1, f"Not graded, as there is no figure for: {missing[0].words}."
    given = [_grade(criterion, numbers[criterion.name]) for criterion in CRITERIA]
    grade = max(given)
    if grade == 0:
        return 0, "Reaches every threshold of grade A."
    criterion = CRITERIA[given.index(grade)]
    least = criterion.least[grade - 1]
    return grade, (
        f"{numbers[criterion.name]:.3g} {criterion.words}; "
        f"grade {GRADES[grade - 1]} asks for {least:g}."
    )


def _grade(criterion: Criterion, value: float) -> int:
    # Cards hold float32, and the float32 nearest to 0.95 lies below 0.95.
    reached = (np.float32(value) >= np.float32(least) for least in criterion.least)
    return next((grade for grade, enough in enumerate(reached) if enough), 3)
