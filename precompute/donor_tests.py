"""Tests of concepts against obs columns in which the donor is the replicate, never the cell.

Cells of one donor resemble each other, and a test that counts them one by one finds differences
between conditions that are differences between people (Squair et al. 2021, Nat Commun 12:5692;
Crowell et al. 2020, Nat Commun 11:6077). So each donor gives one number, and those are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import scipy.sparse as sp
from scipy.stats import false_discovery_control, t

from precompute.donor_correlations import Lifts, correlate_within
from precompute.donor_differences import DonorTable, Sides, add_up
from precompute.obs import Column, Obs
from scconcepts_app.store.schema import ASSOCIATION_DESIGNS

LEAST_DONORS = 3
PAIRED, UNPAIRED, CORRELATION, NO_DONORS, FEW_DONORS, IS_DONOR = range(len(ASSOCIATION_DESIGNS))
# Proportions of cell types must not pass for an effect of these.
_ADJUSTED = ("condition", "batch", "tissue")
_NUMBERS_AT_ONCE = 8_000_000


@dataclass(frozen=True, eq=False)
class DonorTests:
    """Every concept in every test.

    Attributes
    ----------
    column, code : (n_tests,) index of the obs column and code of its category; code -1 for a
        numeric column.
    within : (n_tests,) code of the cell type that the test is confined to, -1 for all cells.
    design : (n_tests,) index in the schema's `ASSOCIATION_DESIGNS`.
    n_donors, n_others : (n_tests,) pairs and 0 in a paired test; donors on the two sides of an
        unpaired one; donors with enough cells on either side where there is no test.
    effect : (n_concepts, n_tests) difference of mean activation in standard deviations of the
        activation over all cells; for a number, Spearman's correlation within donors. Without
        donors to compare, that of the pooled cells.
    standard_error : (n_concepts, n_tests) of the effect, over donors.
    p, q : (n_concepts, n_tests) two-sided p; q by Benjamini and Hochberg (1995) over all of them.
    """

    column: np.ndarray
    code: np.ndarray
    within: np.ndarray
    design: np.ndarray
    n_donors: np.ndarray
    n_others: np.ndarray
    effect: np.ndarray
    standard_error: np.ndarray
    p: np.ndarray
    q: np.ndarray


DONOR_TEST_FIELDS = tuple(entry.name for entry in fields(DonorTests))


@dataclass(frozen=True, eq=False)
class _Test:
    """One test of all concepts; the four last are (n_concepts,)."""

    column: int
    code: int
    within: int
    design: int
    n_donors: int
    n_others: int
    effect: np.ndarray
    standard_error: np.ndarray
    p: np.ndarray


def run_donor_tests(activations: sp.csc_matrix, obs: Obs) -> DonorTests:
    """Compare the activations (n_cells, n_concepts) with every obs column, donor by donor.

    A category is compared with all other cells: by a paired t test over donors that have both
    where there are `LEAST_DONORS` of them, else by Welch's t test between donors that have one
    only. For a condition, batch or tissue this is done within cell types, and for a condition in
    each cell type as well. A number is correlated with the activation within each donor, and a t
    test asks whether Fisher's z of these correlations differ from 0. What cannot be tested, for
    want of donors, has its effect and no p.
    """
    deviation = _deviations(activations)
    tests: list[_Test] = []
    ranks: list[Lifts] = []
    for index, column in enumerate(obs.columns):
        if column.categories is None:
            tests.append(_test_number(activations, obs, index, column, ranks))
        else:
            tests += _test_categories(activations, obs, index, column, deviation)
    p = _stack(tests, "p", activations.shape[1])
    return DonorTests(
        **{
            name: np.array([getattr(test, name) for test in tests], np.int32)
            for name in ("column", "code", "within", "design", "n_donors", "n_others")
        },
        effect=_stack(tests, "effect", activations.shape[1]),
        standard_error=_stack(tests, "standard_error", activations.shape[1]),
        p=p,
        q=_adjust(p, tests, obs),
    )


def share_of_variance(activations: sp.csc_matrix, obs: Obs) -> np.ndarray:
    """Return how much of the variance of each activation lies between the categories of a column.

    Returns
    -------
    ndarray
        (n_concepts, n_obs) from 0 to 1, over cells with a category; NaN for numeric columns and
        for concepts that do not vary.
    """
    n_cells, n_concepts = activations.shape
    shares = np.full((n_concepts, len(obs.columns)), np.nan)
    squared = activations.multiply(activations)
    nothing = np.zeros(n_cells, int)
    for index, column in enumerate(obs.columns):
        if not column.categories:
            continue
        shape = (1, 1, column.n_categories)
        table = add_up(activations, nothing, nothing, column.values, shape)
        counts, sums = table.counts[0, 0][:, None], table.sums[0, 0]
        known = (column.values >= 0).astype(float)
        of_mean = sums.sum(0) ** 2 / max(1, counts.sum())
        between = (sums**2 / np.maximum(counts, 1)).sum(0) - of_mean
        total = np.asarray(squared.T @ known).ravel() - of_mean
        varies = total > 1e-12 * np.maximum(of_mean, 1)
        shares[varies, index] = np.clip(between[varies] / total[varies], 0, 1)
    return shares


def _stack(tests: list[_Test], name: str, n_concepts: int) -> np.ndarray:
    columns = [getattr(test, name) for test in tests]
    return np.stack(columns, axis=1) if columns else np.empty((n_concepts, 0))


def _deviations(activations: sp.csc_matrix) -> np.ndarray:
    """Return the standard deviation of each concept over all cells; NaN for a silent one."""
    n = activations.shape[0]
    mean = np.asarray(activations.sum(axis=0)).ravel() / n
    square = np.asarray(activations.multiply(activations).sum(axis=0)).ravel() / n
    found = np.sqrt(np.maximum(square - mean**2, 0))
    return np.where(found > 0, found, np.nan)


def _donors_of(obs: Obs, n_cells: int) -> tuple[np.ndarray, int]:
    """Return the donor of each cell and the number of donors; 0 donors, all cells one, without."""
    donor = obs.find_role("donor")
    if donor is None or donor.categories is None:
        return np.zeros(n_cells, int), 0
    return donor.values, donor.n_categories


def _test_number(
    activations: sp.csc_matrix, obs: Obs, index: int, column: Column, ranks: list[Lifts]
) -> _Test:
    """Return the test of a numeric column; `ranks` are those of earlier columns."""
    donors, n_donors = _donors_of(obs, activations.shape[0])
    found = correlate_within(activations, column.values, donors, max(1, n_donors), ranks)
    if n_donors:
        found = found[np.isfinite(found).all(axis=1)]  # a donor has all correlations, or none
        if len(found) >= LEAST_DONORS:
            mean, error, p = _t_test(np.arctanh(np.clip(found, -0.999, 0.999)))
            effect = np.tanh(mean)
            error = error * (1 - effect**2)  # from Fisher's z to the correlation
            return _Test(index, -1, -1, CORRELATION, len(found), 0, effect, error, p)
    unknown = np.full(activations.shape[1], np.nan)
    if not n_donors:
        return _Test(index, -1, -1, NO_DONORS, 0, 0, found[0], unknown, unknown)
    effect = correlate_within(activations, column.values, np.zeros(len(donors), int), 1)[0]
    return _Test(index, -1, -1, FEW_DONORS, len(found), 0, effect, unknown, unknown)


def _test_categories(
    activations: sp.csc_matrix, obs: Obs, index: int, column: Column, deviation: np.ndarray
) -> list[_Test]:
    """Return the tests of the categories of a column, some concepts at a time."""
    donors, n_donors = _donors_of(obs, activations.shape[0])
    types = obs.find_role("cell_type")
    strata, n_strata = np.zeros(activations.shape[0], int), 1
    if column.role in _ADJUSTED and types is not None and types.categories:
        strata, n_strata = types.values, types.n_categories
    shape = (max(1, n_donors), n_strata, column.n_categories)
    step = max(1, _NUMBERS_AT_ONCE // max(1, int(np.prod(shape))))
    parts = [
        list(
            _test_table(
                add_up(activations[:, start : start + step], donors, strata, column.values, shape),
                index,
                column.role,
                n_donors,
            )
        )
        for start in range(0, activations.shape[1], step)
    ]
    return [_join(same, deviation) for same in zip(*parts, strict=True)]


def _join(parts: tuple[_Test, ...], deviation: np.ndarray) -> _Test:
    """Return one test of all concepts, its effects in standard deviations."""
    first = parts[0]
    numbers = ("effect", "standard_error", "p")
    effect, error, p = (np.concatenate([getattr(part, n) for part in parts]) for n in numbers)
    head = (first.column, first.code, first.within, first.design, first.n_donors, first.n_others)
    return _Test(*head, effect / deviation, error / deviation, p)


def _test_table(table: DonorTable, index: int, role: str, n_donors: int) -> Iterator[_Test]:
    n_strata = table.counts.shape[1]
    for code in range(table.counts.shape[2]):
        yield _compare(table.split(code), (index, code, -1), role, n_donors)
    if role != "condition" or n_strata == 1:
        return
    for within in range(n_strata):
        alone = table.stratum(within)
        for code in range(table.counts.shape[2]):
            yield _compare(alone.split(code), (index, code, within), role, n_donors)


def _compare(sides: Sides, name: tuple[int, int, int], role: str, n_donors: int) -> _Test:
    """Return one category against the rest, in units of the activation."""
    pooled = sides.pool().differences()[0]
    unknown = np.full(len(pooled), np.nan)
    if not n_donors:
        return _Test(*name, NO_DONORS, 0, 0, pooled, unknown, unknown)
    if role == "donor":
        return _Test(*name, IS_DONOR, 0, 0, pooled, unknown, unknown)
    both, here, there = sides.on_both, sides.only_in, sides.only_out
    if both.sum() >= LEAST_DONORS:
        effect, error, p = _t_test(sides.differences()[both])
        return _Test(*name, PAIRED, int(both.sum()), 0, effect, error, p)
    if min(here.sum(), there.sum()) >= LEAST_DONORS:
        means = sides.adjusted_means()
        effect, error, p = _welch_test(means[here], means[there])
        return _Test(*name, UNPAIRED, int(here.sum()), int(there.sum()), effect, error, p)
    n_here, n_there = (int((here | both).sum()), int((there | both).sum()))
    return _Test(*name, FEW_DONORS, n_here, n_there, pooled, unknown, unknown)


def _t_test(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, standard error and p of a one-sample t test of (n_donors, n_concepts)."""
    n = len(values)
    mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(n)
    return mean, error, _tail(mean, error, np.full(len(mean), n - 1.0))


def _welch_test(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the difference of means, its standard error and p of Welch's t test (1947)."""
    mean = a.mean(axis=0) - b.mean(axis=0)
    of_a, of_b = a.var(axis=0, ddof=1) / len(a), b.var(axis=0, ddof=1) / len(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = (of_a + of_b) ** 2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1))
    error = np.sqrt(of_a + of_b)
    return mean, error, _tail(mean, error, freedom)


def _tail(mean: np.ndarray, error: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Return the two-sided p; NaN where the donors do not differ among themselves."""
    p = np.full(len(mean), np.nan)
    varies = error > 1e-9 * np.maximum(np.abs(mean), 1e-3)
    p[varies] = 2 * t.sf(np.abs(mean[varies]) / error[varies], freedom[varies])
    return p


def _adjust(p: np.ndarray, tests: list[_Test], obs: Obs) -> np.ndarray:
    """Return q over the whole table, in which two categories of one column are one test."""
    q = np.full(p.shape, np.nan)
    mirrored = np.array([test.code == 0 and _has_two(obs.columns[test.column]) for test in tests])
    counted = np.isfinite(p) & ~mirrored
    if not counted.any():
        return q
    q[counted] = false_discovery_control(p[counted])
    place = {(test.column, test.code, test.within): i for i, test in enumerate(tests)}
    for i in np.flatnonzero(mirrored):
        q[:, i] = q[:, place[tests[i].column, 1, tests[i].within]]
    return q


def _has_two(column: Column) -> bool:
    return column.n_categories == 2
