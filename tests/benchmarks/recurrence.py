"""Do concepts come back, and what does it cost? Consensus of seeds 0-4 against that of seeds 5-9.

python -m tests.benchmarks.recurrence [--data kang pbmc3k synthetic]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import NMF, PCA, FastICA

from precompute.dictionary import (
    Dictionary,
    activation_matrix,
    explained_variance,
    find_consensus,
    partner_share,
    train_seeds,
)
from precompute.errors import InputError
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
    warnings.simplefilter(
        "ignore"
    )  # ICA and NMF that stop before they converge: as users meet them
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
    rows += [_score(name, cells, *make(embeddings, n_units)) for name, make in BASELINES.items()]
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
    best = np.mean([_best_f1(units, inside) for inside in cells.groups.values()])
    row = [name, str(units.shape[1]), "-", explained, f"{best:.3f}"]
    if cells.programmes is None:
        return [*row, "-", "-"]
    moving = units[:, units.std(axis=0) > 0]
    n_units = moving.shape[1]
    against = np.abs(np.corrcoef(moving.T, cells.programmes.T)[:n_units, n_units:])
    return [*row, f"{against.max(axis=1).mean():.3f}", f"{against.max(axis=0).mean():.3f}"]


def _best_f1(units: np.ndarray, inside: np.ndarray) -> float:
    """Return the best F1 of a group over units, signs and thresholds; ties pass together."""
    best = 0.0
    for column in np.concatenate([units, -units], axis=1).T:
        order = np.argsort(-column, kind="stable")
        last_of_tie = np.append(np.diff(column[order]) != 0, True)
        hits = np.cumsum(inside[order])[last_of_tie]
        called = (np.arange(len(order)) + 1)[last_of_tie]
        best = max(best, float((2 * hits / (called + inside.sum())).max()))
    return best


Baseline = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray | None]]


def _fit(make: Callable[[int], Any], shift: bool = False) -> Baseline:
    def run(embeddings: np.ndarray, n_units: int) -> tuple[np.ndarray, np.ndarray]:
        lowest = embeddings.min(axis=0) if shift else 0.0
        model = make(min(n_units, embeddings.shape[1]))
        units = model.fit_transform(embeddings - lowest)
        return units, model.inverse_transform(units) + lowest

    return run


BASELINES: dict[str, Baseline] = {
    "neurons, all of them": lambda embeddings, n_units: (embeddings, None),
    "PCA": _fit(lambda n: PCA(n, random_state=0)),
    "ICA": _fit(lambda n: FastICA(n, random_state=0, whiten="unit-variance", max_iter=500)),
    "NMF, from the least of each dimension": _fit(
        lambda n: NMF(n, random_state=0, init="nndsvda", max_iter=500), shift=True
    ),
}


if __name__ == "__main__":
    main()
