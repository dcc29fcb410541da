"""How latents of several seeds are best grouped: linkage, similarity, and the vote of each seed.

python -m tests.benchmarks.grouping [--data kang pbmc3k synthetic] [--models 0 1]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import product

import numpy as np

from precompute.dictionary import (
    Dictionary,
    Settings,
    activation_matrix,
    choose_size,
    explained_variance,
    partner_share,
    train_seeds,
)
from precompute.dictionary.clusters import (
    LivingLatents,
    best_of_each_dictionary,
    cluster_latents,
    compare_latents,
)
from precompute.dictionary.consensus import merge_members
from precompute.dictionary.voting import elect_members
from tests.benchmarks.embedded import DATA, embed
from tests.benchmarks.tables import markdown

K, EPOCHS, NEEDED, CUT = 4, 100, 4, 0.6
# Which seeds make the first half; the others make the second.
SPLITS = ((0, 1, 2, 3, 4), (0, 2, 4, 6, 8), (0, 1, 4, 5, 8))
WAYS = [
    *product(("average", "complete"), ("smaller of both", "correlation alone"), (False,)),
    ("average", "smaller of both", True),
    ("average", "correlation alone", True),
]


def main() -> None:
    """Print one table for each number of latents: rows are ways, columns data sets and models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--models", nargs="+", type=int, default=[0, 1])
    asked = parser.parse_args()
    names = list(product(asked.data, asked.models))
    cells = {name: embed(*name).embeddings for name in names}
    wide = {name: 2 * embeddings.shape[1] for name, embeddings in cells.items()}
    chosen = {n: choose_size(e, Settings(wide[n], K, EPOCHS)) for n, e in cells.items()}
    for title, sizes in (("as chosen", chosen), ("twice the dimensions", wide)):
        columns = [_column(cells[name], sizes[name]) for name in names]
        rows = [
            [linkage, similarity, "yes" if voted else "no", *(column[i] for column in columns)]
            for i, (linkage, similarity, voted) in enumerate(WAYS)
        ]
        heads = [f"{data} {model}, {sizes[data, model]} latents" for data, model in names]
        print(f"\nLatents {title}: concepts, share that comes back, explained variance\n")
        print(markdown(("linkage", "similarity", "vote", *heads), rows))


def _column(embeddings: np.ndarray, size: int) -> list[str]:
    """Return what each way gives, mean over both halves of three splits of ten seeds."""
    seeds = train_seeds(embeddings, size, K, range(10), EPOCHS)
    halves = [
        ([seeds[i] for i in split], [seeds[i] for i in range(10) if i not in split])
        for split in SPLITS
    ]
    latents = [[compare_latents(half, embeddings) for half in pair] for pair in halves]
    cells = []
    for way in WAYS:
        found = []
        for pair, known in zip(halves, latents, strict=True):
            concepts = [
                _concepts(half, own, embeddings, *way)
                for half, own in zip(pair, known, strict=True)
            ]
            if all(concepts):
                found.append(_measure(concepts, embeddings))
        n, share, explained = np.mean(found, axis=0) if found else (0, np.nan, np.nan)
        cells.append(f"{n:.0f}, {share:.0%}, {explained:.3f}")
    return cells


def _concepts(
    half: Sequence[Dictionary],
    latents: LivingLatents,
    embeddings: np.ndarray,
    linkage: str,
    similarity: str,
    voted: bool,
) -> Dictionary | None:
    if similarity == "correlation alone":
        blind = np.ones_like(latents.cosine)
        latents = LivingLatents(latents.owners, latents.covariance, blind)
    if voted:
        members = elect_members(latents, CUT, NEEDED)
    else:
        groups = cluster_latents(latents, CUT, linkage)
        best = [best_of_each_dictionary(group, latents) for group in groups]
        members = [group for group in best if len(group) >= NEEDED]
    if not members:
        return None
    owners = [[latents.owners[latent] for latent in group] for group in members]
    return merge_members(half, owners, embeddings)


def _measure(pair: Sequence[Dictionary | None], embeddings: np.ndarray) -> tuple[float, ...]:
    """Return concepts, share that comes back in either half, explained variance."""
    known = [dictionary for dictionary in pair if dictionary]
    active = [d.activate(embeddings) for d in known]
    matrices = [
        activation_matrix(*found, d.n_latents) for found, d in zip(active, known, strict=True)
    ]
    explained = [
        explained_variance(embeddings, d.reconstruct(*found))
        for found, d in zip(active, known, strict=True)
    ]
    back = partner_share(*matrices), partner_share(*matrices[::-1])
    return np.mean([d.n_latents for d in known]), np.mean(back), np.mean(explained)


if __name__ == "__main__":
    main()
