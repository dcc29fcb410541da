"""Does one concept hold the interferon response of all cells, or one in each cell type?

python -m tests.benchmarks.uniting [--models 0 1]
"""

from __future__ import annotations

import argparse

import numpy as np

from precompute.dictionary import (
    VARIANTS,
    Dictionary,
    Settings,
    activation_matrix,
    choose_size,
    explained_variance,
    find_consensus,
    find_parents,
    train_dictionaries,
)
from tests.benchmarks.embedded import embed
from tests.benchmarks.tables import markdown

K, EPOCHS, FEWEST = 4, 100, 40
HEADS = ("", "units", "all cells", "within a type", "explained variance", "parts")


def main() -> None:
    """Print one table for each model of Kang's cells."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", type=int, default=[0, 1])
    for model in parser.parse_args().models:
        cells = embed("kang", model)
        stimulated = _union(cells.groups, "stim")
        types = sorted({name.rpartition(", ")[0] for name in cells.groups})
        inside = [_union(cells.groups, f"{name}, ") for name in types]
        inside = [cells_of for cells_of in inside if cells_of.sum() >= FEWEST]
        size = choose_size(cells.embeddings, Settings(64, K, EPOCHS))
        print(f"\n## model {model}, {len(inside)} cell types\n")
        rows = []
        for variant in VARIANTS:
            for n_latents in (size, 64):
                settings = Settings(n_latents, K, EPOCHS, variant)
                seeds = train_dictionaries(cells.embeddings, settings, range(5)).dictionaries
                both = {
                    "single": seeds[:2],
                    "consensus": [find_consensus(seeds, cells.embeddings).dictionary],
                }
                rows += [
                    [f"{variant}, {n_latents} latents, {name}"]
                    + _describe(found, cells.embeddings, stimulated, inside)
                    for name, found in both.items()
                ]
        print(markdown(HEADS, rows))


def _union(groups: dict[str, np.ndarray], word: str) -> np.ndarray:
    return np.any([inside for name, inside in groups.items() if word in name], axis=0)


def _describe(
    dictionaries: list[Dictionary],
    embeddings: np.ndarray,
    stimulated: np.ndarray,
    types: list[np.ndarray],
) -> list[str]:
    """Return the means over dictionaries of what their best units say of stimulation."""
    found = []
    for dictionary in dictionaries:
        pair = dictionary.activate(embeddings)
        activations = activation_matrix(*pair, dictionary.n_latents)
        units = activations.toarray()
        over_all = best_f1(units, stimulated)
        within = np.mean([best_f1(units[inside], stimulated[inside]) for inside in types])
        explained = explained_variance(embeddings, dictionary.reconstruct(*pair))
        parts = (find_parents(activations) >= 0).sum()
        found.append((dictionary.n_latents, over_all, within, explained, parts))
    n, over_all, within, explained, parts = np.mean(found, axis=0)
    return [f"{n:.0f}", f"{over_all:.2f}", f"{within:.2f}", f"{explained:.3f}", f"{parts:.0f}"]


def best_f1(units: np.ndarray, wanted: np.ndarray) -> float:
    """Return the best F1 over units and thresholds above 0: among cells that activate a unit.

    Calling every cell would give .67 where half of them are wanted; here it does not count.
    """
    best = 0.0
    for column in units.T:
        order = np.argsort(-column, kind="stable")
        last_of_tie = np.append(np.diff(column[order]) != 0, True) & (column[order] > 0)
        if last_of_tie.any():
            hits = np.cumsum(wanted[order])[last_of_tie]
            called = (np.arange(len(order)) + 1)[last_of_tie]
            best = max(best, float((2 * hits / (called + wanted.sum())).max()))
    return best


if __name__ == "__main__":
    main()
