"""What a store of schema version 2 adds: faithfulness cards, effects in single cells, set swaps."""

from __future__ import annotations

import numpy as np

from scconcepts_app.store.columns import encode_ragged, encode_strings
from scconcepts_app.store.manifest import CellEffectsInfo, FaithfulnessInfo, SetSwapInfo
from scconcepts_app.store.schema import SET_SWAP_COLUMNS

RANKINGS = ["attribution", "differential", "random"]
# Grades of the six concepts; -1: none, because too few cells were held out.
GRADES = {"neighbours": [0, 0, 1, 3, -1, 2], "random_matched": [1, 0, 1, 2, -1, 0]}
SPEED = {"attribution": 9.0, "differential": 24.0, "random": 110.0}
REASONS = {
    0: "Nothing holds it back.",
    1: "Two halves of the donors order the genes differently (rank correlation below 0.8).",
    2: "Random genes are ordered unlike their exact swaps, and few counterfactuals are inactive.",
    3: "Replacing its first genes takes hardly more than replacing genes in random order.",
    -1: "Not graded: 6 cells could be held out, at least 20 are needed.",
}
RULE = (
    "A: its first genes take more of the drop than those of DE, in cells that it has not seen, and "
    "signs agree with exact swap. B: one of these is missing. C: better than random order only. "
    "D: not better than random order."
)
N_TOP, N_LISTED = 3, 8


def add_faithfulness(writer, n_concepts: int, n_model: int) -> None:
    """Add the cards of both attributions."""
    steps = [n for n in (1, 2, 5, 10, 20, 50) if n < n_model] + [n_model]
    for key, grades in GRADES.items():
        folder, grade = f"faithfulness/{key}", np.array(grades)
        known = grade >= 0
        quality = np.where(grade == 3, 0.1, 1.0 - 0.2 * grade)
        writer.add(f"{folder}/n_replaced", steps)
        for curve, values in _make_curves(np.array(steps), quality).items():
            values[~known] = np.nan
            writer.add(f"{folder}/{curve}", values)
        writer.add(f"{folder}/grade", grade)
        writer.add(f"{folder}/held_out", np.where(known, grade == 2, -1))
        writer.add(f"{folder}/n_cells", np.where(known, 30 + 10 * np.arange(n_concepts), 6))
        for measure, values in _make_measures(quality).items():
            writer.add(f"{folder}/{measure}", np.where(known, values, np.nan))
        reasons = [REASONS[code] for code in grades]
        writer.add_group(f"{folder}/reason", encode_strings(reasons))


def _make_curves(steps, quality):
    """Curves that end at 1; `quality` 1 falls fastest, 0 as slowly as random order."""
    curves = np.empty((len(quality), len(RANKINGS), len(steps)))
    for r, ranking in enumerate(RANKINGS):
        share = quality if ranking == "attribution" else np.full(len(quality), 1.0)
        speed = 1 / (share / SPEED[ranking] + (1 - share) / SPEED["random"])
        rise = 1 - np.exp(-steps / speed[:, None])
        curves[:, r] = rise / rise[:, -1:]
    width = 0.04 * (1 - curves)
    return {
        "deletion": curves,
        "deletion_low": curves - width,
        "deletion_high": curves + width,
        "insertion": 0.9 * curves**1.2,
        "remaining": 1 - curves,
    }


def _make_measures(quality):
    return {
        "full_drop": 1.5 + quality,
        "completeness": 0.7 + 0.25 * quality,
        "rank_top": 0.8 + 0.19 * quality,
        "sign_top": 0.9 + 0.1 * quality,
        "rank_random": 0.4 + 0.3 * quality,
        "sign_random": 0.7 + 0.1 * quality,
        "split_cells": 0.5 + 0.4 * quality,
        # One concept's cells come from too few donors to be split.
        "split_donors": np.where(np.arange(len(quality)) == 5, np.nan, 0.4 + 0.4 * quality),
        "share_top": 0.5 + 0.2 * quality,
        "match_rate": 0.9 + 0.08 * quality,
        "distance": 1.2 - 0.6 * quality,
        "in_support": 0.8 + 0.15 * quality,
        "inactive": 0.7 + 0.25 * quality,
    }


def add_cell_effects(writer, rng, activation, counts, n_model: int) -> None:
    """Add the genes of largest effect in the top cells; the fifth concept has only two cells."""
    n_concepts = activation.shape[1]
    cells = np.argsort(-activation, axis=0, kind="stable")[:N_TOP].T.copy()
    cells[4, 2:] = -1
    shape = (n_concepts, N_TOP, N_LISTED)
    gene, effect = np.full(shape, -1), np.full(shape, np.nan)
    value, other = effect.copy(), effect.copy()
    full_drop, total = np.full(cells.shape, np.nan), np.full(cells.shape, np.nan)
    for c, place in np.argwhere(cells >= 0):
        own = np.log1p(counts[cells[c, place], :n_model])
        counterfactual = np.log1p(np.full(n_model, 0.2))
        weight = np.abs(rng.normal(0, 0.02, n_model))
        weight[5 * c : 5 * c + 5] = np.linspace(0.6, 0.2, 5)
        effects = weight * (own - counterfactual)
        order = np.argsort(-np.abs(effects), kind="stable")[:N_LISTED]
        gene[c, place], effect[c, place] = order, effects[order]
        value[c, place], other[c, place] = own[order], counterfactual[order]
        total[c, place] = effects.sum()
        full_drop[c, place] = 1.05 * effects.sum()
    columns = {"cell": cells, "full_drop": full_drop, "total": total}
    columns |= {"gene": gene, "effect": effect, "value": value, "counterfactual": other}
    for name, values in columns.items():
        writer.add(f"cell_effects/neighbours/{name}", values)


def add_set_swap(writer, rng, n_concepts: int) -> None:
    """Add the swap of every gene set; each concept's own set is used and differential."""
    rows = []
    for c in range(n_concepts):
        others = np.delete(np.arange(n_concepts), c)
        effect = np.concatenate([[1.4, 0.3], rng.normal(0, 0.05, n_concepts - 2)])
        p = np.concatenate([[0.001, 0.004], np.sort(rng.uniform(0.05, 1, n_concepts - 2))])
        rows.append(
            {
                "gene_set": np.concatenate([[c], others]),
                "effect": effect,
                "share": effect / 2.5,
                "difference": [1.2, 0.4, 0.1, -0.1, -0.3, np.nan],
                "expected": np.full(n_concepts, 0.04),
                "z": (effect - 0.04) / 0.1,
                "p": p,
                "q": np.minimum(1, p * n_concepts / np.arange(1, n_concepts + 1)),
                "size": np.full(n_concepts, 5),
                "n_random": np.full(n_concepts, 999),
                "quadrant": [3, 2, 1, 0, 0, -1],
            }
        )
    writer.add_group("set_swap/neighbours", encode_ragged(rows, SET_SWAP_COLUMNS))


def describe_trust() -> dict[str, list]:
    """Return the manifest's entries for the above."""
    return {
        "faithfulness": [FaithfulnessInfo(key, RANKINGS, RULE) for key in GRADES],
        "cell_effects": [CellEffectsInfo("neighbours")],
        "set_swaps": [
            SetSwapInfo(
                "neighbours",
                "Set swap, nearest inactive cells",
                "Every gene of the set takes its counterfactual value at once.",
                "prerank_differential",
            )
        ],
    }
