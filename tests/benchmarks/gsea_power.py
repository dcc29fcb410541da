"""Planted gene sets: how many are found at 5 %, how many others, by ours and by gseapy?

    python -m tests.benchmarks.gsea_power

Rankings are standard normal. In each, one set of every size is moved up by the effect and one
moved down, so that the other genes keep their middle. All other sets have none of these genes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.gene_sets import MatchedSets
from tests.benchmarks.gsea import by_gseapy
from tests.benchmarks.tables import markdown

N_GENES, N_RANKINGS = 2000, 12
SIZES = (15, 40, 120)
EFFECTS = (0.0, 0.25, 0.5, 0.75, 1.0)
N_OTHERS = 120
TOOLS = ("ours", "gseapy, permutation", "gseapy, multilevel")


def main() -> None:
    rng = np.random.default_rng(0)
    sets, signs = plant(rng)
    rankings = [draw_rankings(rng, sets, signs * effect) for effect in EFFECTS]
    found = {tool: test_sets(tool, np.concatenate(rankings), sets) for tool in TOOLS}
    tables = {tool: (q < 0.05).reshape(len(EFFECTS), N_RANKINGS, -1) for tool, q in found.items()}
    rows = []
    for number, effect in enumerate(EFFECTS):
        for size_number, size in enumerate(SIZES):
            own = slice(2 * size_number, 2 * size_number + 2)
            shares = [tables[tool][number, :, own].mean() for tool in TOOLS]
            rows.append([f"{effect}, {size}", *(f"{share:.2f}" for share in shares)])
    n_planted = 2 * len(SIZES)
    print(f"{N_RANKINGS} rankings an effect, {n_planted} planted of {len(signs)} sets.\n")
    print(markdown(["effect, size: share found", *TOOLS], rows))
    rows = []
    for number, effect in enumerate(EFFECTS):
        told = [tell_false(tables[tool][number], 0 if effect == 0 else n_planted) for tool in TOOLS]
        rows.append([str(effect), *told])
    print("\nNot planted but found, of all found; mean false share of a ranking.\n")
    print(markdown(["effect", *TOOLS], rows))


def plant(rng: np.random.Generator) -> tuple[MatchedSets, np.ndarray]:
    """Return sets, two of each size to be planted first, with the direction of each (0: none)."""
    order = rng.permutation(N_GENES)
    planted_sizes = np.repeat(SIZES, 2)
    planted = np.split(order, np.cumsum(planted_sizes))
    sizes = rng.choice(SIZES, N_OTHERS)
    others = [rng.choice(planted[-1], size, replace=False) for size in sizes]
    members = [np.sort(genes) for genes in (*planted[:-1], *others)]
    names = [f"s{i}" for i in range(len(members))]
    sets = MatchedSets((), np.zeros(len(names), np.int64), names, [""] * len(names), members)
    return sets, np.concatenate([np.tile([1, -1], len(SIZES)), np.zeros(N_OTHERS)])


def draw_rankings(rng: np.random.Generator, sets: MatchedSets, shifts: np.ndarray) -> np.ndarray:
    values = rng.standard_normal((N_RANKINGS, N_GENES))
    for genes, shift in zip(sets.members, shifts, strict=True):
        values[:, genes] += shift
    return values


def test_sets(tool: str, rankings: np.ndarray, sets: MatchedSets) -> np.ndarray:
    """Return q of Benjamini and Hochberg within each ranking, (n_rankings, n_sets)."""
    if tool == "ours":
        p = np.array([found.p for found in BatchedPrerank(sets, N_GENES, 0).score(rankings)])
    else:
        method = tool.split(", ")[1]
        tables: list[pd.DataFrame] = [by_gseapy(row, sets, method, 1000) for row in rankings]
        p = np.array([table["NOM p-val"].fillna(1.0) for table in tables])
    return false_discovery_control(p, axis=1)


def tell_false(found: np.ndarray, n_planted: int) -> str:
    """Tell false and all discoveries of (n_rankings, n_sets), the first sets being planted."""
    false, every = found[:, n_planted:].sum(axis=1), found.sum(axis=1)
    return f"{false.sum()} / {every.sum()}; {np.mean(false / np.maximum(every, 1)):.3f}"


if __name__ == "__main__":
    main()
