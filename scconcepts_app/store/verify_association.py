"""Whether the tests with the donor as the replicate hold together: lengths, codes, columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scconcepts_app.store.reader import ConceptStore
from scconcepts_app.store.schema import (
    ASSOCIATION_DESIGNS,
    ASSOCIATION_NUMBERS,
    ASSOCIATION_TESTS,
)

_FOLDER = "association/tests"


def find_association_faults(store: ConceptStore) -> Iterator[str]:
    """Yield what is wrong with the tests of association of a store; nothing without them."""
    obs, n_concepts = store.manifest.obs, store.n_concepts
    variance = store.optional("association/share_of_variance")
    if variance is not None and variance.shape[1] != len(obs):
        yield (f"association/share_of_variance: {variance.shape[1]} columns, {len(obs)} in obs")
    names = (*ASSOCIATION_TESTS, *ASSOCIATION_NUMBERS)
    arrays = {name: store.optional(f"{_FOLDER}/{name}") for name in names}
    missing = [name for name, array in arrays.items() if array is None]
    if missing:
        if len(missing) < len(names):
            yield f"{_FOLDER}/{missing[0]}: missing beside the others"
        return
    found = {name: array for name, array in arrays.items() if array is not None}
    n_tests = len(found["column"])
    for name, array in found.items():
        expected = (n_tests,) if name in ASSOCIATION_TESTS else (n_concepts, n_tests)
        if array.shape != expected:
            yield f"{_FOLDER}/{name}: has shape {array.shape}, expected {expected}"
            return
    yield from _range_faults("column", found["column"], 0, len(obs))
    yield from _range_faults("design", found["design"], 0, len(ASSOCIATION_DESIGNS))
    if not n_tests or found["column"].max() >= len(obs) or found["column"].min() < 0:
        return
    n_categories = np.array([len(column.categories) for column in obs])
    of_test = n_categories[found["column"]]
    if np.any(found["code"] < np.where(of_test, 0, -1)) or np.any(found["code"] >= of_test):
        yield f"{_FOLDER}/code: holds codes that its column has not"
    types = next((len(c.categories) for c in obs if c.role == "cell_type"), 0)
    yield from _range_faults("within", found["within"], -1, types)


def _range_faults(name: str, values: np.ndarray, lowest: int, limit: int) -> Iterator[str]:
    if values.size and (values.min() < lowest or values.max() >= limit):
        yield f"{_FOLDER}/{name}: holds values outside {lowest}..{limit - 1}"
