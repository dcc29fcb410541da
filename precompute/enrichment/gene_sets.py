"""Reads gene sets from GMT files or Enrichr, and fits them to the genes of the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from precompute.errors import InputError, fault

SHIPPED = "immune"


@dataclass(frozen=True)
class GeneSet:
    """A named set of gene symbols; `description` is the second field of its GMT line."""

    name: str
    description: str
    genes: tuple[str, ...]


@dataclass(frozen=True)
class Library:
    """Gene sets that come from one place."""

    name: str
    source: str
    gene_sets: tuple[GeneSet, ...]


@dataclass(frozen=True)
class MatchedSets:
    """Gene sets in terms of the genes of a run.

    Attributes
    ----------
    libraries : where the sets come from.
    library : (n_gene_sets,) index of each set's library.
    names, descriptions : of each set; names are unique.
    members : for each set the indices, ascending, of its genes among the background.
    """

    libraries: tuple[Library, ...]
    library: np.ndarray
    names: list[str]
    descriptions: list[str]
    members: list[np.ndarray]


def load_libraries(sources: Sequence[str]) -> tuple[Library, ...]:
    """Return one library for each GMT path or Enrichr name; the shipped sets when empty."""
    if not sources:
        return (read_shipped(),)
    return tuple(
        read_gmt(Path(source)) if source.lower().endswith(".gmt") else fetch_enrichr(source)
        for source in sources
    )


def read_shipped() -> Library:
    """Return the immune gene sets that come with the project, each with its literature source."""
    text = (files("precompute.enrichment") / "immune.gmt").read_text(encoding="utf-8")
    return Library(SHIPPED, "written for scConcepts", parse_gmt(text, "immune.gmt"))


def read_gmt(path: Path) -> Library:
    """Read a GMT file.

    Raises
    ------
    InputError
        The file cannot be read or breaks the format; names the lines.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise fault(
            path, f"cannot be read ({error.strerror})", "a GMT file", "Check --gene-sets."
        ) from error
    except UnicodeDecodeError as error:
        raise fault(
            path, f"is not text ({error.reason})", "a GMT file in UTF-8", "Save it as text."
        ) from error
    return Library(path.stem, path.name, parse_gmt(text, str(path)))


def parse_gmt(text: str, where: str) -> tuple[GeneSet, ...]:
    """Return the gene sets of a GMT text: name, description and genes, separated by tabs.

    A weight after a gene (``CD3D,1.0``, as Enrichr writes) is dropped, repeats too.

    Raises
    ------
    InputError
        Lines with fewer than three fields, nameless or repeated sets, or no set at all.
    """
    faults, gene_sets = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, _, rest = line.partition("\t")
        description, tab, genes = rest.partition("\t")
        if not name.strip():
            faults.append(f"line {number}: no name before the first tab")
        elif not tab:
            faults.append(f"line {number} ('{name[:40]}'): fewer than three tab-separated fields")
        else:
            symbols = dict.fromkeys(g.split(",")[0].strip() for g in genes.split("\t"))
            kept = tuple(symbol for symbol in symbols if symbol)
            gene_sets.append(GeneSet(name.strip(), description.strip(), kept))
    repeated = [n for n, times in Counter(s.name for s in gene_sets).items() if times > 1]
    faults += [f"set '{name}' stands more than once" for name in repeated]
    if not gene_sets and not faults:
        faults.append("holds no gene set")
    if faults:
        listed = "\n  - ".join(faults[:10] + ["…"] * (len(faults) > 10))
        raise InputError(
            f"{where}: {len(faults)} fault(s) in the GMT format:\n  - {listed}\n"
            "Expected a set a line: name, description, then genes, separated by tabs."
        )
    return tuple(gene_sets)


def fetch_enrichr(name: str) -> Library:
    """Return a library by its Enrichr name, over the network, through gseapy.

    Raises
    ------
    InputError
        No network, or Enrichr knows no such name.
    """
    import gseapy

    try:
        table = gseapy.get_library(name)
    except Exception as error:  # gseapy raises bare exceptions of the HTTP layer
        raise fault(
            f"gene sets '{name}'",
            f"could not be fetched from Enrichr ({type(error).__name__})",
            "a path that ends in .gmt, or an Enrichr library name and a network",
            "Download the GMT file and give its path.",
        ) from error
    sets = (GeneSet(term, "", tuple(dict.fromkeys(genes))) for term, genes in table.items())
    return Library(name, f"Enrichr: {name}", tuple(sets))


def match_sets(
    libraries: Sequence[Library], symbols: Sequence[str], min_size: int, max_size: int
) -> MatchedSets:
    """Cut every set to the background `symbols` and keep those of a fitting size.

    Raises
    ------
    InputError
        No set has at least `min_size` genes among the symbols.
    """
    index = {symbol: i for i, symbol in enumerate(symbols)}
    owner, names, descriptions, members, largest = [], [], [], [], 0
    repeated = Counter(s.name for library in libraries for s in library.gene_sets)
    for number, library in enumerate(libraries):
        for gene_set in library.gene_sets:
            found = np.array(sorted(index[g] for g in gene_set.genes if g in index), np.int64)
            largest = max(largest, len(found))
            if min_size <= len(found) <= max_size:
                shared = repeated[gene_set.name] > 1
                names.append(f"{gene_set.name} [{library.name}]" if shared else gene_set.name)
                descriptions.append(gene_set.description)
                owner.append(number)
                members.append(found)
    if not names:
        raise fault(
            "gene sets",
            f"the largest overlap of a set with the {len(symbols):,} genes is {largest}",
            f"{min_size} to {max_size} shared genes",
            "Check that both name genes by human symbols, or lower enrichment.min_size.",
        )
    unique = _number_repeats(names)
    return MatchedSets(tuple(libraries), np.array(owner), unique, descriptions, members)


def _number_repeats(names: list[str]) -> list[str]:
    """Return unique names: the same set of two files of one name gets a number."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique
