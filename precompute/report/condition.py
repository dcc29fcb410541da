"""Concepts that carry a condition within a cell type, and the first gene set of each test."""

from __future__ import annotations

import numpy as np

from precompute.evaluation import rank_auroc
from precompute.report.names import SET_SWAP
from precompute.report.sources import Section, Source, missing

LEAST_AUROC = 0.75
_MOST_CELLS = 5000  # of a cell type
_LEAST_CELLS = 20  # on either side, within the cell type


def measure_condition(source: Source) -> Section:
    """Return the concepts that tell a condition from the others within a cell type.

    A concept carries a condition in a cell type where its activation orders a cell with it above
    one without it in three of four pairs (AUROC .75). For each the first set of every test, set
    swap included: of smallest p with a statistic (effect) above 0, significant or not. Where the
    source names a word, the first set that has it in its name too, and its place.
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
    return {
        "least_auroc": LEAST_AUROC,
        "word": source.word,
        "rows": rows,
        "without_concept": without,
    }


def _list_firsts(source: Source, concept: int) -> Section:
    store = source.store
    names = store.strings("gene_sets/name")
    tests = {
        info.key: (store.enrichment(info.key).rows(concept), "statistic")
        for info in store.manifest.enrichments
    }
    for swap in store.manifest.set_swaps:
        tests[f"{SET_SWAP}{swap.key}"] = (store.set_swap(swap.key).rows(concept), "effect")
    firsts: Section = {}
    for key, (rows, strength) in tests.items():
        above = np.flatnonzero(np.asarray(rows[strength]) > 0)
        listed = [names[number] for number in np.asarray(rows["gene_set"])[above].tolist()]
        q = np.asarray(rows["q"])[above]
        firsts[key] = {"set": listed[0], "q": q[0]} if listed else None
        having = [i for i, name in enumerate(listed) if source.word.lower() in name.lower()]
        if source.word and having:
            at = having[0]
            firsts[key]["with_word"] = {"place": at + 1, "set": listed[at], "q": q[at]}
    return firsts
