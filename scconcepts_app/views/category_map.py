"""Concepts against the categories of an obs column: a table of F1, AUROC or share, ordered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.association import METRICS

# More columns than these cannot be told apart on a screen.
MOST_CONCEPTS = 120


@dataclass(frozen=True)
class CategoryMap:
    """Categories in the order of the column, concepts by their best category, then by value.

    Attributes
    ----------
    names, n_cells : of the categories, (n_categories,).
    concepts : indices of the concepts that are shown, (n_shown,).
    values : (n_categories, n_shown) float32 of the chosen metric, NaN where undefined.
    numbers : (n_categories, n_shown, 3) float32: F1, AUROC and share.
    best : concept of the largest value of each category, over all concepts, -1 for none.
    best_value : that value, NaN for none.
    n_passed : concepts whose best value is at least the threshold.
    n_per_category : the limit that was set to each category, None where all that passed are shown.
    """

    names: list[str]
    n_cells: list[int]
    concepts: np.ndarray
    values: np.ndarray
    numbers: np.ndarray
    best: np.ndarray
    best_value: np.ndarray
    n_passed: int
    n_per_category: int | None


def map_categories(
    store: ConceptStore, key: str, metric: str, least: float, most: int = MOST_CONCEPTS
) -> CategoryMap:
    """Return concepts against the categories of the obs column `key`.

    Parameters
    ----------
    metric : one of `METRICS`.
    least : concepts whose best value is below are left out.
    most : where more concepts pass, each category keeps its best ones only.

    Raises
    ------
    KeyError
        The column is not among those tested, or there is no such metric.
    """
    if metric not in METRICS:
        raise KeyError(metric)
    position = next((i for i, c in enumerate(store.manifest.obs) if c.key == key), -1)
    levels = np.asarray(store.array("association/level"))
    wanted = np.flatnonzero(levels[:, 0] == position) if len(levels) else np.empty(0, int)
    if not len(wanted):
        raise KeyError(key)
    wanted = wanted[np.argsort(levels[wanted, 1], kind="stable")]
    codes = levels[wanted, 1]
    column = store.manifest.obs[position]
    tables = {
        name: np.asarray(store.array(f"association/{name}"))[:, wanted].T.astype(float)
        for name in METRICS
    }
    table = tables[metric]
    filled = np.nan_to_num(table, nan=-1.0)
    best_category, best_value = filled.argmax(axis=0), filled.max(axis=0)
    # The store's float32 of 0.7 is a little less than 0.7.
    passed = np.flatnonzero(best_value >= float(np.float32(max(least, 0.0))))
    shown, limit = _limit(passed, best_category, best_value, len(wanted), most)
    # Stable: concepts of equal category and value stay in the store's order.
    shown = shown[np.lexsort((-best_value[shown], best_category[shown]))]
    of_category, highest = filled.argmax(axis=1), filled.max(axis=1)
    counts = np.asarray(store.array(f"obs/{key}/codes"))
    n_cells = np.bincount(counts[counts >= 0], minlength=len(column.categories))
    return CategoryMap(
        names=[column.categories[code] for code in codes],
        n_cells=[int(n_cells[code]) for code in codes],
        concepts=shown,
        values=table[:, shown].astype(np.float32),
        numbers=np.stack([tables[name][:, shown] for name in METRICS], -1).astype(np.float32),
        best=np.where(highest >= 0, of_category, -1),
        best_value=np.where(highest >= 0, highest, np.nan),
        n_passed=len(passed),
        n_per_category=limit,
    )


def _limit(
    passed: np.ndarray, category: np.ndarray, value: np.ndarray, n_categories: int, most: int
) -> tuple[np.ndarray, int | None]:
    """Return the best concepts of each category where too many passed, and the number of each."""
    if len(passed) <= most:
        return passed, None
    limit = max(1, most // n_categories)
    order = passed[np.lexsort((-value[passed], category[passed]))]
    starts = np.searchsorted(category[order], category[order], side="left")
    kept = order[np.arange(len(order)) - starts < limit]
    # Very many categories: the best of all concepts are left.
    kept = kept[np.argsort(-value[kept], kind="stable")][:most]
    return np.sort(kept), limit
