"""The leading edges that the app computes from a store, beside those that the store holds.

python -m tests.benchmarks.running_sum STORE
"""

from __future__ import annotations

import sys
import time

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.rankings import list_rankings
from scconcepts_app.views.running_sum import compute_running_sum

_EVERY = 10  # rows of a test


def main(path: str) -> None:
    """Print how many leading edges are equal, and the time of one running sum."""
    store = ConceptStore.open(path)
    n_equal, n_pairs, started = 0, 0, time.perf_counter()
    for test in list_rankings(store):
        table = store.enrichment(test.key)
        for concept in range(store.n_concepts):
            first = table.span(concept).start
            for row, gene_set in list(enumerate(table.rows(concept)["gene_set"]))[::_EVERY]:
                found = compute_running_sum(store, concept, test, int(gene_set))
                held = {store.gene_symbols[g] for g in store.leading_genes(test.key, first + row)}
                n_equal += held == set(found.leading)
                n_pairs += 1
    each = 1000 * (time.perf_counter() - started) / max(1, n_pairs)
    print(f"{n_equal:,} of {n_pairs:,} leading edges equal; {each:.2f} ms a running sum")


if __name__ == "__main__":
    main(sys.argv[1])
