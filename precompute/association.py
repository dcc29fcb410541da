"""How each concept goes with what is known about the cells: categories, numbers, quality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.stats import rankdata

from precompute.obs import Obs

# A concept is flagged when it goes with a technical quantity at least this much.
TECHNICAL_CORRELATION = 0.5
ONE_SOURCE_SHARE = 0.9
FEW_CELLS = 20
DENSE_SHARE = 0.5
UNSTABLE = 0.5
_CELL_CYCLE = ("s_score", "g2m_score")


@dataclass(frozen=True)
class Association:
    """Concepts against obs columns.

    Attributes
    ----------
    levels : (n_levels, 2) index of the obs column, and code of the category.
    auroc : (n_concepts, n_levels) chance that a cell of the category has the higher
        activation, ties counting half; NaN when the category holds no or all cells.
    f1 : (n_concepts, n_levels) best F1 over activation thresholds above 0.
    share : (n_concepts, n_levels) share of the concept's active cells in the category.
    numeric : (n_numeric,) indices of the numeric obs columns.
    rank_correlation : (n_concepts, n_numeric) Spearman's, over cells with a value.
    """

    levels: np.ndarray
    auroc: np.ndarray
    f1: np.ndarray
    share: np.ndarray
    numeric: np.ndarray
    rank_correlation: np.ndarray


def associate(activations: sp.csc_matrix, obs: Obs) -> Association:
    """Compare the activations (n_cells, n_concepts) with every obs column.

    Cost follows the active cells: zeros are one block of tied ranks.
    """
    n_cells, n_concepts = activations.shape
    categorical = [i for i, c in enumerate(obs.columns) if c.categories is not None]
    numeric = [i for i, c in enumerate(obs.columns) if c.categories is None]
    levels = [(i, code) for i in categorical for code in range(obs.columns[i].n_categories)]
    auroc, f1, share = (np.full((n_concepts, len(levels)), np.nan) for _ in range(3))
    correlation = np.full((n_concepts, len(numeric)), np.nan)
    for concept in range(n_concepts):
        span = slice(activations.indptr[concept], activations.indptr[concept + 1])
        cells, values = activations.indices[span], activations.data[span]
        start = 0
        for i in categorical:
            codes, n_levels = obs.columns[i].values, obs.columns[i].n_categories
            part = (concept, slice(start, start + n_levels))
            auroc[part], f1[part], share[part] = _compare(cells, values, codes, n_levels)
            start += n_levels
        for j, i in enumerate(numeric):
            correlation[concept, j] = _correlate(cells, values, obs.columns[i].values)
    return Association(
        levels=np.array(levels, dtype=np.int32).reshape(-1, 2),
        auroc=auroc,
        f1=f1,
        share=share,
        numeric=np.array(numeric, dtype=np.int32),
        rank_correlation=correlation,
    )


def _compare(
    cells: np.ndarray, values: np.ndarray, codes: np.ndarray, n_levels: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return AUROC, best F1 and share of active cells of one concept for each category."""
    known = codes >= 0
    n_known = int(known.sum())
    n_in = np.bincount(codes[known], minlength=n_levels)
    keep = known[cells]
    values, active_codes = values[keep], codes[cells[keep]]
    n_zero = n_known - len(values)
    ranks = n_zero + rankdata(values)
    active_in = np.bincount(active_codes, minlength=n_levels)
    active_sum = np.bincount(active_codes, weights=ranks, minlength=n_levels)
    rank_sum = active_sum + (n_in - active_in) * (n_zero + 1) / 2
    n_out = n_known - n_in
    pairs = np.where((n_in > 0) & (n_out > 0), n_in * n_out, np.nan)
    auroc = (rank_sum - n_in * (n_in + 1) / 2) / pairs
    share = active_in / max(1, len(values))
    return auroc, _best_f1(values, active_codes, n_in), share


def _best_f1(values: np.ndarray, codes: np.ndarray, n_in: np.ndarray) -> np.ndarray:
    """Return the best F1 of each category over thresholds on the activation.

    Cells with equal activation pass a threshold together, so the order of rows does not matter.
    """
    if len(values) == 0:
        return np.zeros(len(n_in))
    order = np.argsort(-values, kind="stable")
    last_of_tie = np.append(np.diff(values[order]) != 0, True)
    hits = np.cumsum(codes[order][:, None] == np.arange(len(n_in)), axis=0)[last_of_tie]
    n_called = (np.arange(len(values)) + 1)[last_of_tie][:, None]
    return (2 * hits / (n_called + n_in)).max(axis=0)


def _correlate(cells: np.ndarray, values: np.ndarray, numbers: np.ndarray) -> float:
    """Return Spearman's rank correlation of an activation, zero where absent, with a column."""
    known = np.isfinite(numbers)
    n = int(known.sum())
    keep = known[cells]
    cells, values = cells[keep], values[keep]
    if n < 3 or len(values) == 0:
        return np.nan
    ranks = np.zeros(len(numbers))
    ranks[known] = rankdata(numbers[known]) - (n + 1) / 2
    n_zero = n - len(values)
    # Ranks of the activations relative to the tied block of zeros, which then drops out.
    lift = n_zero + rankdata(values) - (n_zero + 1) / 2
    variance = (lift**2).sum() - lift.sum() ** 2 / n
    spread = np.sqrt(variance * (ranks**2).sum())
    return float((lift * ranks[cells]).sum() / spread) if spread > 0 else np.nan


def find_flags(
    association: Association, obs: Obs, n_active: np.ndarray, n_cells: int, stability: np.ndarray
) -> dict[str, np.ndarray]:
    """Return for each warning of the store's schema whether it holds, (n_concepts,) bool."""
    flags = {
        "few_cells": n_active < FEW_CELLS,
        "one_donor": _from_one_source(association, obs, "donor"),
        "one_batch": _from_one_source(association, obs, "batch"),
        "library_size": np.zeros(len(n_active), dtype=bool),
        "mitochondrial": np.zeros(len(n_active), dtype=bool),
        "cell_cycle": np.zeros(len(n_active), dtype=bool),
        "dense": n_active > DENSE_SHARE * n_cells,
        "unstable": ~(stability >= UNSTABLE),
        # These two need what is not at hand here; see `precompute.technical`.
        "ribosomal": np.zeros(len(n_active), dtype=bool),
        "donor_driven": np.zeros(len(n_active), dtype=bool),
    }
    for j, i in enumerate(association.numeric):
        column = obs.columns[i]
        if column.role == "qc":
            flag = _flag_of(column.key)
            if flag:
                strong = np.abs(association.rank_correlation[:, j]) >= TECHNICAL_CORRELATION
                flags[flag] |= strong
    return flags


def _flag_of(key: str) -> str | None:
    """Return which warning a strong correlation with a quality-control number gives."""
    if key == "library_size":
        return "library_size"
    if key in _CELL_CYCLE:
        return "cell_cycle"
    return "mitochondrial" if "mito" in key or "mt" in key.split("_") else None


def _from_one_source(association: Association, obs: Obs, role: str) -> np.ndarray:
    """Say which concepts have nearly all active cells in one category of a role.

    A category that holds most cells anyway proves nothing: it must be twice as frequent among
    the active cells as among all.
    """
    flagged = np.zeros(len(association.share), dtype=bool)
    for level, (i, code) in enumerate(association.levels):
        column = obs.columns[i]
        if column.role == role and column.n_categories > 1:
            everywhere = column.share_of(code)
            share = association.share[:, level]
            flagged |= (share >= ONE_SOURCE_SHARE) & (share >= 2 * everywhere)
    return flagged
