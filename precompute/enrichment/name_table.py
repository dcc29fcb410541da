"""A table of other names of genes that a user gives: former symbols, or Ensembl ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from precompute.enrichment.text_file import read_text_file
from precompute.errors import InputError

_EXPECTED = "a table of names: alias, tab, symbol"
_HEADERS = ("alias", "ensembl", "gene", "previous", "prev_symbol", "id", "old")
_MOST_LISTED = 10


@dataclass(frozen=True)
class NameTable:
    """What names of genes mean.

    Attributes
    ----------
    source : name of the file.
    digest : its sha256.
    symbols : for each alias the symbols that the table gives for it.
    """

    source: str
    digest: str
    symbols: dict[str, frozenset[str]]

    @cached_property
    def _current(self) -> frozenset[str]:
        return frozenset().union(*self.symbols.values())

    def knows(self, name: str) -> bool:
        """Say whether a name stands in the table, on either side."""
        return name in self._current or name in self.symbols

    def meanings(self, name: str) -> frozenset[str]:
        """Return the symbols that a name can stand for: itself where it is one of them.

        A name without a line in the table means itself, too.
        """
        if name in self._current:
            return frozenset((name,))
        return self.symbols.get(name, frozenset((name,)))


def read_name_table(path: Path) -> NameTable:
    """Read a table with an alias (or an id) and a symbol a line, separated by a tab; gzip or not.

    Further columns are not read. A first line whose first cell says what the column is, as in
    ``ensembl_id<TAB>symbol``, is no alias.

    Raises
    ------
    InputError
        The file cannot be read, or lines have no second column.
    """
    file = read_text_file(path, _EXPECTED)
    symbols: dict[str, set[str]] = {}
    faults = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", file.text), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        alias, tab, rest = line.partition("\t")
        alias, symbol = alias.strip(), rest.partition("\t")[0].strip()
        if number == 1 and _is_header(alias, symbol):
            continue
        if not tab or not alias:
            faults.append(f"line {number} ('{line[:40]}'): no alias, tab and symbol")
        elif symbol:
            symbols.setdefault(alias, set()).add(symbol)
    if not symbols and not faults:
        faults.append("holds no alias")
    if faults:
        listed = "\n  - ".join(faults[:_MOST_LISTED] + ["…"] * (len(faults) > _MOST_LISTED))
        raise InputError(
            f"{path}: {len(faults):,} fault(s):\n  - {listed}\nExpected {_EXPECTED} a line."
        )
    return NameTable(path.name, file.digest, _freeze(symbols.items()))


def _is_header(alias: str, symbol: str) -> bool:
    return symbol.lower() in ("symbol", "gene_symbol", "gene_name", "approved_symbol", "name") or (
        alias.lower() in _HEADERS
    )


def _freeze(pairs: Iterable[tuple[str, set[str]]]) -> dict[str, frozenset[str]]:
    return {alias: frozenset(found) for alias, found in pairs}
