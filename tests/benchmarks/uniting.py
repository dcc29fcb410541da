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
    add_detail,
    explained_variance,
    find_consensus,
    find_parents,
    train_dictionaries,
)
from tests.benchmarks.concepts import EPOCHS, K, default_size
from tests.benchmarks.embedded import embed
from tests.benchmarks.tables import markdown

FEWEST, LARGE = 40, 64
HEADS = (
    "",
    "units",
    "all cells",
    "within a type",
    "explained variance",
    "parts",
    "parts of the response",
    "their F1",
)


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
        size = default_size(cells.embeddings)
        print(f"\n## model {model}, {len(inside)} cell types\n")
        rows = []
        for variant in VARIANTS:
            trained = {
                n: train_dictionaries(
                    cells.embeddings, Settings(n, K, EPOCHS, variant), range(5)
                ).dictionaries
                for n in (size, LARGE)
            }
            found = {n: find_consensus(seeds, cells.embeddings) for n, seeds in trained.items()}
            pair = (trained[size], trained[LARGE])
            levels = add_detail(found[size], found[LARGE], pair, cells.embeddings)
            both = {}
            for n in (size, LARGE):
                both[f"{n} latents, single"] = trained[n][:2]
                both[f"{n} latents, consensus"] = [found[n].dictionary]
            both[f"{size} latents and detail of {LARGE}"] = [levels.dictionary]
            rows += [
                [f"{variant}, {name}", *_describe(units, cells.embeddings, stimulated, inside)]
                for name, units in both.items()
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
    """Return the means over dictionaries of what their best units say of stimulation.

    The response is the unit of highest F1 for it over all cells; the F1 of its parts is for the
    stimulated cells of the cell type that fits best.
    """
    found: list[tuple[float, ...]] = []
    parts: list[float] = []
    for dictionary in dictionaries:
        pair = dictionary.activate(embeddings)
        activations = activation_matrix(*pair, dictionary.n_latents)
        units = activations.toarray()
        each = [best_f1(units[:, [unit]], stimulated) for unit in range(units.shape[1])]
        response, over_all = int(np.argmax(each)), max(each)
        within = np.mean([best_f1(units[inside], stimulated[inside]) for inside in types])
        explained = explained_variance(embeddings, dictionary.reconstruct(*pair))
        parents = find_parents(activations)
        of_response = np.flatnonzero(parents == response)
        parts += [
            max(best_f1(units[:, [part]], inside & stimulated) for inside in types)
            for part in of_response
        ]
        counts = (parents >= 0).sum(), len(of_response)
        found.append((dictionary.n_latents, over_all, within, explained, *counts))
    n, over_all, within, explained, *counts = np.mean(found, axis=0)
    return [
        f"{n:.0f}",
        f"{over_all:.2f}",
        f"{within:.2f}",
        f"{explained:.3f}",
        *(f"{count:.0f}" for count in counts),
        " ".join(f"{f1:.2f}" for f1 in sorted(parts, reverse=True)) or "-",
    ]


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
