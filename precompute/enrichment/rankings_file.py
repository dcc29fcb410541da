"""Reads rankings that people made: a table of text, genes down, rankings across."""

from __future__ import annotations

import csv
import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import isfinite, nan
from pathlib import Path

import numpy as np

from precompute.enrichment.rankings import Rankings
from precompute.enrichment.text_file import read_text_file
from precompute.errors import InputError, cut, fault

log = logging.getLogger("precompute")

_EXPECTED = "a CSV table: genes in the first column and a ranking in each other"
_BLANK = ("", "na", "nan")
_MOST_LISTED = 10
_MOST_CHARACTERS = 2**31 - 1  # of a field; more does not fit a long everywhere
# A line with its end; `str.splitlines` would break names at form feeds and at U+2028 too.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
# Before or behind a decimal comma.
_HALF = re.compile(r"\s*[+-]?\d+(e[+-]?\d+)?\s*", re.IGNORECASE)
# What may stand between fields instead of commas -> its name.
_OTHER_MARKS = {";": "semicolons", "|": "bars", " ": "spaces"}


@dataclass
class _Tally:
    """Faults: how many, and the first of them in words."""

    count: int = 0
    shown: list[str] = field(default_factory=list)
    decimal_commas: bool = False

    def add(self, told: str) -> None:
        self.count += 1
        if self.count <= _MOST_LISTED:
            self.shown.append(told)
        elif self.count == _MOST_LISTED + 1:
            self.shown.append("…")


@dataclass
class _Table:
    """What is read line by line.

    Attributes
    ----------
    genes, rows : of the lines that have as many fields as the header: gene, numbers.
    widths : how many lines have how many fields.
    misfit : fields of a line that has others than the header.
    """

    header: list[str]
    genes: list[str] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    widths: Counter[int] = field(default_factory=Counter)
    misfit: list[str] = field(default_factory=list)


def read_rankings(path: Path) -> Rankings:
    """Read rankings as columns over genes; a cell that is empty, NA or NaN is NaN.

    Commas or tabs separate the fields; plain or gzip, whatever the name says.

    Raises
    ------
    InputError
        Unreadable file, no column, a gene without a name or twice, a cell that is no number; all
        that is wrong is counted, and the first is named.
    """
    file = read_text_file(path, _EXPECTED)
    for notice in file.notices:
        log.info("note: %s: %s", path.name, notice)
    tally = _Tally()
    with _long_fields():
        table = _read_table(file.text, _find_separator(file.text, path), tally)
    _check_layout(table, path)
    _check_names(table, tally)
    if tally.count:
        listed = "\n  - ".join(tally.shown)
        raise InputError(
            f"{path}: {tally.count:,} fault(s):\n  - {listed}\n"
            "Expected each gene once, in the first column, and a finite number or nothing in the "
            "others. Mend these places."
            + (" Decimals stand behind a point, not a comma." if tally.decimal_commas else "")
        )
    values = np.stack(table.rows, axis=1)
    n_blank = int(np.isnan(values).sum())
    if n_blank:
        log.warning(
            "%s: %s of %s cells are empty and were taken as 0",
            path.name,
            f"{n_blank:,}",
            f"{values.size:,}",
        )
    return Rankings(table.genes, table.header[1:], [values])


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let a field be longer than the 131,072 characters that Python's reader stops at."""
    usual = csv.field_size_limit(_MOST_CHARACTERS)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _find_separator(text: str, path: Path) -> str:
    """Return the tab where the header has tabs and no commas, or tabs are what the name says."""
    first = next((found[0] for found in _LINE.finditer(text) if found[0].strip()), "")
    named = bool({".tsv", ".tab", ".txt"} & set(path.suffixes))
    return "\t" if "\t" in first and (named or "," not in first) else ","


def _read_table(text: str, separator: str, tally: _Tally) -> _Table:
    lines = csv.reader((found[0] for found in _LINE.finditer(text)), delimiter=separator)
    filled = (line for line in lines if "".join(line).strip() or len(line) > 1)
    table = _Table([name.strip() for name in next(filled, [])])
    for line in filled:
        table.widths[len(line)] += 1
        if len(line) != len(table.header):
            told = f"{len(line)} field(s), not the {len(table.header)} of the header"
            tally.add(f"line {lines.line_num}: {told}")
            table.misfit = line
            continue
        gene, *cells = line
        table.genes.append(gene.strip())
        table.rows.append(_read_numbers(table, cells, tally))
    return table


def _read_numbers(table: _Table, cells: list[str], tally: _Tally) -> np.ndarray:
    """Return the numbers of the last gene of the table."""
    with suppress(ValueError):
        quick = np.fromiter(map(float, cells), np.float64, len(cells))
        if np.isfinite(quick).all() and "_" not in "".join(cells):
            return quick
    values = [_read_number(cell) for cell in cells]
    for column, value in enumerate(values):
        if isfinite(value) or cells[column].strip().lower() in _BLANK:
            continue
        cell, gene, name = cells[column], cut(table.genes[-1]), cut(table.header[column + 1])
        tally.add(f"'{cut(cell)}' for gene {gene} in column '{name}' is not a number")
        tally.decimal_commas |= bool(_DECIMAL_COMMA.fullmatch(cell.strip()))
    return np.array(values)


def _read_number(cell: str) -> float:
    try:
        return float(cell) if "_" not in cell else nan  # Python reads 1_000
    except ValueError:
        return nan


def _check_layout(table: _Table, path: Path) -> None:
    """Raise an error for what is wrong with every line alike, instead of one a line."""
    n, widths = len(table.header), set(table.widths)
    if not n:
        raise fault(path, "is no CSV table: it is empty", _EXPECTED, "Check the file.")
    mark = next((mark for mark in _OTHER_MARKS if mark in table.header[0]), "")
    alike = widths <= {1} and any(mark in gene for gene in table.genes)
    if n == 1 and mark and (mark == ";" or alike):
        raise fault(
            path,
            f"its header is one field, '{cut(table.header[0])}': {_OTHER_MARKS[mark]} seem to "
            "separate the fields",
            "commas or tabs, and points in numbers",
            "Save it so (R: write.csv, not write.csv2 or write.table as it is; a spreadsheet: "
            "CSV with commas, or text with tabs).",
        )
    if len(widths) != 1 or widths == {n}:
        return
    (width,) = widths
    reasons = []
    if width == n + 1:
        reasons.append(
            "the head of the gene column is missing, as R's write.table leaves it out (put a "
            "name and a separator before the header, or write with col.names = NA)"
        )
    if n > 1 and width == 2 * n - 1 and all(_HALF.fullmatch(part) for part in table.misfit[1:]):
        reasons.append("the numbers have decimal commas (write them with points)")
    if reasons:
        found = f"its header has {n:,} field(s) and every other line {width:,}: "
        raise fault(
            path, found + ", or ".join(reasons), "as many in each line", "Save it so, or mend it."
        )


def _check_names(table: _Table, tally: _Tally) -> None:
    if len(table.header) == 1:
        tally.add("no column after the first: no ranking")
    if not table.widths:
        tally.add("no line under the header: no gene")
    for number, name in enumerate(table.header[1:], start=2):
        if not name:
            tally.add(f"column {number} has no name in the header")
    for name, times in Counter(table.header[1:]).items():
        if times > 1 and name:
            tally.add(f"{times} columns are named '{cut(name)}'")
    genes = Counter(table.genes)
    if genes[""]:
        tally.add(f"{genes['']:,} line(s) without a gene in the first column")
    for gene, times in genes.items():
        if times > 1 and gene:
            tally.add(f"gene {cut(gene)} stands {times} times")
