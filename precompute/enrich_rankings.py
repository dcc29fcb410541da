"""The command ``enrich-rankings``: GSEA of rankings from anywhere, as one CSV table."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import false_discovery_control

from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.gene_sets import (
    MatchedSets,
    load_libraries,
    make_lookup,
    match_sets,
)
from precompute.enrichment.prerank import clean, prerank_scores
from precompute.enrichment.rankings import Rankings
from precompute.enrichment.rankings_file import read_rankings
from precompute.enrichment.results import Scores
from precompute.enrichment.sources import is_file
from precompute.errors import cut, fault
from precompute.stored_rankings import read_store
from precompute.whole_file import refuse_existing, write_whole
from scconcepts_app.store.reader import MANIFEST

log = logging.getLogger("precompute")

COLUMNS = ("ranking", "gene_set", "size", "es", "nes", "p", "q", "q_table", "leading_edge")
_MIN_SIZE, _MAX_SIZE = 10, 500
_MOST_NAMED = 5


@dataclass(frozen=True)
class Options:
    """What is tested, and how.

    Attributes
    ----------
    gene_sets : GMT files or names of libraries; when empty the sets of the store, or those that
        come with the project.
    aliases : path of a table of other names of genes, or empty.
    concepts, kinds : of a store, which concepts and which of their rankings; all when empty.
    method : "batched", or "gseapy" for the reference (multilevel), one ranking after the other.
    min_size, max_size : genes of a set among those that are ranked; None for 10 and 500.
    seed : of random sets and of the order of ties; None for that of the store, or 0.
    """

    gene_sets: Sequence[str] = ()
    aliases: str = ""
    concepts: Sequence[str] = ()
    kinds: Sequence[str] = ()
    method: str = "batched"
    min_size: int | None = None
    max_size: int | None = None
    seed: int | None = None
    threads: int = 1


def enrich_rankings(path: Path, out: Path, options: Options) -> tuple[int, int]:
    """Test gene sets on rankings and write a table; return the numbers of rankings and of sets.

    Parameters
    ----------
    path : a file whose rows are genes, their symbols in the first column, and whose other columns
        are rankings; or the folder of a concept store.
    out : a new file: a row for each ranking and gene set; within a ranking smallest p first. q is
        Benjamini and Hochberg's over the sets of a ranking, `q_table` over the whole table.

    Raises
    ------
    InputError
        `out` is there, the file or a GMT file is damaged, or they share no genes; nothing is
        written.
    StoreError
        The folder is no store, or a damaged one.
    """
    _check_options(path, options)
    _check_out(path, out, options)
    if path.is_dir():
        rankings = read_store(path, options.concepts, options.kinds)
    else:
        rankings = read_rankings(path)
    sets = _choose_sets(rankings, options)
    for notice in sets.notices:
        log.info("note: %s", notice)
    flat: list[bool] = []
    blocks = _watch(rankings.blocks, flat)
    with write_whole(out) as unfinished:
        found = _score(blocks, sets, len(rankings.genes), options, rankings.seed)
        _write(unfinished, found, rankings, sets)
    _warn_of_flat([name for name, is_flat in zip(rankings.names, flat, strict=True) if is_flat])
    return len(rankings.names), len(sets.names)


def _check_options(path: Path, options: Options) -> None:
    least, most = _sizes(options)
    if not (1 <= least <= most and (options.seed or 0) >= 0 and options.threads >= 1):
        raise fault(
            "options",
            f"sizes {least} to {most}, seed {options.seed or 0}, {options.threads} threads",
            "1 <= --min-size <= --max-size, --seed from 0 and --threads from 1",
            "Change them.",
        )
    if not path.is_dir():
        if options.concepts or options.kinds:
            raise fault(
                path,
                "is no folder, and --concept or --ranking was given",
                "a concept store, whose concepts have several rankings",
                "Leave them out; every column of a file is tested.",
            )
    elif not options.gene_sets and (options.aliases or options.min_size or options.max_size):
        raise fault(
            "options",
            "--aliases, --min-size or --max-size without --gene-sets",
            "gene sets to match with the store; its own are tested as they are in it",
            "Name gene sets too, or leave these out.",
        )


def _sizes(options: Options) -> tuple[int, int]:
    least, most = options.min_size, options.max_size
    return _MIN_SIZE if least is None else least, _MAX_SIZE if most is None else most


def _check_out(path: Path, out: Path, options: Options) -> None:
    """Raise an `InputError` where the table would take the place of anything, or enter a store."""
    place = out.resolve()
    inputs = {path: "the file of rankings"}
    inputs |= {
        Path(source): "a file of gene sets" for source in options.gene_sets if is_file(source)
    }
    inputs |= {Path(options.aliases): "the table of names"} if options.aliases else {}
    for given, what in inputs.items():
        if given.is_file() and given.resolve() == place:
            raise fault(out, f"is {what}", "a new file for the table", "Choose another name.")
    if (path / MANIFEST).is_file() and path.resolve() in place.parents:
        raise fault(
            out,
            "lies in the concept store",
            "a place outside: a store is never changed",
            "Choose another folder.",
        )
    refuse_existing(out)


def _choose_sets(rankings: Rankings, options: Options) -> MatchedSets:
    if rankings.sets is not None and not options.gene_sets:
        if not rankings.sets.names:
            raise fault("gene sets", "the store has none", "sets to test", "Give --gene-sets.")
        return rankings.sets
    libraries = load_libraries(options.gene_sets)
    lookup = make_lookup(rankings.genes, rankings.ids, options.aliases)
    return match_sets(libraries, lookup, *_sizes(options))


def _watch(blocks: Iterable[np.ndarray], flat: list[bool]) -> Iterator[np.ndarray]:
    """Pass the blocks on, and note for each ranking whether all its genes have one value."""
    for block in blocks:
        flat += (np.ptp(clean(block), axis=1) == 0).tolist()
        yield block


def _score(
    blocks: Iterable[np.ndarray], sets: MatchedSets, n_genes: int, options: Options, seed: int
) -> Iterator[Scores]:
    seed = seed if options.seed is None else options.seed
    if options.method == "gseapy":
        for block in blocks:
            for row in block:
                yield prerank_scores(row, sets, seed, options.threads)
    else:
        batch = BatchedPrerank(sets, n_genes, seed, options.threads)
        for block in blocks:
            yield from batch.score(block)


def _warn_of_flat(names: list[str]) -> None:
    if names:
        shown = ", ".join(cut(name) for name in names[:_MOST_NAMED])
        log.warning(
            "%s ranking(s) say nothing, as all genes have the same value or none, and every set "
            "has p = 1: %s",
            f"{len(names):,}",
            shown + (", …" if len(names) > _MOST_NAMED else ""),
        )


def _write(target: Path, found: Iterator[Scores], rankings: Rankings, sets: MatchedSets) -> None:
    """Write the rows; q over the table is known after the last ranking, so p is kept until then.

    The rows of a ranking wait in a file beside the table, as texts, to keep memory bounded.
    """
    genes, size = np.array(rankings.genes, object), [len(members) for members in sets.members]
    waiting = target.with_name(f"{target.name}.rows")
    all_p = np.empty((len(rankings.names), len(size)))
    try:
        with waiting.open("w", encoding="utf-8") as file:
            for number, scores in enumerate(found):
                order = np.lexsort((-np.abs(scores.nes), scores.p))
                all_p[number] = scores.p[order]
                q = false_discovery_control(scores.p)
                for row in order:
                    numbers = (scores.es[row], scores.nes[row], scores.p[row], q[row])
                    leading = ";".join(genes[scores.leading[row]])
                    head = (rankings.names[number], sets.names[row], size[row])
                    texts = (*head, *(f"{value:.6g}" for value in numbers), leading)
                    file.write(json.dumps(texts) + "\n")
        over_table = false_discovery_control(all_p, axis=None).ravel()
        with (
            waiting.open(encoding="utf-8") as file,
            target.open("w", encoding="utf-8", newline="") as whole,
        ):
            writer = csv.writer(whole, lineterminator="\n")
            writer.writerow(COLUMNS)
            for line, value in zip(file, over_table, strict=True):
                *row, leading = json.loads(line)
                writer.writerow((*row, f"{value:.6g}", leading))
    finally:
        waiting.unlink(missing_ok=True)
