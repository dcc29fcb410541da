"""Which groups of cells a unit could stand for, and which cells are held out together."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

LEAST_CELLS = 20
N_FOLDS = 5
BOTH = "cell_type x condition"


@dataclass(frozen=True, eq=False)
class Division:
    """Cells divided into groups.

    Attributes
    ----------
    kind : cell_type, condition, or both at once.
    names : of the groups, at least two categories with enough cells each.
    codes : (n_cells,) index of the group; `n_groups` for a cell of a smaller category, which
        is outside of every group; -1 where the category is not known, which is left out.
    """

    kind: str
    names: list[str]
    codes: np.ndarray

    @property
    def n_groups(self) -> int:
        """Number of groups that are scored."""
        return len(self.names)

    @property
    def sizes(self) -> np.ndarray:
        """Cells of each group, (n_groups,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=self.n_groups)[: self.n_groups]


def divide(
    columns: Mapping[str, tuple[np.ndarray, Sequence[str]]], least_cells: int = LEAST_CELLS
) -> list[Division]:
    """Return the divisions by cell type, by condition, and by both where both are known.

    Parameters
    ----------
    columns : role -> codes (n_cells,), -1 missing, and the names of the categories.
    least_cells : a category of fewer cells says nothing and is not scored.
    """
    found = []
    for role in ("cell_type", "condition"):
        if role in columns:
            codes, names = columns[role]
            found.append(_division(role, np.asarray(codes), list(names), least_cells))
    if len(columns.keys() & {"cell_type", "condition"}) == 2:
        (types, type_names), (states, state_names) = columns["cell_type"], columns["condition"]
        known = (np.asarray(types) >= 0) & (np.asarray(states) >= 0)
        codes = np.where(known, np.asarray(types) * len(state_names) + states, -1)
        names = [f"{t}, {s}" for t in type_names for s in state_names]
        found.append(_division(BOTH, codes, names, least_cells))
    return [division for division in found if division is not None]


def _division(kind: str, codes: np.ndarray, names: list[str], least_cells: int) -> Division | None:
    """Return the division, or None where fewer than two categories can be told apart."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    kept = np.flatnonzero(counts >= least_cells)
    if not len(kept) or (counts > 0).sum() < 2:
        return None
    renamed = np.full(len(names) + 1, len(kept))
    renamed[kept] = np.arange(len(kept))
    renamed[-1] = -1  # what a code of -1 reads
    return Division(kind, [names[i] for i in kept], renamed[codes])


def finest(divisions: Sequence[Division]) -> Division | None:
    """Return the division into the smallest groups: by both, else by type, else by condition."""
    order = {BOTH: 0, "cell_type": 1}
    return min(divisions, key=lambda division: order.get(division.kind, 2), default=None)


def make_folds(
    n_cells: int,
    divisions: Sequence[Division],
    donors: np.ndarray | None = None,
    seed: int = 0,
    n_folds: int = N_FOLDS,
) -> np.ndarray:
    """Return the fold in which each cell is held out, (n_cells,) from 0.

    Whole donors are held out together where there are two or more: cells of one donor resemble
    each other, and would flatter the measure. The groups are spread evenly over the folds as far
    as that allows.

    Parameters
    ----------
    donors : (n_cells,) codes; -1 counts as one more donor.
    """
    finest_of_all = finest(divisions)
    groups = np.zeros(n_cells, int) if finest_of_all is None else finest_of_all.codes
    n_donors = 0 if donors is None else len(np.unique(donors))
    if n_donors >= 2:
        splitter = StratifiedGroupKFold(min(n_folds, n_donors), shuffle=True, random_state=seed)
    else:
        splitter = StratifiedKFold(min(n_folds, n_cells), shuffle=True, random_state=seed)
    folds = np.zeros(n_cells, np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of groups with fewer cells than folds
        for fold, (_, held_out) in enumerate(splitter.split(folds, groups, donors)):
            folds[held_out] = fold
    return folds
