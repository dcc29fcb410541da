"""Differential expression of a concept as a volcano, the first genes of attribution marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.spread import clip_folds, pick_extreme, spread, top_of
from scconcepts_app.views.statistics import SIGNIFICANT_Q

N_MARKED = 20
N_DRAWN = 4000
_HEADROOM = 1.06


@dataclass(frozen=True)
class VolcanoPoint:
    """One gene.

    Attributes
    ----------
    x, height : where it is drawn: log2 fold change and -log10 q, drawn in where `is_clipped`.
    is_clipped : ``up`` where q is 0, smaller than a number can say; ``left`` or ``right`` where
        the fold change is beyond 2 to the 10; else "".
    mark : ``presence`` or ``absence`` for the first genes of attribution, else "".
    """

    symbol: str
    log_fold_change: float
    q: float
    x: float
    height: float
    is_clipped: str
    mark: str


@dataclass(frozen=True)
class Volcano:
    """All genes that were tested, and how many of them differ."""

    points: list[VolcanoPoint]
    n_genes: int
    n_significant: int
    n_zero: int
    n_far: int
    limit: float


def list_volcano(
    store: ConceptStore, concept: int, differential: str, attribution: str | None
) -> Volcano:
    """Return the genes of a comparison that have a fold change and a q.

    Raises
    ------
    KeyError
        The store has no such comparison or attribution.
    """
    tests = store.differential(differential).rows(concept)
    fold, q = (spread(tests, name, store.n_genes) for name in ("log_fold_change", "q"))
    genes = np.flatnonzero(np.isfinite(fold) & np.isfinite(q))
    fold, q = fold[genes], q[genes]
    zero = q <= 0
    height = -np.log10(np.where(zero, 1.0, q))
    limit = _HEADROOM * max(float(height.max(initial=0.0)), -np.log10(SIGNIFICANT_Q))
    height[zero] = limit
    x, far = clip_folds(fold)
    sides = np.where(zero, "up", np.where(far, np.where(fold < 0, "left", "right"), ""))
    marks = _mark_genes(store, concept, attribution)
    drawn = pick_extreme(x, height, N_DRAWN)
    return Volcano(
        points=[
            VolcanoPoint(
                symbol=store.gene_symbols[genes[i]],
                log_fold_change=float(fold[i]),
                q=float(q[i]),
                x=float(x[i]),
                height=float(height[i]),
                is_clipped=str(sides[i]),
                mark=marks.get(int(genes[i]), ""),
            )
            for i in drawn
        ],
        n_genes=len(genes),
        n_significant=int((q <= SIGNIFICANT_Q).sum()),
        n_zero=int(zero.sum()),
        n_far=int(far.sum()),
        limit=float(limit),
    )


def _mark_genes(store: ConceptStore, concept: int, attribution: str | None) -> dict[int, str]:
    """Return the first genes by presence and by absence."""
    if attribution is None:
        return {}
    rows = store.attribution(attribution).rows(concept)
    return {
        int(gene): side
        for side in ("absence", "presence")
        for gene in rows["gene"][top_of(np.asarray(rows[side], dtype=float), N_MARKED)]
    }
