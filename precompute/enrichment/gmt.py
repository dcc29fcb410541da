"""The GMT format in its dialects: text into gene sets. What is left out is told, never guessed.

A line is a set: name, description, genes, separated by tabs. The rules beyond that:

- a weight after a gene (``CD3D,1.0``, as Enrichr writes) is dropped; other commas separate genes;
- a gene that stands twice in a set counts once;
- blank lines, and lines that begin with ``#``, are no sets;
- a set without genes is left out; a set that stands twice with the same genes is kept once;
- two sets of one name with different genes, a line without a tab or without a name are faults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from precompute.enrichment.library import GeneSet
from precompute.errors import InputError, cut

# `str.splitlines` would break names at form feeds and at U+2028 too.
_LINE_END = re.compile(r"\r\n|\r|\n")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_MOST_LISTED = 10


class Parsed(NamedTuple):
    """What a GMT text holds, and in sentences what was left out."""

    gene_sets: tuple[GeneSet, ...]
    notices: tuple[str, ...]


@dataclass
class _Tally:
    """What is met on the way through the lines."""

    faults: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    comments: int = 0
    weights: int = 0

    def notices(self) -> Iterator[str]:
        if self.empty:
            yield f"{_count(self.empty, 'set')} without genes left out: {_quote(self.empty)}."
        if self.repeated:
            told = _count(self.repeated, "set")
            yield f"{told} met again with the same genes, kept once: {_quote(self.repeated)}."
        if self.comments:
            yield f"{self.comments:,} line(s) that begin with # were taken for comments."
        if self.weights:
            yield f"{self.weights:,} weights after genes were dropped: sets have no weights here."


def parse_gmt(text: str, where: str) -> Parsed:
    """Return the gene sets of a GMT text in their order.

    Parameters
    ----------
    text : lines that end in LF, CRLF or CR.
    where : what messages call it.

    Raises
    ------
    InputError
        Lines without a tab, nameless sets, one name with different genes, or no set at all; all
        of them in one message.
    """
    tally = _Tally()
    found: dict[str, GeneSet] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), start=1):
        gene_set = _parse_line(line, number, tally)
        if gene_set is None:
            continue
        known = found.setdefault(gene_set.name, gene_set)
        first = lines.setdefault(gene_set.name, number)
        if known is gene_set:
            continue
        if set(known.genes) == set(gene_set.genes):
            tally.repeated.append(gene_set.name)
        else:
            tally.faults.append(
                f"set '{cut(gene_set.name)}' stands on lines {first} and {number} with different "
                "genes"
            )
    if not found and not tally.faults:
        tally.faults.append("holds no gene set" + (" that has genes" if tally.empty else ""))
    if tally.faults:
        raise _explain(where, tally.faults)
    return Parsed(tuple(found.values()), tuple(tally.notices()))


def format_gmt(gene_sets: tuple[GeneSet, ...]) -> str:
    """Return gene sets as a GMT text, which `parse_gmt` reads back."""
    lines = ("\t".join((s.name, s.description, *s.genes)) for s in gene_sets)
    return "".join(f"{line}\n" for line in lines)


def _parse_line(line: str, number: int, tally: _Tally) -> GeneSet | None:
    """Return the set of a line, or None where there is none; the tally says why."""
    if not line.strip():
        return None
    if line.lstrip().startswith("#"):
        tally.comments += 1
        return None
    name, tab, rest = line.partition("\t")
    name = name.strip()
    if not tab:
        tally.faults.append(f"line {number} ('{cut(name)}'): no tab in it")
        return None
    if not name:
        tally.faults.append(f"line {number}: no name before the first tab")
        return None
    description, _, fields = rest.partition("\t")
    genes = tuple(dict.fromkeys(_split_genes(fields, tally)))
    if not genes:
        tally.empty.append(name)
        return None
    return GeneSet(name, description.strip(), genes)


def _split_genes(fields: str, tally: _Tally) -> Iterator[str]:
    for entry in fields.split("\t"):
        gene, *others = (part.strip() for part in entry.split(","))
        if gene:
            yield gene
        for other in others:
            if _NUMBER.fullmatch(other):
                tally.weights += 1
            elif other:
                yield other


def _explain(where: str, faults: list[str]) -> InputError:
    shown = faults[:_MOST_LISTED] + ["…"] * (len(faults) > _MOST_LISTED)
    listed = "\n  - ".join(shown)
    return InputError(
        f"{where}: {len(faults):,} fault(s) in the GMT format:\n  - {listed}\n"
        "Expected a set a line: name, description, then genes, separated by tabs. "
        "Mend these lines, or save the table with tabs."
    )


def _count(names: list[str], word: str) -> str:
    return f"{len(names):,} {word}{'s' if len(names) > 1 else ''}"


def _quote(names: list[str]) -> str:
    shown = ", ".join(cut(name) for name in names[:3])
    return shown + (", …" if len(names) > 3 else "")
