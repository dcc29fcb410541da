"""Do concepts come back, and what does it cost? Consensus of seeds 0-4 against that of seeds 5-9.

python -m tests.benchmarks.recurrence [--data kang pbmc3k synthetic] [--models 0 1]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import NMF, PCA, FastICA

from precompute.dictionary import (
    Consensus,
    Dictionary,
    Settings,
    activation_matrix,
    choose_size,
    explained_variance,
    find_consensus,
    offer_sizes,
    partner_share,
    train_seeds,
)
from precompute.dictionary.clusters import compare_latents, stability
from precompute.errors import InputError
from tests.benchmarks.embedded import DATA, Embedded, embed
from tests.benchmarks.tables import markdown

K, EPOCHS, WIDE = 4, 100, 2
CUT = 0.6  # the default of `find_consensus`
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
    """Print one table and one curve for each data set and model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--models", nargs="+", type=int, default=[0, 1])
    warnings.simplefilter(
        "ignore"
    )  # ICA and NMF that stop before they converge: as users meet them
    asked = parser.parse_args()
    for name in asked.data:
        for model in asked.models:
            cells = embed(name, model)
            n_cells, d_embedding = cells.embeddings.shape
            print(
                f"\n## {name}, model {model}: {n_cells:,} cells, {d_embedding} dimensions, "
                f"{len(cells.groups)} groups\n"
            )
            compare(cells)


def compare(cells: Embedded) -> None:
    """Print what each way of finding units gives on the same embeddings."""
    embeddings = cells.embeddings
    wide = WIDE * embeddings.shape[1]
    size = choose_size(embeddings, Settings(wide, K, EPOCHS))
    trained = {n: train_seeds(embeddings, n, K, range(10), EPOCHS) for n in (size, wide)}
    chosen = [find_consensus(half, embeddings) for half in _halves(trained[size])]
    n_units = chosen[0].dictionary.n_latents
    small = train_seeds(embeddings, n_units, min(K, n_units), (0, 5), EPOCHS)
    broad = [find_consensus(half, embeddings).dictionary for half in _halves(trained[wide])]
    rows = [
        _describe(
            f"consensus (default, of {size} latents)", cells, *(c.dictionary for c in chosen)
        ),
        _describe(f"single, {n_units} latents", cells, *small),
        _describe(f"single, {size} latents", cells, trained[size][0], trained[size][5]),
        _describe(f"consensus of {wide} latents", cells, *broad),
        _describe(f"single, {wide} latents", cells, trained[wide][0], trained[wide][5]),
    ]
    rows += [_score(name, cells, *make(embeddings, n_units)) for name, make in BASELINES.items()]
    print(markdown(HEADS, rows))
    print(f"\n{describe_intervals(chosen, _halves(trained[size]), embeddings)}")
    print("\nConsensus by number of latents:\n")
    curve = [_curve_row(n, cells, trained.get(n)) for n in offer_sizes(wide // WIDE, K, 10**6)]
    print(markdown(("latents", *HEADS[1:]), curve))


def _halves(seeds: Sequence[Dictionary]) -> tuple[Sequence[Dictionary], Sequence[Dictionary]]:
    return seeds[:5], seeds[5:]


def _curve_row(n: int, cells: Embedded, trained: Sequence[Dictionary] | None) -> list[str]:
    seeds = trained or train_seeds(cells.embeddings, n, K, range(10), EPOCHS)
    try:
        pair = [find_consensus(half, cells.embeddings).dictionary for half in _halves(seeds)]
    except InputError:
        return [str(n), "0"] + ["-"] * 5
    return [str(n), *_describe("", cells, *pair)[1:]]


def describe_intervals(
    found: Sequence[Consensus], halves: Sequence[Sequence[Dictionary]], embeddings: np.ndarray
) -> str:
    """Return how often the stability of a concept in the other five seeds lies in its interval.

    There, its members are the latents of most similar activation and direction, whether or not
    they make a concept.
    """
    inside = total = 0
    for own, (here, there) in zip(found, (halves, halves[::-1]), strict=True):
        mixed = compare_latents([*here, *there], embeddings)
        positions = {owner: i for i, owner in enumerate(mixed.owners)}
        for concept, members in enumerate(own.members):
            mean = np.array([positions[member] for member in members])
            closeness = mixed.similarity_to(mean)
            others = np.flatnonzero(mixed.dictionary_of >= len(here))
            best = [
                others[mixed.dictionary_of[others] == d][
                    closeness[others[mixed.dictionary_of[others] == d]].argmax()
                ]
                for d in range(len(here), len(here) + len(there))
            ]
            like = np.array([latent for latent in best if closeness[latent] >= CUT])
            again = stability(like, mixed, len(there)) if len(like) > 1 else 0.0
            inside += own.stability_low[concept] <= again <= own.stability_high[concept]
            total += 1
    widths = np.concatenate([c.stability_high - c.stability_low for c in found])
    return (
        f"90 % intervals of stability: {inside} of {total} hold the stability of the concept in "
        f"the other five seeds; median width {np.median(widths):.2f}."
    )


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
