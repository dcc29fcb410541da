"""Finds genes by what a user types or links to."""

from __future__ import annotations

from collections.abc import Mapping

from scconcepts_app.store import ConceptStore

N_OPTIONS = 50


def index_genes(store: ConceptStore) -> dict[str, int]:
    """Return gene by symbol, by id, and by either in capitals; symbols win over ids.

    Of several genes with one symbol the first is found by it, the others by their ids.
    """
    found: dict[str, int] = {}
    names = [store.gene_symbols, list(store.strings("genes/id"))]
    for fold in (str, str.upper):
        for column in names:
            for gene, name in enumerate(column):
                found.setdefault(fold(name), gene)
    return found


def find_gene(index: Mapping[str, int], name: str) -> int | None:
    """Return the gene of a symbol or id, written as in the store or in any case; None if none."""
    return index.get(name, index.get(name.upper()))


def search_genes(store: ConceptStore, text: str, n: int = N_OPTIONS) -> list[str]:
    """Return at most `n` symbols for a text: equal first, then beginning, then containing it."""
    wanted = text.strip().upper()
    if not wanted:
        return sorted(set(store.gene_symbols))[:n]
    hits = {symbol for symbol in store.gene_symbols if wanted in symbol.upper()}
    return sorted(hits, key=lambda s: (not s.upper().startswith(wanted), len(s), s))[:n]
