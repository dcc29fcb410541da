"""How far attributions can be believed, and what concepts tell of donors and batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from precompute.report.sources import Section, Source, mean_known, missing
from scconcepts_app.store.schema import GRADES

_LEAST_CELLS = 10  # of a donor within a cell type
_MOST_CELLS = 2000  # of a cell type
_FOLDS = 3

# Kind of units -> what gives their values (n, n_units) in some cells.
Units = dict[str, Callable[[np.ndarray], np.ndarray]]


def measure_faithfulness(source: Source) -> Section:
    """Return grades, and the share of the full drop that replacing top genes takes."""
    if not source.store.manifest.faithfulness:
        return missing("The embeddings came without their model, or the store has no cards.")
    cards = []
    for info in source.store.manifest.faithfulness:

        def read(name: str, key: str = info.key) -> np.ndarray:
            return np.asarray(source.store.array(f"faithfulness/{key}/{name}"))

        grades, deletion = read("grade"), read("deletion")
        cards.append(
            {
                "key": info.key,
                "grades": {letter: int((grades == g).sum()) for g, letter in enumerate(GRADES)},
                "not_graded": int((grades < 0).sum()),
                "n_replaced": read("n_replaced").tolist(),
                "deletion": {
                    ranking: [mean_known(column) for column in deletion[:, r].T]
                    for r, ranking in enumerate(info.rankings)
                },
                "completeness": mean_known(read("completeness")),
                "split_donors": mean_known(read("split_donors")),
                "in_support": mean_known(read("in_support")),
            }
        )
    return {"cards": cards}


def measure_leak(source: Source) -> Section:
    """Return how well concepts and embeddings tell donor, batch or tissue within a cell type.

    Balanced accuracy of a logistic regression on cells it has not seen, rescaled so that 0 is
    chance and 1 is certain; mean over cell types. Without cell types, over all cells.
    """
    types = source.codes("cell_type")
    groups = np.zeros(source.store.n_cells, int) if types is None else types[0]
    embeddings = source.store.array("embeddings")
    units: Units = {
        "concepts": lambda rows: source.by_cell[rows].toarray(),
        "embeddings": lambda rows: np.asarray(embeddings[rows]),
    }
    roles = {}
    for role in ("donor", "batch", "tissue"):
        column = source.codes(role)
        if column is None:
            continue
        found = _tell_apart(units, groups, column[0])
        if found:
            roles[role] = found | {"n_categories": len(column[1])}
    if not roles:
        return missing("No column of obs names a donor, batch or tissue with enough cells of two.")
    return {"roles": roles, "within_cell_types": types is not None}


def _tell_apart(units: Units, groups: np.ndarray, codes: np.ndarray) -> dict[str, Any]:
    scores: dict[str, list[float]] = {name: [] for name in units}
    for group in np.unique(groups[groups >= 0]):
        rows = np.flatnonzero((groups == group) & (codes >= 0))
        counts = np.bincount(codes[rows])
        rows = rows[counts[codes[rows]] >= _LEAST_CELLS]
        if len(np.unique(codes[rows])) < 2:
            continue
        rows = np.random.default_rng(0).permutation(rows)[:_MOST_CELLS]
        for name, read in units.items():
            scores[name].append(_predict(read(rows), codes[rows]))
    n_groups = len(scores["concepts"])
    return (
        {"n_groups": n_groups, **{k: mean_known(v) for k, v in scores.items()}} if n_groups else {}
    )


def _predict(values: np.ndarray, codes: np.ndarray) -> float:
    """Return balanced accuracy above chance, as a share of what is above chance."""
    probe = make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=300, class_weight="balanced")
    )
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of regressions that stop early
        told = cross_val_predict(probe, values, codes, cv=folds)
    chance = 1 / len(np.unique(codes))
    return float((balanced_accuracy_score(codes, told) - chance) / (1 - chance))
