"""What gene sets are tested on: rankings of genes, and how a concept's genes become some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from precompute.enrichment.gene_sets import MatchedSets

# Ranking by DE -> key of the differential expression whose z it is.
DIFFERENTIAL_RANKINGS = {"differential": "inactive", "matched": "matched"}
EFFECT_RANKINGS = ("attribution", "presence", "absence")


@dataclass(frozen=True)
class Rankings:
    """Rankings of the same genes.

    Attributes
    ----------
    genes : (n_genes,) symbols.
    names : of each ranking.
    blocks : arrays (n_rows, n_genes) that hold all rankings in their order; NaN where a gene has
        no value, high is the top.
    ids : (n_genes,) stable identifiers, or None.
    sets : gene sets that come with the rankings, or None.
    seed : random numbers of an earlier test of the same rankings began with it.
    """

    genes: Sequence[str]
    names: Sequence[str]
    blocks: Iterable[np.ndarray]
    ids: Sequence[str] | None = None
    sets: MatchedSets | None = None
    seed: int = 0


def make_rankings(
    effects: dict[str, np.ndarray], differential: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the rankings of concepts by name, each (n_concepts, n_genes).

    Parameters
    ----------
    effects : presence and absence; nothing without a model.
    differential : z of DE by the name of its ranking.
    """
    rankings = {}
    if effects:
        rankings["attribution"] = direct_effects(effects["presence"], effects["absence"])
        rankings |= {part: shrink_tails(matrix) for part, matrix in effects.items()}
    return rankings | differential


def direct_effects(presence: np.ndarray, absence: np.ndarray) -> np.ndarray:
    """Return the ranking for GSEA: high where expression of the gene raises the concept.

    A gene whose absence raises the concept stands at the bottom, as expressing it lowers the
    concept. So resting cells, driven by the absence of interferon genes, do not come out as an
    interferon response, and no gene is left at 0 in the middle.
    """
    return shrink_tails(presence - absence)


def shrink_tails(effects: np.ndarray) -> np.ndarray:
    """Return the signed square root, for GSEA with weight 0.5.

    Effects have heavy tails, and with weight 1 a few genes carry the statistic.
    """
    return np.sign(effects) * np.sqrt(np.abs(effects))
