"""Faithfulness cards of a synthetic store, computed on donors that the ranking has not seen."""

from __future__ import annotations

import numpy as np

from precompute.synthetic.big_store.contrast import Contrast, rank_correlation
from precompute.synthetic.big_store.tables import effects, z_scores

RANKINGS = ["attribution", "differential", "random"]
N_STEPS = (1, 2, 5, 10, 20, 50, 100, 200)
MIN_CELLS = 20
_GENES_REPLACED = 50
RULE = (
    "Synthetic cards by a shorter rule than precompute's: A: on donors that the ranking has not "
    "seen its first 50 genes take at least half of the full drop, 0.3 more than random genes, and "
    "effects of the two halves of the donors correlate by 0.5. B: 0.35, 0.2 and 0.35. "
    "C: 0.2, 0.1 and 0.2. D: less."
)
_LEAST = ((0.5, 0.3, 0.5), (0.35, 0.2, 0.35), (0.2, 0.1, 0.2))
_REASONS = {
    -1: "Not graded: fewer than 20 active cells in either half of the sample.",
    0: "Reaches every threshold of grade A.",
    1: "Misses a threshold of grade A; reaches those of B.",
    2: "Misses a threshold of grade B; reaches those of C.",
    3: "Misses a threshold of grade C.",
}


def make_cards(
    rng: np.random.Generator,
    weights: np.ndarray,
    halves: tuple[Contrast, Contrast],
    cell_halves: tuple[Contrast, Contrast],
    counterfactual: str,
    mean_activation: np.ndarray,
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the arrays of ``faithfulness/KEY`` but the reasons, and the reasons.

    Parameters
    ----------
    halves : the two halves of the donors; the first ranks, the second is held out.
    cell_halves : two halves of the cells.
    mean_activation : (n_concepts,) over active cells.
    """
    genes = np.flatnonzero(np.isfinite(weights[0]))
    weights = weights[:, genes]
    seen, unseen = (cut(half, genes) for half in halves)
    ranked, held = (effects(weights, half, counterfactual)[0] for half in (seen, unseen))
    known = np.minimum(seen.n_active, unseen.n_active) >= MIN_CELLS
    known &= np.isfinite(ranked).all(axis=1) & np.isfinite(held).all(axis=1)
    drop = held.sum(axis=1)
    known &= drop > 0
    orders = (
        np.argsort(-ranked, axis=1, kind="stable"),
        np.argsort(-z_scores(seen, len(genes), "random_matched"), axis=1, kind="stable"),
        np.argsort(rng.random(held.shape), axis=1),
    )
    steps = np.array([*(n for n in N_STEPS if n < len(genes)), len(genes)])
    error = np.abs(weights) * unseen.error()
    taken, spread = (
        np.stack([np.take_along_axis(x, o, 1).cumsum(axis=1)[:, steps - 1] for o in orders], 1)
        for x in (held, error**2)
    )
    safe = np.where(known, drop, np.nan)[:, None, None]
    share, width = taken / safe, 1.96 * np.sqrt(spread) / safe
    left = 1 - taken / np.where(known, mean_activation, np.nan)[:, None, None]
    cards: dict[str, np.ndarray] = {
        "n_replaced": steps,
        "deletion": share,
        "deletion_low": share - width,
        "deletion_high": share + width,
        "insertion": share,
        "remaining": np.maximum(left, 0),
        "held_out": np.where(known, 0, -1),
        "n_cells": unseen.n_active,
        "full_drop": np.where(known, drop, np.nan),
    }
    size = np.sort(np.abs(held), axis=1)[:, ::-1]
    numbers = {
        # Effects add up by construction: pre-activation is linear in the values.
        **dict.fromkeys(("completeness", "rank_top", "sign_top", "rank_random", "sign_random"), 1),
        "split_donors": rank_correlation(ranked, held),
        "split_cells": rank_correlation(
            *(effects(weights, cut(half, genes), counterfactual)[0] for half in cell_halves)
        ),
        "share_top": size[:, :20].sum(axis=1) / np.maximum(size.sum(axis=1), 1e-12),
        "match_rate": 1 if counterfactual == "neighbours" else np.nan,
        "distance": np.nan,
        "in_support": np.nan,
        "inactive": np.nan,
    }
    cards |= {name: np.where(known, value, np.nan) for name, value in numbers.items()}
    grade = _grade(share, steps, rank_correlation(ranked, held), known)
    return {**cards, "grade": grade}, [_REASONS[code] for code in grade.tolist()]


def cut(contrast: Contrast, genes: np.ndarray) -> Contrast:
    """Return a contrast with the columns `genes` alone."""
    return Contrast(
        contrast.n_active,
        contrast.n_rest,
        contrast.active[:, genes],
        contrast.rest[:, genes],
        contrast.matched[:, genes],
        contrast.variance[:, genes],
        contrast.rest_variance[genes],
    )


def _grade(
    share: np.ndarray, steps: np.ndarray, split: np.ndarray, known: np.ndarray
) -> np.ndarray:
    at = int(np.argmin(np.abs(steps - _GENES_REPLACED)))
    numbers = np.stack([share[:, 0, at], share[:, 0, at] - share[:, 2, at], split], axis=1)
    grade = np.full(len(split), 3)
    for code in (2, 1, 0):
        grade[(numbers >= np.array(_LEAST[code])).all(axis=1)] = code
    return np.where(known, grade, -1)


def make_cell_effects(
    weights: np.ndarray,
    contrast: Contrast,
    counterfactual: str,
    cells: np.ndarray,
    values: np.ndarray,
    n_listed: int = 12,
) -> dict[str, np.ndarray]:
    """Return ``cell_effects/KEY``: the genes of largest effect in the top cells of each concept.

    Parameters
    ----------
    cells : (n_concepts, n_top) cells, -1 for none.
    values : (n_concepts, n_top, n_genes) log1p counts per 10,000 in them.
    """
    n_genes = weights.shape[1]
    other = np.broadcast_to(contrast.against(counterfactual)[:, None, :n_genes], values.shape)
    effect = np.nan_to_num(weights)[:, None] * (values - other)
    total = effect.sum(axis=2)
    order = np.argsort(-np.abs(np.nan_to_num(effect)), axis=2, kind="stable")[..., :n_listed]
    there = (cells >= 0) & np.isfinite(total)
    columns = {"effect": effect, "value": values, "counterfactual": other}
    listed = {
        name: np.where(there[..., None], np.take_along_axis(of, order, 2), np.nan)
        for name, of in columns.items()
    }
    total = np.where(there, total, np.nan)
    return {
        "cell": np.where(there, cells, -1),
        "full_drop": total,
        "total": total,
        "gene": np.where(there[..., None], order, -1),
        **listed,
    }
