"""Concepts that carry a condition within a cell type, and the first gene set of each ranking."""

from __future__ import annotations

import numpy as np

from precompute.evaluation import rank_auroc
from precompute.report.sources import Section, Source, missing

LEAST_AUROC = 0.75
_MOST_CELLS = 5000  # of a cell type
_LEAST_CELLS = 20  # on either side, within the cell type


def measure_condition(source: Source) -> Section:
    """Return the concepts that tell a condition from the others within a cell type.

    A concept carries a condition in a cell type where its activation orders a cell with it above
    one without it in three of four pairs (AUROC .75). For each the first set of every ranking:
    of smallest p with a statistic above 0, significant or not.
    """
    types, states = source.codes("cell_type"), source.codes("condition")
    if types is None or states is None:
        return missing("No columns of obs name a cell type and a condition.")
    rows: list[Section] = []
    without: list[str] = []
    for t, cell_type in enumerate(types[1]):
        cells = np.flatnonzero((types[0] == t) & (states[0] >= 0))
        cells = np.random.default_rng(0).permutation(cells)[:_MOST_CELLS]
        codes, n_states = states[0][cells], len(states[1])
        aurocs = rank_auroc(source.by_cell[cells].toarray(), codes, n_states)
        sizes = np.bincount(codes, minlength=n_states)
        for s in np.flatnonzero(np.minimum(sizes, len(cells) - sizes) >= _LEAST_CELLS):
            order = np.argsort(-aurocs[s], kind="stable")
            carriers = order[aurocs[s][order] >= LEAST_AUROC]
            if not len(carriers):
                without.append(f"{cell_type}, {states[1][s]}")
            rows += [
                {
                    "cell_type": cell_type,
                    "condition": states[1][s],
                    "concept": source.labels[concept],
                    "auroc": aurocs[s][concept],
                    "first": _list_firsts(source, int(concept)),
                }
                for concept in carriers
            ]
    return {"least_auroc": LEAST_AUROC, "rows": rows, "without_concept": without}


def _list_firsts(source: Source, concept: int) -> Section:
    names = source.store.strings("gene_sets/name")
    firsts: Section = {}
    for info in source.store.manifest.enrichments:
        rows = source.store.enrichment(info.key).rows(concept)
        above = np.flatnonzero(rows["statistic"] > 0)
        firsts[info.key] = None
        if len(above):
            first = above[0]
            firsts[info.key] = {
                "set": names[int(rows["gene_set"][first])],
                "q": float(rows["q"][first]),
            }
    return firsts
