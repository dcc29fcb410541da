"""Finds genes by what a user types or links to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.aliases import official_symbol
from scconcepts_app.views.concepts import ConceptRow

N_OPTIONS = 50
N_SUGGESTED = 8
# Longer than any symbol or id; what is longer was not meant as one.
_MOST_CHARACTERS = 40


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


def split_genes(index: Mapping[str, int], text: str, most: int) -> tuple[list[int], list[str]]:
    """Return the genes of a list such as ``CD3D,CD3E``, and the names that are none.

    Each gene once, in order, at most `most` of them; a name that holds a comma is found, too.
    """
    whole = find_gene(index, text.strip())
    if whole is not None:
        return [whole], []
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))[:most]
    found = {name: find_gene(index, name) for name in names}
    genes = list(dict.fromkeys(gene for gene in found.values() if gene is not None))
    return genes, [name for name, gene in found.items() if gene is None]


def suggest_genes(store: ConceptStore, text: str, n: int = N_SUGGESTED) -> list[str]:
    """Return symbols that a name without gene may stand for: other names, parts, misspellings."""
    wanted = text.strip()[:_MOST_CHARACTERS]
    if not wanted:
        return []
    symbols = set(store.gene_symbols)
    official = official_symbol(wanted)
    found = [official] if official in symbols else []
    found += search_genes(store, wanted, n)
    if len(found) < n:
        capitals = {symbol.upper(): symbol for symbol in sorted(symbols)}
        close = get_close_matches(wanted.upper(), capitals, n, cutoff=0.7)
        found += [capitals[name] for name in close]
    return list(dict.fromkeys(str(symbol) for symbol in found))[:n]


def list_leading_genes(rows: list[ConceptRow], n: int = N_SUGGESTED) -> list[str]:
    """Return the genes that are among the first of most concepts: somewhere to begin."""
    counted = Counter(gene for row in rows for gene in row.genes)
    return [gene for gene, _ in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:n]]
