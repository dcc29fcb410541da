"""A linear probe: how well all units together tell the groups of a division apart."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from precompute.evaluation.ranks import rank_auroc

_MOST_STEPS = 300


def probe_fold(
    units: np.ndarray, codes: np.ndarray, n_groups: int, held_out: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what multinomial logistic regression on the other cells says of the held-out ones.

    Units are standardised; the penalty is scikit-learn's default (L2, C = 1).

    Parameters
    ----------
    units : (n_cells, n_units)
    codes : (n_cells,) as in a `Division`; cells of -1 take no part.
    held_out : (n_cells,) bool.

    Returns
    -------
    auroc : (n_groups,) of the probability of the group; NaN where it cannot be told.
    hits : (n_groups,) held-out cells of the group that the probe says are of it.
    """
    train, test = ~held_out & (codes >= 0), held_out & (codes >= 0)
    auroc, hits = np.full(n_groups, np.nan), np.zeros(n_groups)
    if not test.any() or len(np.unique(codes[train])) < 2:
        return auroc, hits
    center, spread = units[train].mean(axis=0), units[train].std(axis=0)
    scaled = (units - center) / np.where(spread > 0, spread, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the steps are enough to rank cells
        model = LogisticRegression(max_iter=_MOST_STEPS).fit(scaled[train], codes[train])
    shown = codes[test]
    chances = model.predict_proba(scaled[test])
    of_group = rank_auroc(chances, shown, n_groups)
    for column, group in enumerate(model.classes_):
        if group < n_groups:
            auroc[group] = of_group[group, column]
    right = shown[model.predict(scaled[test]) == shown]
    return auroc, np.bincount(right, minlength=n_groups + 1)[:n_groups].astype(float)
