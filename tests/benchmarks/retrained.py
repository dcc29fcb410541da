"""Do concepts come back when the model is trained anew, beside when only the dictionary is?

    python -m tests.benchmarks.retrained [--data kang] [--models 0 1 2]

Each model gives two sets of consensus concepts, from dictionary seeds 0-4 and from 5-9. The sets
are compared within a model (other dictionary seeds) and between models (other weights and other
embeddings of the same cells and genes): by activation over cells, and by what the genes do to the
concept. Mean over pairs of sets, and their range.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import scipy.sparse as sp
from scipy.stats import rankdata

from precompute.attribution import attribute
from precompute.dictionary import (
    Dictionary,
    activation_correlation,
    activation_matrix,
)
from precompute.run import Run
from tests.benchmarks.concepts import default_concepts, default_size
from tests.benchmarks.embedded import open_embedded
from tests.benchmarks.tables import markdown

FAMILIES = (range(5), range(5, 10))
PARTNER = 0.7
STABLE = 0.8
MEASURES = {
    "units": ("concepts or latents", "{:.0f}"),
    "back": ("come back: correlation of activations >= .7", "{:.0%}"),
    "stable": ("with stability >= .8", "{:.0f}"),
    "stable back": ("of those come back", "{:.0%}"),
    "correlation": ("mean best correlation of activations", "{:.2f}"),
    "cosine": ("cosine of gene effects, partners", "{:.2f}"),
    "cosine of others": ("cosine of gene effects, all other pairs", "{:.2f}"),
    "spearman": ("Spearman of gene effects, partners", "{:.2f}"),
    "spearman of others": ("Spearman of gene effects, all other pairs", "{:.2f}"),
    "first": ("partner has the highest cosine of all", "{:.0%}"),
}


@dataclass(frozen=True, eq=False)
class Units:
    """Latents or concepts of one dictionary.

    Attributes
    ----------
    activations : (n_cells, n_units), without dead units.
    stability : (n_units,), or empty for latents.
    effects : (n_units, n_genes), NaN for units without attribution; None where not computed.
    """

    activations: sp.csc_matrix
    stability: np.ndarray
    effects: np.ndarray | None = None


def main() -> None:
    """Print the table of each data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=("kang", "pbmc3k"), default=["kang"])
    parser.add_argument("--models", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    for data in options.data:
        concepts, latents = [], []
        for model in options.models:
            run = open_embedded(data, model)
            found = describe(run)
            concepts.append(found[0])
            latents.append(found[1])
        print(f"\n## {data}, {len(options.models)} models\n")
        print(table(columns("latents of one seed", latents) | columns("concepts", concepts)))


def describe(run: Run) -> tuple[list[Units], list[Units]]:
    """Return the concepts of both families of seeds, and the latents of the first seed of each."""
    size = default_size(run.embeddings)
    concepts, latents = [], []
    for family in FAMILIES:
        consensus, trained = default_concepts(run.embeddings, size, family)
        found = consensus.dictionary
        pair = found.activate(run.embeddings)
        effects = attribute(
            run.model,
            found,
            run.cells.model_counts(),
            run.cells.library_size,
            run.embeddings,
            *pair,
            donors=run.donors,
            covariates=run.covariates,
            n_verify=0,
            with_null=False,
        ).effect
        activations = activation_matrix(*pair, found.n_latents)
        concepts.append(Units(activations, consensus.stability, effects))
        latents.append(_living(trained[0], run.embeddings))
    return concepts, latents


def _living(dictionary: Dictionary, embeddings: np.ndarray) -> Units:
    activations = activation_matrix(*dictionary.activate(embeddings), dictionary.n_latents)
    return Units(activations[:, np.flatnonzero(np.diff(activations.indptr))], np.empty(0))


def columns(name: str, models: Sequence[list[Units]]) -> dict[str, list[dict[str, float]]]:
    """Return the comparisons with other dictionary seeds, and those with other models.

    Parameters
    ----------
    models : for each the units of two families of seeds.
    """
    within = [compare(*pair) for units in models for pair in permutations(units, 2)]
    between = [compare(one[0], other[0]) for one, other in permutations(models, 2)]
    return {f"{name}, other dictionary seeds": within, f"{name}, other models": between}


def table(found: dict[str, list[dict[str, float]]]) -> str:
    """Return the measures as markdown, a column for each kind of comparison."""
    rows = [
        [
            words,
            *(_spread([pair.get(key, np.nan) for pair in pairs], form) for pairs in found.values()),
        ]
        for key, (words, form) in MEASURES.items()
    ]
    return markdown(["", *found], rows)


def compare(left: Units, right: Units) -> dict[str, float]:
    """Return how far units of `left` come back in `right`, means over units.

    Partners by gene effects are those by activation: of the pairs with a correlation of at least
    .7, the cosine and rank correlation of their effects over all genes, beside the mean over all
    other pairs; and the share whose partner has the highest cosine of all units of `right`.
    """
    correlation = activation_correlation(left.activations, right.activations)
    best, partner = correlation.max(axis=1), correlation.argmax(axis=1)
    back = best >= PARTNER
    found = {"units": len(best), "back": back.mean(), "correlation": best.mean()}
    if len(left.stability):
        stable = left.stability >= STABLE
        found |= {"stable": stable.sum(), "stable back": back[stable].mean()}
    if left.effects is None or right.effects is None:
        return found
    for name, transform in (("cosine", lambda e: e), ("spearman", _ranks)):
        likeness = _unit(transform(left.effects)) @ _unit(transform(right.effects)).T
        mine = likeness[np.arange(len(best)), partner]
        others = likeness.copy()
        others[np.arange(len(best)), partner] = np.nan
        found[name] = np.nanmean(mine[back])
        found[f"{name} of others"] = np.nanmean(others)
        if name == "cosine":
            known = back & np.isfinite(mine)
            found["first"] = (np.nanmax(likeness[known], axis=1) == mine[known]).mean()
    return found


def _ranks(effects: np.ndarray) -> np.ndarray:
    """Return centred ranks of the genes of each unit; NaN where a unit has none."""
    ranks = rankdata(effects, axis=1) - (effects.shape[1] + 1) / 2
    return np.where(np.isfinite(effects).all(axis=1, keepdims=True), ranks, np.nan)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _spread(values: Sequence[float], form: str) -> str:
    """Return mean and range over pairs of sets."""
    known = np.array(values)[np.isfinite(values)]
    if not len(known):
        return "-"
    mean, low, high = (form.format(value) for value in (known.mean(), known.min(), known.max()))
    return f"{mean} ({low} to {high})"


if __name__ == "__main__":
    main()
