"""The part of the fixture about donors: tests of association of which the answers are known."""

from __future__ import annotations

import numpy as np

# Columns in the order of the fixture's obs; donors themselves and the number come last.
TESTS = (
    *[(0, code, -1) for code in range(5)],
    *[(1, code, within) for within in (-1, 0, 1, 2, 3, 4) for code in range(2)],
    *[(2, code, -1) for code in range(4)],
    (3, -1, -1),
)
PAIRED, CORRELATION, FEW, IS_DONOR = 0, 2, 4, 5
UNTESTED_TYPE = 4  # the condition cannot be tested within the last cell type


def add_donor_tests(writer, n_concepts: int) -> None:
    """Each concept goes with its cell type; the last one goes with the condition in all types."""
    column, code, within = (np.array(values) for values in zip(*TESTS, strict=True))
    design = np.where(column == 2, IS_DONOR, np.where(column == 3, CORRELATION, PAIRED))
    design[(column == 1) & (within == UNTESTED_TYPE)] = FEW
    few = design == FEW
    concepts = np.arange(n_concepts)[:, None]
    is_own = (column == 0) & (code == concepts)
    is_own |= (column == 1) & (concepts == n_concepts - 1)
    sign = np.where((column == 1) & (code == 0), -1, 1)
    tested = np.isin(design, (PAIRED, CORRELATION))
    numbers = {
        "effect": np.where(is_own, 1.5, 0.02) * sign,
        "standard_error": np.where(tested, 0.1, np.nan) + 0 * concepts,
        "p": np.where(tested, np.where(is_own, 2e-5, 0.6), np.nan),
        "q": np.where(tested, np.where(is_own, 4e-4, 0.8), np.nan),
    }
    integers = {
        "column": column,
        "code": code,
        "within": within,
        "design": design,
        "n_donors": np.where(tested, 4, np.where(few, 2, 0)),
        "n_others": np.where(few, 2, 0),
    }
    for name, values in (integers | numbers).items():
        writer.add(f"association/tests/{name}", values)
    shares = np.full((n_concepts, 4), np.nan)
    shares[:, :3] = [0.6, 0.02, 0.01]
    shares[-1, :3] = [0.03, 0.5, 0.01]
    writer.add("association/share_of_variance", shares)
