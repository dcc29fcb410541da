"""A user's list of genes against the genes that drive each concept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.gene_search import find_gene
from scconcepts_app.views.genes import default_attribution
from scconcepts_app.views.statistics import false_discovery_rate, hypergeometric_tails

TOPS = (25, 50, 100, 200)
MOST_GENES = 5000
_BETWEEN = re.compile(r"[\s,;|]+")


@dataclass(frozen=True)
class GeneList:
    """What a pasted text names: genes of the store in its order, and names it does not know.

    Attributes
    ----------
    genes : indices, each once.
    outside : genes that the ranking does not hold, so that they cannot be found in it.
    """

    genes: list[int]
    unknown: list[str]
    outside: list[str]


@dataclass(frozen=True)
class ListInConcept:
    """A list of genes among the top genes of one ranking.

    Attributes
    ----------
    n_found, n_top : genes of the list among the top ones, and top genes.
    expected : hits by chance; `fold` : found / expected.
    p : chance of as many or more (hypergeometric, one-sided); `q` by Benjamini and Hochberg.
    """

    id: str
    n_found: int
    n_top: int
    expected: float
    fold: float | None
    p: float | None
    q: float | None
    found: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return {**asdict(self), "found": " ".join(self.found)}


def read_genes(store: ConceptStore, index: Mapping[str, int], text: str) -> GeneList:
    """Return the genes that a text names, parted by spaces, commas, semicolons or line ends."""
    names = list(dict.fromkeys(filter(None, _BETWEEN.split(text))))[:MOST_GENES]
    found = {name: find_gene(index, name) for name in names}
    genes = list(dict.fromkeys(gene for gene in found.values() if gene is not None))
    ranked = find_ranked_genes(store)
    return GeneList(
        genes=[gene for gene in genes if ranked[gene]],
        unknown=[name for name, gene in found.items() if gene is None],
        outside=[store.gene_symbols[gene] for gene in genes if not ranked[gene]],
    )


def name_ranking(store: ConceptStore) -> str:
    """Return in words by what the concepts' genes are ranked."""
    attribution = default_attribution(store)
    if attribution:
        return f"presence under “{attribution.title}”"
    if store.manifest.differentials:
        return f"z of differential expression, “{store.manifest.differentials[0].title}”"
    return ""


def find_ranked_genes(store: ConceptStore) -> np.ndarray:
    """Return which genes can stand in a ranking, the background, (n_genes,) bool.

    Attribution knows the genes that the model reads; differential expression those it tested.
    """
    if default_attribution(store):
        return np.asarray(store.array("genes/in_model")).astype(bool)
    known = np.zeros(store.n_genes, bool)
    if store.manifest.differentials:
        known[
            np.asarray(store.differential(store.manifest.differentials[0].key).columns["gene"])
        ] = True
    return known


def list_top_genes(store: ConceptStore, concept: int, n: int) -> np.ndarray:
    """Return the `n` genes of largest presence of a concept, fewer where fewer raise it."""
    attribution = default_attribution(store)
    if attribution:
        table, column = store.attribution(attribution.key), "presence"
    elif store.manifest.differentials:
        table, column = store.differential(store.manifest.differentials[0].key), "z"
    else:
        return np.empty(0, np.int64)
    span = table.span(concept)
    span = slice(span.start, min(span.stop, span.start + n))
    return np.asarray(table.columns["gene"][span])[np.asarray(table.columns[column][span]) > 0]


def place_list(store: ConceptStore, genes: list[int], n_top: int) -> list[ListInConcept]:
    """Return all concepts, the one that holds most of the list above chance first."""
    tops = [list_top_genes(store, concept, n_top) for concept in range(store.n_concepts)]
    rows = compare_tops(store, genes, tops, store.concept_ids, find_ranked_genes(store))
    return sorted(rows, key=lambda row: (1.0 if row.p is None else row.p, -row.n_found))


def place_in_expression(
    store: ConceptStore, genes: list[int], rows: Sequence[Sequence[Any]], n_top: int
) -> ListInConcept:
    """Return where a list stands among the genes that a set of cells expresses more.

    Parameters
    ----------
    rows : of `rank_sum.list_genes`; those with a z are the background.
    """
    by_id = {name: gene for gene, name in enumerate(store.strings("genes/id"))}
    tested = [(float(row[2]), by_id[row[1]]) for row in rows if row[2] is not None]
    background = np.zeros(store.n_genes, bool)
    background[[gene for _, gene in tested]] = True
    higher = sorted((pair for pair in tested if pair[0] > 0), reverse=True)[:n_top]
    tops = [np.array([gene for _, gene in higher], np.int64)]
    return compare_tops(store, genes, tops, ["set"], background)[0]


def compare_tops(
    store: ConceptStore,
    genes: list[int],
    tops: list[np.ndarray],
    names: list[str],
    background: np.ndarray,
) -> list[ListInConcept]:
    """Return how many genes of a list are among each of some others, and how surprising it is.

    Parameters
    ----------
    tops : indices of genes, one array a row.
    background : (n_genes,) bool; genes that both could have held.
    """
    wanted = np.zeros(store.n_genes, bool)
    wanted[genes] = True
    wanted &= background
    n_all, n_wanted = int(background.sum()), int(wanted.sum())
    hits = [top[wanted[top]] for top in tops]
    sizes, counts = (np.array([len(part) for part in parts], np.int64) for parts in (tops, hits))
    over, _ = hypergeometric_tails(counts, n_wanted, sizes, n_all)
    p = np.where((sizes > 0) & (n_wanted > 0), over, np.nan)
    q = false_discovery_rate(p)
    expected = sizes * n_wanted / max(1, n_all)
    return [
        ListInConcept(
            id=name,
            n_found=int(counts[i]),
            n_top=int(sizes[i]),
            expected=float(expected[i]),
            fold=float(counts[i] / expected[i]) if expected[i] else None,
            p=float(p[i]) if np.isfinite(p[i]) else None,
            q=float(q[i]) if np.isfinite(q[i]) else None,
            found=[store.gene_symbols[gene] for gene in hits[i]],
        )
        for i, name in enumerate(names)
    ]
