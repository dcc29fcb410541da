"""The door to gene sets: libraries by path or name, and their fit to the genes of a run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from precompute.enrichment.gene_lookup import GeneLookup
from precompute.enrichment.gmt import parse_gmt
from precompute.enrichment.library import GeneSet, Library
from precompute.enrichment.matching import MatchedSets, match_sets
from precompute.enrichment.name_table import read_name_table
from precompute.enrichment.online import fetch_library
from precompute.enrichment.sources import is_file
from precompute.enrichment.text_file import read_text_file

__all__ = [
    "SHIPPED",
    "GeneSet",
    "Library",
    "MatchedSets",
    "load_libraries",
    "make_lookup",
    "match_sets",
    "parse_gmt",
    "read_gmt",
    "read_shipped",
]

SHIPPED = "immune"
_ENDINGS = (".gz", ".gmt", ".txt", ".tsv")


def load_libraries(sources: Sequence[str]) -> tuple[Library, ...]:
    """Return one library for each GMT file or name of a library; the shipped sets when empty.

    A name is fetched over the network, once: see `online`.
    """
    if not sources:
        return (read_shipped(),)
    return tuple(
        read_gmt(Path(source)) if is_file(source) else fetch_library(source) for source in sources
    )


def read_shipped() -> Library:
    """Return the immune gene sets that come with the project, each with its literature source."""
    text = (files("precompute.enrichment") / "immune.gmt").read_text(encoding="utf-8")
    parsed = parse_gmt(text, "immune.gmt")
    return Library(SHIPPED, "written for scConcepts", parsed.gene_sets)


def read_gmt(path: Path) -> Library:
    """Read a GMT file, plain or gzip.

    Raises
    ------
    InputError
        The file cannot be read or breaks the format; names the lines.
    """
    file = read_text_file(path, "a GMT file")
    parsed = parse_gmt(file.text, str(path))
    name = path.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending) or name
    return Library(name, path.name, parsed.gene_sets, file.digest, (*file.notices, *parsed.notices))


def make_lookup(
    symbols: Sequence[str], ids: Sequence[str] | None = None, aliases: str = ""
) -> GeneLookup:
    """Return the lookup of background genes; `aliases` is the path of a table of names, or empty.

    Raises
    ------
    InputError
        The table cannot be read.
    """
    return GeneLookup(symbols, ids, read_name_table(Path(aliases)) if aliases else None)
