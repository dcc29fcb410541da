"""Wilcoxon rank-sum tests of all genes for all concepts, on ranks computed once.

The correlational answer beside attribution: it says what differs between cells, not what
moves the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.stats import false_discovery_control, norm

from precompute.errors import InputError, fault

_VALUES_PER_CHUNK = 10_000_000
_PSEUDO_COUNT = 1e-9  # scanpy's, for the fold change


@dataclass(frozen=True, eq=False)
class DifferentialTable:
    """Active cells of each concept against the rest. Rows of NaN where one side has no cell.

    Attributes
    ----------
    z : (n_concepts, n_genes) float32, positive where active cells express more.
    p : (n_concepts, n_genes) float64, two-sided, normal approximation, corrected for ties.
    q : (n_concepts, n_genes) float64, p by Benjamini and Hochberg (1995) within a concept.
    log_fold_change : (n_concepts, n_genes) float32, log2 of the ratio of expm1 mean
        log-normalised values, 1e-9 added to both.
    share_active : (n_concepts, n_genes) float32, share of the active cells with a value above 0.
    share_rest : the same for the rest.
    n_active, n_rest : (n_concepts,) int64, cells on both sides.
    """

    z: np.ndarray
    p: np.ndarray
    q: np.ndarray
    log_fold_change: np.ndarray
    share_active: np.ndarray
    share_rest: np.ndarray
    n_active: np.ndarray
    n_rest: np.ndarray


def wilcoxon_all(
    values: sp.spmatrix | np.ndarray, active: sp.spmatrix | np.ndarray
) -> DifferentialTable:
    """Test active against inactive cells for every concept and gene.

    Each gene is ranked once for all concepts, and rank sums are matrix products. Same z and
    p as scanpy's ``rank_genes_groups(method="wilcoxon", tie_correct=True)``.

    Parameters
    ----------
    values : (n_cells, n_genes), log-normalised expression.
    active : (n_cells, n_concepts), true where a cell activates a concept.

    Raises
    ------
    InputError
        Numbers of cells differ, or a value is NaN or infinite.
    """
    active = sp.csr_matrix(active, dtype=bool).astype(np.float64)
    if values.shape[0] != active.shape[0]:
        raise _fault(
            f"values of {values.shape[0]} cells, activations of {active.shape[0]}", "the same cells"
        )
    n_cells, n_genes = values.shape
    n_active = np.asarray(active.sum(axis=0)).ravel().astype(np.int64)
    # CSC once: chunks of genes are then slices.
    values = sp.csc_matrix(values)
    if not np.isfinite(values.data).all():
        raise _fault("NaN or infinity among the values", "log-normalised expression")
    step = max(1, _VALUES_PER_CHUNK // max(1, n_cells))
    members = active.T.tocsr()
    chunks = [
        _test_genes(values[:, start : start + step], members, n_active)
        for start in range(0, n_genes, step)
    ]
    columns = {
        name: np.concatenate([chunk[name] for chunk in chunks], axis=1) for name in chunks[0]
    }
    return DifferentialTable(
        **columns, q=_adjust(columns["p"]), n_active=n_active, n_rest=n_cells - n_active
    )


def wilcoxon_matched(
    values: sp.spmatrix | np.ndarray, groups: Sequence[tuple[np.ndarray, np.ndarray]]
) -> DifferentialTable:
    """Test the active cells of each concept against its matched cells.

    Parameters
    ----------
    values : (n_cells, n_genes), log-normalised expression.
    groups : for each concept its active cells and the cells they are matched with. A cell
        listed twice on one side counts once, since a copy is no further observation.

    Raises
    ------
    InputError
        No group, a cell on both sides of a group, or a value that is NaN or infinite.
    """
    if not groups:
        raise _fault("no group", "one pair of active and matched cells for each concept")
    rows = sp.csr_matrix(values)
    tables = []
    for concept, (active, matched) in enumerate(groups):
        active, matched = np.unique(active), np.unique(matched)
        both = np.intersect1d(active, matched)
        if both.size:
            raise _fault(
                f"concept {concept}: {both.size} cells are active and matched", "disjoint groups"
            )
        cells = np.concatenate([active, matched]).astype(np.int64)
        is_active = np.arange(len(cells)) < len(active)
        tables.append(wilcoxon_all(rows[cells], is_active[:, None]))
    return DifferentialTable(
        **{
            name: np.concatenate([getattr(table, name) for table in tables])
            for name in DifferentialTable.__dataclass_fields__
        }
    )


def _test_genes(
    values: sp.csc_matrix, members: sp.csr_matrix, n_active: np.ndarray
) -> dict[str, np.ndarray]:
    """Return all columns but q for some genes, each (n_concepts, n_genes)."""
    n_cells = values.shape[0]
    above_zero_rank, zero_rank, ties = _ranks(values)
    active, rest = n_active[:, None].astype(np.float64), (n_cells - n_active)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        rank_sum = zero_rank * active + (members @ above_zero_rank).toarray()
        deviation = np.sqrt(ties * active * rest * (n_cells + 1) / 12)
        z = np.nan_to_num((rank_sum - active * (n_cells + 1) / 2) / deviation, nan=0.0)
        mean_active, mean_rest = _two_means(values.astype(np.float64), members, active, rest)
        fold = (np.expm1(mean_active) + _PSEUDO_COUNT) / (np.expm1(mean_rest) + _PSEUDO_COUNT)
        share_active, share_rest = _two_means(
            (values > 0).astype(np.float64), members, active, rest
        )
        columns = {
            "z": z.astype(np.float32),
            "p": 2 * norm.sf(np.abs(z)),
            "log_fold_change": np.log2(fold).astype(np.float32),
            "share_active": share_active.astype(np.float32),
            "share_rest": share_rest.astype(np.float32),
        }
    for column in columns.values():
        column[(n_active == 0) | (n_active == n_cells)] = np.nan
    return columns


def _ranks(values: sp.csc_matrix) -> tuple[sp.csc_matrix, np.ndarray, np.ndarray]:
    """Rank the cells for each gene, equal values by their middle rank.

    Returns
    -------
    above_zero_rank : (n_cells, n_genes), rank minus that of a 0: as sparse as the values.
    zero_rank : (n_genes,) rank of a cell with value 0.
    ties : (n_genes,) 1 - sum(t^3 - t) / (n^3 - n) over the sizes t of groups of equals
        (Hollander, Wolfe and Chicken 2013).
    """
    values = values.copy()
    values.eliminate_zeros()
    n_cells, n_genes = values.shape
    stored = np.diff(values.indptr)
    gene = np.repeat(np.arange(n_genes), stored)
    order = np.lexsort((values.data, gene))  # genes keep their stretch of the data
    negative = np.bincount(gene, weights=values.data < 0, minlength=n_genes)
    zeros = n_cells - stored
    zero_rank = negative + (zeros + 1) / 2

    runs = _Runs(values.data[order], gene)
    place = runs.middle - values.indptr[gene[runs.start]]
    rank = place + np.where(values.data[order][runs.start] > 0, zeros[gene[runs.start]], 0)
    offsets = np.empty(len(gene))
    offsets[order] = np.repeat(rank - zero_rank[gene[runs.start]], runs.size)

    sizes = np.bincount(gene[runs.start], weights=_cubic(runs.size), minlength=n_genes)
    ties = 1 - (sizes + _cubic(zeros)) / max(1.0, float(_cubic(np.array(n_cells))))
    ranked = sp.csc_matrix((offsets, values.indices, values.indptr), shape=values.shape)
    return ranked, zero_rank, ties


class _Runs:
    """Stretches of equal values within a gene, in sorted values.

    Attributes
    ----------
    start, size : (n_runs,) first position and length of each.
    middle : (n_runs,) mean of its positions, counted from 1.
    """

    def __init__(self, values: np.ndarray, gene: np.ndarray) -> None:
        new = np.ones(len(values), bool)
        new[1:] = (values[1:] != values[:-1]) | (gene[1:] != gene[:-1])
        self.start = np.flatnonzero(new)
        self.size = np.diff(self.start, append=len(values))
        self.middle = self.start + (self.size + 1) / 2


def _cubic(size: np.ndarray) -> np.ndarray:
    size = size.astype(np.float64)
    return size**3 - size


def _two_means(
    values: sp.csc_matrix, members: sp.csr_matrix, n_active: np.ndarray, n_rest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return means (n_concepts, n_genes) over active cells and over the rest."""
    active = (members @ values).toarray()
    rest = np.asarray(values.sum(axis=0)) - active
    # A rest of zeros only must not keep the rounding of the subtraction.
    rest[np.abs(rest) <= 1e-12 * np.abs(active)] = 0
    return active / n_active, rest / n_rest


def _adjust(p: np.ndarray) -> np.ndarray:
    q = np.full_like(p, np.nan)
    known = ~np.isnan(p).any(axis=1)
    if known.any():
        q[known] = false_discovery_control(p[known], axis=1)
    return q


def _fault(found: str, expected: str) -> InputError:
    return fault("differential expression", found, expected, "Check what was passed.")
