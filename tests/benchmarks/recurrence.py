"""Do concepts come back, and at what cost? Consensus of five seeds against that of five others.

python -m tests.benchmarks.recurrence [--data kang pbmc3k synthetic] [--models 0 1]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from precompute.dictionary import (
    Consensus,
    Dictionary,
    Settings,
    activation_matrix,
    add_detail,
    explained_variance,
    find_consensus,
    offer_sizes,
    partner_share,
    polish,
    train_seeds,
)
from precompute.dictionary.clusters import compare_latents, stability
from precompute.errors import InputError
from precompute.evaluation import BASELINES, best_cuts, fit_baselines, match_programmes
from tests.benchmarks.concepts import EPOCHS, WIDE, K, default_size
from tests.benchmarks.embedded import DATA, Embedded, embed
from tests.benchmarks.tables import markdown

# Which seeds make the first half; the others make the second.
SPLITS = ((0, 1, 2, 3, 4), (0, 2, 4, 6, 8), (0, 1, 4, 5, 8))
CUT = 0.6  # the default of `find_consensus`
HEADS = (
    "",
    "units",
    "come back",
    "three splits",
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
    size = default_size(embeddings)
    trained = {n: train_seeds(embeddings, n, K, range(10), EPOCHS) for n in (size, wide)}
    chosen = _consensus(trained[size], embeddings)
    n_units = chosen[0][0].dictionary.n_latents
    small = train_seeds(embeddings, n_units, min(K, n_units), (0, 5, 1, 6, 2, 7), EPOCHS)
    rows = [
        _describe(
            f"consensus (default, of {size} latents)", cells, _polished(chosen, embeddings, size)
        ),
        _describe("the same, not polished", cells, _dictionaries(chosen)),
        _describe(
            f"the default and detail of {wide} latents",
            cells,
            _detailed(trained[size], trained[wide], embeddings, size),
        ),
        _describe(f"single, {n_units} latents", cells, [small[:2], small[2:4], small[4:]]),
        _describe(f"single, {size} latents", cells, _singles(trained[size])),
        _describe(
            f"consensus of {wide} latents, not polished",
            cells,
            _dictionaries(_consensus(trained[wide], embeddings)),
        ),
        _describe(f"single, {wide} latents", cells, _singles(trained[wide])),
    ]
    rows.append(_score("neurons, all of them", cells, embeddings, None))
    for name, find in fit_baselines(embeddings, n_units):
        units = find()
        rows.append(_score(BASELINES[name][0], cells, units.values, units.rebuilt))
    print(markdown(HEADS, rows))
    print(f"\n{describe_intervals(chosen[0], _split(trained[size])[0], embeddings)}")
    print("\nConsensus by number of latents, not polished:\n")
    curve = [_curve_row(n, cells, trained.get(n)) for n in offer_sizes(wide // WIDE, K, 10**6)]
    print(markdown(("latents", *HEADS[1:]), curve))


def _split(seeds: Sequence[Dictionary]) -> list[list[list[Dictionary]]]:
    """Return both halves of ten seeds, for each split."""
    return [
        [[seeds[i] for i in first], [seeds[i] for i in range(10) if i not in first]]
        for first in SPLITS
    ]


def _consensus(seeds: Sequence[Dictionary], embeddings: np.ndarray) -> list[list[Consensus]]:
    return [[find_consensus(half, embeddings) for half in pair] for pair in _split(seeds)]


def _dictionaries(found: Sequence[Sequence[Consensus]]) -> list[list[Dictionary]]:
    return [[consensus.dictionary for consensus in pair] for pair in found]


def _polished(
    found: Sequence[Sequence[Consensus]], embeddings: np.ndarray, size: int
) -> list[list[Dictionary]]:
    settings = Settings(size, K, EPOCHS)
    return [[polish(c.dictionary, embeddings, settings) for c in pair] for pair in found]


def _detailed(
    small: Sequence[Dictionary], large: Sequence[Dictionary], embeddings: np.ndarray, size: int
) -> list[list[Dictionary]]:
    """Return the concepts of both levels, the general ones polished."""
    settings = Settings(size, K, EPOCHS)

    def both(first: list[Dictionary], second: list[Dictionary]) -> Dictionary:
        general = find_consensus(
            first, embeddings, finish=lambda d: polish(d, embeddings, settings)
        )
        fine = find_consensus(second, embeddings)
        return add_detail(general, fine, (first, second), embeddings).dictionary

    return [
        [both(first, second) for first, second in zip(few, many, strict=True)]
        for few, many in zip(_split(small), _split(large), strict=True)
    ]


def _singles(seeds: Sequence[Dictionary]) -> list[list[Dictionary]]:
    return [[seeds[i], seeds[i + 5]] for i in range(len(SPLITS))]


def _curve_row(n: int, cells: Embedded, trained: Sequence[Dictionary] | None) -> list[str]:
    seeds = trained or train_seeds(cells.embeddings, n, K, range(10), EPOCHS)
    try:
        found = _consensus(seeds, cells.embeddings)
    except InputError:
        return [str(n), "0"] + ["-"] * 6
    return [str(n), *_describe("", cells, _dictionaries(found))[1:]]


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


def _describe(name: str, cells: Embedded, pairs: Sequence[Sequence[Dictionary]]) -> list[str]:
    """Return the row of dictionaries, with what comes back in the other one of each pair.

    Numbers of units, F1 and programmes are those of the first dictionary; explained variance is
    the mean over all.
    """
    shares, explained = [], []
    for pair in pairs:
        found = [d.activate(cells.embeddings) for d in pair]
        activations = [
            _living(activation_matrix(*own, d.n_latents))
            for own, d in zip(found, pair, strict=True)
        ]
        shares.append([partner_share(*activations), partner_share(*activations[::-1])])
        explained += [
            explained_variance(cells.embeddings, d.reconstruct(*own))
            for own, d in zip(found, pair, strict=True)
        ]
    first = pairs[0][0]
    units = activation_matrix(*first.activate(cells.embeddings), first.n_latents).toarray()
    row = _score(name, cells, units, None)
    row[2:5] = f"{np.mean(shares[0]):.0%}", f"{np.mean(shares):.0%}", f"{np.mean(explained):.3f}"
    return row


def _living(activations: sp.csc_matrix) -> sp.csc_matrix:
    return activations[:, np.flatnonzero(np.diff(activations.indptr))]


def _score(name: str, cells: Embedded, units: np.ndarray, rebuilt: np.ndarray | None) -> list[str]:
    """Return a row: what the units (n_cells, n_units), of either sign, explain and stand for."""
    explained = "-" if rebuilt is None else f"{explained_variance(cells.embeddings, rebuilt):.3f}"
    codes = _codes(cells.groups, len(units))
    best = best_cuts(units, codes, len(cells.groups)).f1.mean()
    row = [name, str(units.shape[1]), "-", "-", explained, f"{best:.3f}"]
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
