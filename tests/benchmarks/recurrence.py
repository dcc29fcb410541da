"""Do concepts come back, and what does it cost? Consensus of seeds 0-4 against that of seeds 5-9.

python -m tests.benchmarks.recurrence [--data kang pbmc3k synthetic]
"""

from __future__ import annotations

import argparse
from itertools import product

import numpy as np
import scipy.sparse as sp

from precompute.dictionary import (
    Dictionary,
    activation_matrix,
    explained_variance,
    find_consensus,
    partner_share,
    train_seeds,
)
from precompute.errors import InputError
from precompute.evaluation import BASELINES, best_cuts, fit_baselines, match_programmes
from tests.benchmarks.embedded import DATA, Embedded, embed
from tests.benchmarks.tables import markdown

K, EXPANSION, EPOCHS = 4, 2, 100
SHARES, CUTS = (0.4, 0.6, 0.8, 1.0), (0.5, 0.6, 0.7)
DEFAULT = (0.6, 0.6)
HEADS = (
    "",
    "units",
    "come back",
    "explained variance",
    "best F1",
    "to programmes",
    "of programmes",
)


def main() -> None:
    """Print one table and one curve for each data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    for name in parser.parse_args().data:
        cells = embed(name)
        n_cells, d_embedding = cells.embeddings.shape
        print(
            f"\n## {name}: {n_cells:,} cells, {d_embedding} dimensions, "
            f"{len(cells.groups)} groups\n"
        )
        compare(cells)


def compare(cells: Embedded) -> None:
    """Print what each way of finding units gives on the same embeddings."""
    embeddings = cells.embeddings
    n_latents = EXPANSION * embeddings.shape[1]
    seeds = train_seeds(embeddings, n_latents, K, range(10), EPOCHS)
    halves = seeds[:5], seeds[5:]
    rows = [_describe(f"single, {n_latents} latents", cells, seeds[0], seeds[5])]
    curve = []
    for share, cut in product(SHARES, CUTS):
        try:
            first, second = (find_consensus(h, embeddings, share, cut).dictionary for h in halves)
        except InputError:
            curve.append([f"{share:g}, {cut:g}", "0"] + ["-"] * 5)
            continue
        row = _describe(f"{share:g}, {cut:g}", cells, first, second)
        curve.append(row)
        if (share, cut) == DEFAULT:
            rows.append(["consensus (default)", *row[1:]])
            n_units = first.n_latents
    small = train_seeds(embeddings, n_units, min(K, n_units), (0, 5), EPOCHS)
    rows.append(_describe(f"single, {n_units} latents", cells, *small))
    rows.append(_score("neurons, all of them", cells, embeddings, None))
    for name, find in fit_baselines(embeddings, n_units):
        units = find()
        rows.append(_score(BASELINES[name][0], cells, units.values, units.rebuilt))
    print(markdown(HEADS, rows))
    print("\nConsensus by least share of seeds and cut of the linkage:\n")
    print(markdown(HEADS, curve))


def _describe(name: str, cells: Embedded, first: Dictionary, second: Dictionary) -> list[str]:
    """Return the row of a dictionary, with what comes back in another one."""
    found = [d.activate(cells.embeddings) for d in (first, second)]
    activations = [
        activation_matrix(*pair, d.n_latents)
        for pair, d in zip(found, (first, second), strict=True)
    ]
    row = _score(name, cells, activations[0].toarray(), first.reconstruct(*found[0]))
    row[2] = f"{partner_share(_living(activations[0]), activations[1]):.0%}"
    return row


def _living(activations: sp.csc_matrix) -> sp.csc_matrix:
    return activations[:, np.flatnonzero(np.diff(activations.indptr))]


def _score(name: str, cells: Embedded, units: np.ndarray, rebuilt: np.ndarray | None) -> list[str]:
    """Return a row: what the units (n_cells, n_units), of either sign, explain and stand for."""
    explained = "-" if rebuilt is None else f"{explained_variance(cells.embeddings, rebuilt):.3f}"
    codes = _codes(cells.groups, len(units))
    best = best_cuts(units, codes, len(cells.groups)).f1.mean()
    row = [name, str(units.shape[1]), "-", explained, f"{best:.3f}"]
    if cells.programmes is None:
        return [*row, "-", "-"]
    to, of = match_programmes(units, cells.programmes)
    return [*row, f"{to:.3f}", f"{of:.3f}"]


def _codes(groups: dict[str, np.ndarray], n_cells: int) -> np.ndarray:
    """Return the index of each cell's group, (n_cells,); the number of groups for none."""
    codes = np.full(n_cells, len(groups))
    for index, inside in enumerate(groups.values()):
        codes[inside] = index
    return codes


if __name__ == "__main__":
    main()
