"""One search over everything a reader may name: concepts, genes, gene sets, cell categories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.aliases import find_alias, index_aliases, official_symbol
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.pathways import shorten_set_name

MOST_TEXT = 100
_MOST = {"gene": 5, "concept": 7, "set": 6, "category": 5}


@dataclass(frozen=True)
class Hit:
    """What was found.

    Attributes
    ----------
    kind : ``gene``, ``concept``, ``set`` or ``category``.
    key : symbol, concept id, name of the set, or ``COLUMN:CATEGORY``.
    words : its name for the reader; `detail` says why it was found, or more about it.
    """

    kind: str
    key: str
    words: str
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class SearchIndex:
    """What is searched in a store beside its concepts, whose labels change.

    Attributes
    ----------
    genes : (name in capitals, symbol, is an id) of each gene, by symbol and by id.
    aliases : see `views.aliases`.
    sets : (name in capitals, name) of each gene set.
    categories : (name in capitals, column key, column name, category).
    """

    genes: list[tuple[str, str, bool]]
    aliases: dict[str, str]
    sets: list[tuple[str, str]]
    categories: list[tuple[str, str, str, str]]


def index_search(store: ConceptStore) -> SearchIndex:
    """Return what is searched in a store."""
    symbols = store.gene_symbols
    genes = [(symbol.upper(), symbol, False) for symbol in symbols]
    ids = store.strings("genes/id")
    genes += [(name.upper(), symbol, True) for name, symbol in zip(ids, symbols, strict=True)]
    return SearchIndex(
        genes=genes,
        aliases=index_aliases(symbols),
        sets=[(name.upper(), name) for name in dict.fromkeys(store.strings("gene_sets/name"))],
        categories=[
            (category.upper(), column.key, column.name, category)
            for column in store.manifest.obs
            if column.kind == "categorical"
            for category in column.categories
        ],
    )


def search_store(index: SearchIndex, rows: Iterable[ConceptRow], text: str) -> list[Hit]:
    """Return what a text may mean, genes first where it names one exactly.

    Parameters
    ----------
    rows : of all concepts, with experts' labels in place, and their first genes in `search`.
    """
    wanted = text.strip()[:MOST_TEXT].upper()
    if not wanted:
        return []
    genes, is_exact = _find_genes(index, wanted)
    concepts = _find_concepts(rows, wanted, genes[0].key if is_exact else wanted)
    return [
        *(genes if is_exact else []),
        *concepts,
        *([] if is_exact else genes),
        *_find_sets(index, wanted),
        *_find_categories(index, wanted),
    ]


def explain_nothing(text: str) -> str:
    """Return in words why a text may have found nothing."""
    symbol = official_symbol(text)
    if symbol and symbol != text.strip().upper():
        return f"{text.strip()} is the gene {symbol}, which this store does not hold."
    if symbol:
        return f"{symbol} is a gene that this store does not hold."
    return "Nothing found: no gene, label, gene set or category is called so."


def _rank(name: str, wanted: str) -> int | None:
    """Return 0 for the same name, then beginning, a word of it, containing it; None for not."""
    at = name.find(wanted)
    if at < 0:
        return None
    if at == 0:
        return 0 if name == wanted else 1
    return 3 if name[at - 1].isalnum() else 2


def _find_genes(index: SearchIndex, wanted: str) -> tuple[list[Hit], bool]:
    alias = find_alias(index.aliases, wanted)
    found: dict[str, tuple[int, str]] = {}
    for name, symbol, is_id in index.genes:
        rank = _rank(name, wanted)
        # Every Ensembl id contains short numbers: ids are found by their beginning only.
        if rank is None or (is_id and rank > 1):
            continue
        detail = f"id {name}" if is_id else "gene"
        if symbol not in found or rank < found[symbol][0]:
            found[symbol] = (rank, detail)
    if alias:
        found[alias] = (-1, f"gene, also called {wanted}")
    order = sorted(found, key=lambda symbol: (found[symbol][0], len(symbol), symbol))
    hits = [Hit("gene", s, s, found[s][1]) for s in order[: _MOST["gene"]]]
    return hits, bool(order) and found[order[0]][0] <= 0


def _find_concepts(rows: Iterable[ConceptRow], wanted: str, gene: str) -> list[Hit]:
    """Return concepts by id and label, then those that have `gene` among their first genes."""
    found: list[tuple[int, int, Hit]] = []
    word = f" {gene.upper()} "
    for position, row in enumerate(rows):
        ranks = [_rank(name.upper(), wanted) for name in (row.id, row.label, row.proposed)]
        known = [rank for rank in ranks if rank is not None]
        if known:
            rank, detail = min(known), " ".join(row.genes)
        elif word in f" {row.search.upper()} ":
            rank, detail = 4, f"{gene} is among its first genes"
        else:
            continue
        found.append((rank, position, Hit("concept", row.id, row.label, detail)))
    found.sort(key=lambda item: item[:2])
    return [hit for *_, hit in found[: _MOST["concept"]]]


def _find_sets(index: SearchIndex, wanted: str) -> list[Hit]:
    spelled = wanted.replace(" ", "_")
    found = []
    for folded, name in index.sets:
        ranks = [_rank(folded, wanted), _rank(folded, spelled)]
        known = [rank for rank in ranks if rank is not None]
        if known:
            found.append(
                (min(known), len(name), Hit("set", name, shorten_set_name(name), "gene set"))
            )
    found.sort(key=lambda item: item[:2])
    return [hit for *_, hit in found[: _MOST["set"]]]


def _find_categories(index: SearchIndex, wanted: str) -> list[Hit]:
    found = []
    for folded, key, column, category in index.categories:
        rank = _rank(folded, wanted)
        if rank is not None:
            hit = Hit("category", f"{key}:{category}", category, column)
            found.append((rank, len(category), hit))
    found.sort(key=lambda item: item[:2])
    return [hit for *_, hit in found[: _MOST["category"]]]
