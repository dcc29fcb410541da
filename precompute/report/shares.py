"""Concepts with a significant gene set: their share minus that of each null, and how specific."""

from __future__ import annotations

import numpy as np

from precompute.nulls import SIGNIFICANT, list_nulls
from precompute.report.sources import OLD, Section, Source, missing
from scconcepts_app.store.shares import Share, difference_interval, wilson

# Published shares of annotated units, to stand beside ours; none was held against a null.
PUBLISHED = {
    "scGPT": 0.31,
    "Geneformer": 0.52,
    "AIDO.Cell": 0.64,
    "neurons of AIDO.Cell": 0.34,
}


def measure_shares(source: Source) -> Section:
    """Return for each ranking the share of annotated concepts, and what is above each null."""
    store = source.store
    if not store.manifest.nulls:
        return missing(OLD)
    titles = {info.key: info.title for info in store.manifest.enrichments}
    rankings = []
    for info in store.manifest.nulls:
        found = store.array(f"nulls/{info.key}/found")
        share = Share(int((found > 0).sum()), len(found))
        nulls = list_nulls(
            info.kinds,
            store.array(f"nulls/{info.key}/random"),
            store.array(f"nulls/{info.key}/shuffled"),
        )
        neurons = store.optional(f"nulls/{info.key}/neurons")
        beside = None if neurons is None else Share(int((neurons > 0).sum()), len(neurons))
        rankings.append(
            {
                "key": info.key,
                "title": titles.get(info.key, info.key),
                "n_concepts": share.n,
                "share": share.value,
                "interval": wilson(share),
                "nulls": {name: _hold_against(share, null) for name, null in nulls.items()},
                "neurons": None if beside is None else _hold_against(share, beside),
                "no_shuffled_cells": info.reason,
            }
        )
    first = store.manifest.nulls[0]
    return {
        "q": first.q,
        "n_draws": first.n_draws,
        "n_shuffled_cells": first.n_cells,
        "rankings": rankings,
        "published_elsewhere": PUBLISHED,
    }


def _hold_against(share: Share, null: Share) -> Section:
    return {
        "n": null.n,
        "share": null.value,
        "difference": share.value - null.value,
        "interval": difference_interval(share, null),
    }


def measure_specificity(source: Source) -> Section:
    """Return how specific significant sets are: -log2 of their share of the model's genes, bits.

    Of the first significant set of each concept (smallest p, statistic above 0), and of all sets.
    """
    store = source.store
    universe = int(np.asarray(store.array("genes/in_model")).sum())
    sizes = np.diff(store.array("gene_sets/members/offsets"))
    if not universe or not len(sizes):
        return missing("The store has no gene sets.")
    bits = -np.log2(np.maximum(sizes, 1) / universe)
    rankings = []
    for info in store.manifest.enrichments:
        firsts = find_firsts(source, info.key)
        chosen = bits[[found for found in firsts if found >= 0]]
        rankings.append(
            {
                "key": info.key,
                "title": info.title,
                "n_concepts": len(chosen),
                "median_bits": float(np.median(chosen)) if len(chosen) else None,
                "different_sets": len({found for found in firsts if found >= 0}),
            }
        )
    return {"n_genes": universe, "median_bits_of_all": float(np.median(bits)), "rankings": rankings}


def find_firsts(source: Source, key: str) -> list[int]:
    """Return the first significant set of each concept under an enrichment, -1 for none."""
    table, firsts = source.store.enrichment(key), []
    for concept in range(source.store.n_concepts):
        rows = table.rows(concept)
        hits = np.flatnonzero((rows["q"] < SIGNIFICANT) & (rows["statistic"] > 0))
        firsts.append(int(rows["gene_set"][hits[0]]) if len(hits) else -1)
    return firsts
