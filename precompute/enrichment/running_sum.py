"""The running sum of GSEA (Subramanian et al. 2005), compiled, for many sets or many rankings.

Down a ranking of N genes with weights w, a set S of k genes adds w / sum(w of S) at each of its
own and takes 1 / (N - k) at every other gene. The sum is highest right after a gene of the set
and lowest right before one, so only these places are looked at. The enrichment score is the
extreme farther from 0.

Random sets are scored in single precision, real ones in double: `TIE` is what counts as equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

compiled: Any = njit(cache=True, nogil=True, error_model="numpy")

LANES = 64  # rankings that one pass over random sets scores at once
TIE = 1e-5
_ZERO, _FAR = np.float32(0), np.float32(np.inf)


@compiled
def score_draws(weights, draws, tops, lows):
    """Score random sets of one size on `LANES` rankings at once.

    Parameters
    ----------
    weights : (n_genes, LANES) float32, positive, down each ranking.
    draws : (n_draws, size) positions, ascending.
    tops, lows : (n_draws, LANES) float32, written: highest and lowest value of the running sum.
    """
    n_draws, size = draws.shape
    per_miss = np.float32(1.0 / (weights.shape[0] - size))
    # Total, running sum, highest, lowest and loss at a miss of each lane, in one array: the
    # compiler sees that they do not overlap, and takes many lanes in one instruction.
    own = np.empty(5 * LANES, np.float32)
    for draw in range(n_draws):
        for lane in range(LANES):
            own[lane] = own[LANES + lane] = _ZERO
            own[2 * LANES + lane] = -_FAR
            own[3 * LANES + lane] = _FAR
        for hit in range(size):
            row = weights[draws[draw, hit]]
            for lane in range(LANES):
                own[lane] += row[lane]
        for lane in range(LANES):
            own[4 * LANES + lane] = own[lane] * per_miss
        for hit in range(size):
            row = weights[draws[draw, hit]]
            misses = np.float32(draws[draw, hit] - hit)
            for lane in range(LANES):
                fall = misses * own[4 * LANES + lane]
                before = own[LANES + lane]
                after = before + row[lane]
                own[LANES + lane] = after
                own[2 * LANES + lane] = max(after - fall, own[2 * LANES + lane])
                own[3 * LANES + lane] = min(before - fall, own[3 * LANES + lane])
        for lane in range(LANES):
            tops[draw, lane] = own[2 * LANES + lane] / own[lane]
            lows[draw, lane] = own[3 * LANES + lane] / own[lane]


@compiled
def keep_side(scores, others):
    """Return the scores farther out than those of the other side, -inf for the rest.

    Parameters
    ----------
    scores, others : (n,) float32, how far a running sum goes to this side and to the other.

    Returns
    -------
    kept : (n,) float32.
    n_kept, total : how many are farther out, and their sum.
    """
    kept, n_kept, total = np.empty_like(scores), 0, np.float64(0.0)
    for i in range(scores.size):
        wins = scores[i] > others[i]
        kept[i] = scores[i] if wins else -_FAR
        n_kept += wins
        total += np.float64(scores[i]) if wins else 0.0
    return kept, n_kept, total


@compiled
def count_reaching(values, wanted):
    """Return how many of the float32 `values` reach each of the few float32 `wanted`.

    A pass for each, in the lanes of the vector unit, is faster than sorting the values once.
    """
    counts = np.empty(wanted.size, np.int64)
    for i in range(wanted.size):
        count = 0
        for k in range(values.size):
            count += values[k] >= wanted[i]
        counts[i] = count
    return counts


@compiled
def score_sets(weights, order, offsets, owners, sizes, scores, leads):
    """Score all gene sets on one ranking, in one walk down the ranking.

    Parameters
    ----------
    weights : (n_genes,) positive, down the ranking.
    order : (n_genes,) the gene at each place of the ranking.
    offsets, owners : gene g is in the sets ``owners[offsets[g]:offsets[g + 1]]``.
    sizes : (n_sets,) genes of each set, fewer than `n_genes`.
    scores : (n_sets,), written.
    leads : (n_sets,), written: genes in the leading edge; those that come first in the ranking
        where the score is above 0, else those that come last.
    """
    n_genes, n_sets = order.size, sizes.size
    total, run, top, low = np.zeros((4, n_sets))
    hits, top_at, low_at = np.zeros((3, n_sets), np.int64)
    for place in range(n_genes):
        gene = order[place]
        for i in range(offsets[gene], offsets[gene + 1]):
            total[owners[i]] += weights[place]
    top[:] = -np.inf
    low[:] = np.inf
    for place in range(n_genes):
        gene = order[place]
        for i in range(offsets[gene], offsets[gene + 1]):
            own = owners[i]
            fall = float(place - hits[own]) * (total[own] * (1.0 / (n_genes - sizes[own])))
            before = run[own] - fall
            if before < low[own]:
                low[own] = before
                low_at[own] = hits[own]
            run[own] += weights[place]
            after = run[own] - fall
            if after > top[own]:
                top[own] = after
                top_at[own] = hits[own]
            hits[own] += 1
    for own in range(n_sets):
        # Of equal extremes the one that comes first down the ranking, as in gseapy.
        rises = top[own] > -low[own] or (top[own] == -low[own] and top_at[own] < low_at[own])
        scores[own] = (top[own] if rises else low[own]) / total[own]
        leads[own] = top_at[own] + 1 if rises else sizes[own] - low_at[own]


@compiled
def list_leading(order, offsets, owners, sizes, scores, starts, genes):
    """Write the leading edge of every set, the genes nearest to the end of the ranking first.

    Parameters
    ----------
    order, offsets, owners, sizes, scores : as in `score_sets`.
    starts : (n_sets + 1,) where the edge of each set stands in `genes`.
    genes : flat, written.
    """
    hits = np.zeros(sizes.size, np.int64)
    for place in range(order.size):
        gene = order[place]
        for i in range(offsets[gene], offsets[gene + 1]):
            own = owners[i]
            rank = hits[own] if scores[own] > 0 else sizes[own] - 1 - hits[own]
            if rank < starts[own + 1] - starts[own]:
                genes[starts[own] + rank] = gene
            hits[own] += 1
