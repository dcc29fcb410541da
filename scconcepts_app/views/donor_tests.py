"""Concepts against obs columns with the donor as the replicate: what was tested, and what not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.store.schema import ASSOCIATION_DESIGNS
from scconcepts_app.views.numbers import format_number, format_p, known_or_none
from scconcepts_app.views.statistics import SIGNIFICANT_Q

_FOLDER = "association/tests"
_TESTED = ("paired", "unpaired", "correlation")
# 95 % of a normal distribution; the interval is drawn, the p is that of the t test.
_INTERVAL = 1.96


@dataclass(frozen=True)
class DonorTest:
    """One test of a concept; None where a number is missing.

    Attributes
    ----------
    name : the category, or the column of a numeric one.
    title : what it is called among the tests of its column.
    within : cell type that the test is confined to, empty for all cells.
    design : one of the schema's `ASSOCIATION_DESIGNS`.
    n_donors, n_others : pairs and 0, or donors on the two sides.
    effect : difference of mean activation in standard deviations of the activation, or Spearman's
        correlation within donors.
    standard_error : of the effect, over donors.
    p, q : two-sided p; q over all concepts and tests of the store.
    """

    name: str
    title: str
    within: str
    design: str
    n_donors: int
    n_others: int
    effect: float | None
    standard_error: float | None
    p: float | None
    q: float | None

    @property
    def is_tested(self) -> bool:
        """Whether donors could be compared, whatever came of it."""
        return self.design in _TESTED

    @property
    def margin(self) -> float | None:
        """Half of the 95 % interval of the effect."""
        return None if self.standard_error is None else _INTERVAL * self.standard_error

    @property
    def donors(self) -> str:
        """How many donors stand behind the test."""
        if self.design == "paired":
            return f"{self.n_donors} donors, paired"
        if self.design == "correlation":
            return f"{self.n_donors} donors"
        return f"{self.n_donors} against {self.n_others} donors"

    @property
    def reason(self) -> str:
        """Why there is no p; empty where there is one."""
        if self.design == "no donors":
            return "not tested: these data name no donor"
        if self.design == "is the donor":
            return "not tested: the donor is the replicate"
        if self.design == "few donors":
            have = f"{self.n_donors} with it, {self.n_others} without"
            return f"not testable: too few donors ({have})"
        return "" if self.p is not None else "not testable: it does not vary between donors"


def has_donor_tests(store: ConceptStore) -> bool:
    """Say whether a store holds such tests; those of earlier releases do not."""
    return store.optional(f"{_FOLDER}/p") is not None


def list_donor_tests(store: ConceptStore, concept: int, key: str) -> list[DonorTest]:
    """Return the tests of the obs column `key`, largest effect first, cell types behind all cells.

    Of two categories the second: the first is the same test from the other side.

    Raises
    ------
    KeyError
        The store holds no test of this column.
    """
    position = next((i for i, c in enumerate(store.manifest.obs) if c.key == key), None)
    if not has_donor_tests(store) or position is None:
        raise KeyError(key)
    of_column = store.array(f"{_FOLDER}/column") == position
    if len(store.manifest.obs[position].categories) == 2:
        of_column = of_column & (store.array(f"{_FOLDER}/code") == 1)
    wanted = np.flatnonzero(of_column)
    found = [_read(store, concept, int(test)) for test in wanted]
    return sorted(found, key=lambda test: (bool(test.within), -(test.effect or 0.0)))


def list_number_tests(store: ConceptStore, concept: int) -> list[DonorTest]:
    """Return the tests of all numeric columns, strongest first; none in an earlier store."""
    if not has_donor_tests(store):
        return []
    wanted = np.flatnonzero(store.array(f"{_FOLDER}/code") < 0)
    found = [_read(store, concept, int(test)) for test in wanted]
    return sorted(found, key=lambda test: -abs(test.effect or 0.0))


def find_donor_test(store: ConceptStore, concept: int, key: str, category: str) -> DonorTest | None:
    """Return the test of a category over all cells, None where the store holds none."""
    if not has_donor_tests(store):
        return None
    position = next((i for i, c in enumerate(store.manifest.obs) if c.key == key), -1)
    categories = store.manifest.obs[position].categories if position >= 0 else []
    if category not in categories:
        return None
    found = np.flatnonzero(
        (store.array(f"{_FOLDER}/column") == position)
        & (store.array(f"{_FOLDER}/code") == categories.index(category))
        & (store.array(f"{_FOLDER}/within") < 0)
    )
    return _read(store, concept, int(found[0])) if len(found) else None


def say_test(test: DonorTest) -> str:
    """Return effect, q and donors in a few words; empty where it was not tested."""
    if not test.is_tested or test.q is None:
        return ""
    sign = "+" if (test.effect or 0) > 0 else ""
    return f"{sign}{format_number(test.effect)} s.d., q {format_p(test.q)}, {test.donors}"


def say_tests(tests: list[DonorTest], concept_id: str) -> str:
    """Return what came of the tests of one column, or why there are none."""
    tested = [test for test in tests if test.is_tested]
    if not tested:
        reason = tests[0].reason[:1].upper() + tests[0].reason[1:]
        return f"{reason}. Effects are those of the pooled cells; cells are no replicates."
    n_found = sum(test.q is not None and test.q <= SIGNIFICANT_Q for test in tested)
    return (
        f"{concept_id}: {n_found} of {len(tested)} tests have q ≤ 0.05 (filled), each donor "
        "counting once; q over all concepts."
    )


def _read(store: ConceptStore, concept: int, test: int) -> DonorTest:
    def whole(name: str) -> int:
        return int(store.array(f"{_FOLDER}/{name}")[test])

    def number(name: str) -> float | None:
        return known_or_none(store.array(f"{_FOLDER}/{name}")[concept, test])

    column: ObsColumn = store.manifest.obs[whole("column")]
    types = next((c.categories for c in store.manifest.obs if c.role == "cell_type"), [])
    code, within = whole("code"), whole("within")
    name = column.name if code < 0 else column.categories[code]
    confined = types[within] if within >= 0 else ""
    return DonorTest(
        name=name,
        title=_name_test(name, confined, column.categories),
        within=confined,
        design=ASSOCIATION_DESIGNS[whole("design")],
        n_donors=whole("n_donors"),
        n_others=whole("n_others"),
        effect=number("effect"),
        standard_error=number("standard_error"),
        p=number("p"),
        q=number("q"),
    )


def _name_test(name: str, within: str, categories: list[str]) -> str:
    if len(categories) != 2:
        return f"{name}, in {within}" if within else name
    other = next((category for category in categories if category != name), "")
    return f"in {within}" if within else f"{name} against {other}"
