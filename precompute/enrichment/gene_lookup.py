"""Finds the gene that a name of a gene set stands for: exactly, by id, or by a given table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from precompute.enrichment.name_table import NameTable

# How a name was found, and the words for it.
HOWS = {
    "symbol": "by symbol",
    "id": "by id",
    "unversioned": "by Ensembl id without its version",
    "table": "through the table of names",
}
_VERSIONED = re.compile(r"(ENS[A-Z]*G\d{11})\.\d+")


class GeneLookup:
    """The background genes by all their names.

    A name is looked for among the symbols, then among the ids, then as an Ensembl id without its
    version, then through `table`, in which both sides may be the former name. Nothing is matched
    in other letters, and a name that can mean several genes means none.

    Parameters
    ----------
    symbols : of the background genes, unique.
    ids : stable identifiers of the same genes, where they have any.
    table : what other names mean, or None.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        ids: Sequence[str] | None = None,
        table: NameTable | None = None,
    ) -> None:
        self.symbols = list(symbols)
        self.ids = list(symbols if ids is None else ids)
        self._table = table
        self._by_symbol = {name: i for i, name in enumerate(self.symbols)}
        self._by_id = {name: i for i, name in enumerate(self.ids)}
        self._bare = _index_all((strip_version(name), i) for i, name in enumerate(self.ids))
        self._meanings = [self._meaning(table, i) for i in range(self.n_genes)] if table else []
        self._by_meaning = _index_all((name, i) for i, name in enumerate(self._meanings) if name)
        self._known: dict[str, tuple[int, str]] = {}

    @property
    def n_genes(self) -> int:
        """Number of background genes."""
        return len(self.symbols)

    def find(self, name: str) -> int:
        """Return the index of the gene that `name` stands for, -1 for none or for several."""
        return self._look_up(name)[0]

    def how(self, name: str) -> str:
        """Return how `find` knows a name: one of `HOWS`, ``ambiguous`` or ``unknown``."""
        return self._look_up(name)[1]

    def find_all(self, names: Iterable[str]) -> np.ndarray:
        """Return the indices of the genes that names stand for, ascending, each once."""
        found = {self.find(name) for name in names} - {-1}
        return np.array(sorted(found), np.int64)

    def _look_up(self, name: str) -> tuple[int, str]:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._search(name)
        return known

    def _search(self, name: str) -> tuple[int, str]:
        if name in self._by_symbol:
            return self._by_symbol[name], "symbol"
        if name in self._by_id:
            return self._by_id[name], "id"
        bare = self._bare.get(strip_version(name), [])
        if bare:
            return (bare[0], "unversioned") if len(bare) == 1 else (-1, "ambiguous")
        if self._table is None:
            return -1, "unknown"
        meanings = self._table.meanings(strip_version(name))
        if len(meanings) > 1:
            # Only where one of them is a gene of the data is anything lost by not choosing.
            known = any(m in self._by_symbol or m in self._by_meaning for m in meanings)
            return -1, "ambiguous" if known else "unknown"
        return self._find_meaning(next(iter(meanings)))

    def _find_meaning(self, meaning: str) -> tuple[int, str]:
        gene = self._by_symbol.get(meaning, -1)
        if gene >= 0 and self._meanings[gene] in ("", meaning):
            return gene, "table"
        found = self._by_meaning.get(meaning, [])
        if len(found) == 1:
            return found[0], "table"
        return -1, "ambiguous" if found else "unknown"

    def _meaning(self, table: NameTable, gene: int) -> str:
        """Return what the table calls a background gene, empty where it does not know or tell.

        By its id where the table has it: a symbol may have passed to another gene since.
        """
        for name in (strip_version(self.ids[gene]), strip_version(self.symbols[gene])):
            meanings = table.meanings(name)
            if table.knows(name) and len(meanings) == 1:
                return next(iter(meanings))
        return ""


def strip_version(name: str) -> str:
    """Return an Ensembl gene id without its version (``.12``); other names as they are."""
    found = _VERSIONED.fullmatch(name)
    return found[1] if found else name


def _index_all(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for name, index in pairs:
        found.setdefault(name, []).append(index)
    return found
