"""The command ``enrich-rankings``: GSEA of rankings from anywhere, as one CSV table."""

from __future__ import annotations

import csv
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.gene_sets import (
    MatchedSets,
    load_libraries,
    make_lookup,
    match_sets,
)
from precompute.enrichment.prerank import prerank_scores
from precompute.enrichment.results import Scores
from precompute.errors import InputError, fault
from precompute.whole_file import write_whole

log = logging.getLogger("precompute")

COLUMNS = ("ranking", "gene_set", "size", "es", "nes", "p", "q", "q_table", "leading_edge")


def enrich_rankings(
    path: Path,
    gene_sets: Sequence[str],
    out: Path,
    method: str = "batched",
    min_size: int = 10,
    max_size: int = 500,
    seed: int = 0,
    threads: int = 1,
    aliases: str = "",
) -> tuple[int, int]:
    """Test gene sets on every ranking of a CSV file and write a table; return its two counts.

    Parameters
    ----------
    path : rows are genes, their symbols in the first column; the others are rankings.
    gene_sets : GMT files or names of libraries; the shipped sets when empty.
    out : the table, a row for each ranking and gene set; within a ranking smallest p first. q is
        Benjamini and Hochberg's over the sets of a ranking, `q_table` over the whole table.
    aliases : path of a table of other names of genes, or empty.
    method : "batched", or "gseapy" for the reference (multilevel), one ranking after the other.

    Raises
    ------
    InputError
        The file or a GMT file is damaged, or they share no genes; nothing is written.
    """
    if not (1 <= min_size <= max_size and seed >= 0 and threads >= 1):
        raise fault(
            "options",
            f"sizes {min_size} to {max_size}, seed {seed}, {threads} threads",
            "1 <= --min-size <= --max-size, --seed from 0 and --threads from 1",
            "Change them.",
        )
    libraries = load_libraries(gene_sets)
    table = read_rankings(path)
    lookup = make_lookup(list(table.index), aliases=aliases)
    sets = match_sets(libraries, lookup, min_size, max_size)
    for notice in sets.notices:
        log.info("note: %s", notice)
    rankings = table.to_numpy(np.float64).T
    with write_whole(out) as unfinished:
        found: Iterator[Scores]
        if method == "gseapy":
            found = (prerank_scores(row, sets, seed, threads) for row in rankings)
        else:
            found = BatchedPrerank(sets, len(table), seed, threads).score(rankings)
        _write(unfinished, found, table, sets)
    return len(rankings), len(sets.names)


def read_rankings(path: Path) -> pd.DataFrame:
    """Return the rankings as columns over genes; an empty cell is NaN.

    Raises
    ------
    InputError
        Unreadable file, no column, a gene without a name or twice, a cell that is no number.
    """
    try:
        table = pd.read_csv(path, index_col=0, dtype=str, keep_default_na=False)
    except OSError as error:
        raise fault(
            path, f"cannot be read ({error.strerror})", "a CSV file", "Check the path."
        ) from error
    except (ValueError, UnicodeDecodeError) as error:
        raise fault(
            path,
            f"is no CSV table ({str(error).strip() or type(error).__name__})",
            "genes in the first column and a ranking in each other",
            "Write it with commas, in UTF-8, with one header line.",
        ) from error
    table.index = table.index.astype(str).str.strip()
    faults = [*_faults_of_genes(table), *_faults_of_lines(path)]
    numbers = table.apply(pd.to_numeric, errors="coerce").astype(np.float64)
    blank = table.apply(lambda column: column.str.strip().str.lower()).isin(["", "na", "nan"])
    for row, column in np.argwhere((~np.isfinite(numbers) & ~blank).to_numpy())[:10]:
        faults.append(
            f"'{table.iloc[row, column]}' for gene {table.index[row]} in column "
            f"'{table.columns[column]}' is not a number"
        )
    if faults:
        listed = "\n  - ".join(faults)
        raise InputError(
            f"{path}: {len(faults)} fault(s):\n  - {listed}\n"
            "Expected each gene once, in the first column, and a finite number or nothing in the "
            "others. Mend these places."
        )
    return numbers


def _faults_of_genes(table: pd.DataFrame) -> Iterator[str]:
    if not len(table.columns):
        yield "no column after the first: no ranking"
    if not len(table):
        yield "no row under the header: no gene"
    genes = Counter(table.index)
    if genes[""]:
        yield f"{genes['']} row(s) without a gene in the first column"
    repeated = [gene for gene, times in genes.items() if times > 1 and gene]
    for gene in repeated[:10]:
        yield f"gene {gene} stands {genes[gene]} times"


def _faults_of_lines(path: Path) -> Iterator[str]:
    """Yield what pandas would mend in silence: columns of one name, and lines cut short."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        header = next(lines, [])
        for name, times in Counter(header[1:]).items():
            if times > 1:
                yield f"{times} columns are named '{name}'"
        short = (lines.line_num for line in lines if line and len(line) != len(header))
        for number in islice(short, 10):
            yield f"line {number}: not the {len(header)} fields of the header"


def _write(target: Path, found: Iterator[Scores], table: pd.DataFrame, sets: MatchedSets) -> None:
    """Write the rows; q over the table is known after the last ranking, so p is kept until then.

    The rows of a ranking wait in a file beside the table, as texts, to keep memory bounded.
    """
    genes, size = table.index.to_numpy(), [len(members) for members in sets.members]
    waiting = target.with_name(f"{target.name}.rows")
    all_p = np.empty((len(table.columns), len(size)))
    try:
        with waiting.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            for number, scores in enumerate(found):
                order = np.lexsort((-np.abs(scores.nes), scores.p))
                all_p[number] = scores.p[order]
                q = false_discovery_control(scores.p)
                for row in order:
                    head = (table.columns[number], sets.names[row], size[row])
                    numbers = (scores.es[row], scores.nes[row], scores.p[row], q[row])
                    leading = ";".join(genes[scores.leading[row]])
                    rows.writerow((*head, *(f"{value:.6g}" for value in numbers), leading))
        over_table = false_discovery_control(all_p, axis=None).ravel()
        with (
            waiting.open(encoding="utf-8", newline="") as file,
            target.open("w", encoding="utf-8", newline="") as whole,
        ):
            writer = csv.writer(whole, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row, value in zip(csv.reader(file), over_table, strict=True):
                writer.writerow((*row[:-1], f"{value:.6g}", row[-1]))
    finally:
        waiting.unlink(missing_ok=True)
