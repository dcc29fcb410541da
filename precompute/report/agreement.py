"""What gene sets on attribution find that those on differential expression do not, and back."""

from __future__ import annotations

from collections import Counter

import numpy as np

from precompute.nulls import SIGNIFICANT
from precompute.report.sources import Section, Source, missing

PAIRS = (
    ("prerank_attribution", "prerank_differential"),
    ("prerank_presence", "prerank_differential"),
    ("prerank_attribution", "prerank_matched"),
)
_MOST_NAMED = 12

Hits = set[tuple[int, int]]


def measure_agreement(source: Source) -> Section:
    """Return pairs of concept and set that both rankings find, or one of them, with names."""
    pairs = [
        _compare(source, first, second)
        for first, second in PAIRS
        if source.has_enrichment(first) and source.has_enrichment(second)
    ]
    if not pairs:
        return missing("The store has no gene sets on attribution, or none on DE.")
    return {"pairs": pairs}


def list_hits(source: Source, key: str) -> tuple[Hits, bool]:
    """Return the significant pairs of concept and set, and whether a table was cut before them.

    A store keeps the first rows of each concept; where the last one is significant too, there
    may have been more.
    """
    table, hits, cut = source.store.enrichment(key), set(), False
    n_sets = source.store.manifest.counts["n_gene_sets"]
    for concept in range(source.store.n_concepts):
        rows = table.rows(concept)
        good = (rows["q"] < SIGNIFICANT) & (rows["statistic"] > 0)
        hits |= {(concept, int(found)) for found in rows["gene_set"][good]}
        cut |= bool(0 < len(rows["q"]) < n_sets and rows["q"][-1] < SIGNIFICANT)
    return hits, cut


def _compare(source: Source, first: str, second: str) -> Section:
    (a, a_cut), (b, b_cut) = list_hits(source, first), list_hits(source, second)
    return {
        "first": first,
        "second": second,
        "both": len(a & b),
        "only_first": _describe(source, a - b, b),
        "only_second": _describe(source, b - a, a),
        "jaccard": len(a & b) / len(a | b) if a | b else None,
        "cut": a_cut or b_cut,
    }


def _describe(source: Source, own: Hits, others: Hits) -> Section:
    """Return numbers of pairs and sets, and names: first what the other finds for no concept."""
    elsewhere = {gene_set for _, gene_set in others}
    counts = Counter(gene_set for _, gene_set in own)
    ordered = sorted(counts, key=lambda found: (found in elsewhere, -counts[found], found))
    names = source.store.strings("gene_sets/name")
    return {
        "pairs": len(own),
        "concepts": len({concept for concept, _ in own}),
        "sets": len(counts),
        "sets_the_other_finds_nowhere": int(np.sum([found not in elsewhere for found in counts])),
        "named": [
            {"set": names[found], "concepts": counts[found], "found_elsewhere": found in elsewhere}
            for found in ordered[:_MOST_NAMED]
        ],
    }
