"""Fits gene sets to the genes of a run: their background, their sizes, their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from precompute.enrichment.gene_lookup import HOWS, GeneLookup
from precompute.enrichment.library import GeneSet, Library
from precompute.enrichment.mismatch import describe_mismatch
from precompute.errors import fault

# Where less of a library, and of the data, meets, its names are worth a second look.
_FEW = 0.1


@dataclass(frozen=True)
class LibraryFit:
    """How the genes of a library were found among those of a run.

    Attributes
    ----------
    n_kept : sets of a fitting size.
    n_genes : different names of genes in the library.
    found : how many of them by each of `HOWS`.
    ambiguous : how many stand for several genes of the run, and were dropped.
    """

    n_kept: int
    n_genes: int
    found: dict[str, int]
    ambiguous: int


@dataclass(frozen=True)
class MatchedSets:
    """Gene sets in terms of the genes of a run.

    Attributes
    ----------
    libraries : where the sets come from.
    library : (n_gene_sets,) index of each set's library.
    names, descriptions : of each set; names are unique.
    members : for each set the indices, ascending, of its genes among the background.
    fits : of each library.
    notices : what was left out or mapped, in sentences.
    """

    libraries: tuple[Library, ...]
    library: np.ndarray
    names: list[str]
    descriptions: list[str]
    members: list[np.ndarray]
    fits: tuple[LibraryFit, ...] = ()
    notices: tuple[str, ...] = ()

    def provenance(self) -> list[dict[str, Any]]:
        """Return for each library its name, source, sha256, counts and notices."""
        return [
            {
                "name": library.name,
                "source": library.source,
                "sha256": library.digest,
                "n_gene_sets": len(library.gene_sets),
                **asdict(fit),
                "notices": list(library.notices),
            }
            for library, fit in zip(self.libraries, self.fits, strict=True)
        ]


def match_sets(
    libraries: Sequence[Library],
    genes: Sequence[str] | GeneLookup,
    min_size: int,
    max_size: int,
) -> MatchedSets:
    """Cut every set to the background and keep those of a fitting size.

    Parameters
    ----------
    genes : symbols of the background, or a lookup that knows their ids and other names too.

    Raises
    ------
    InputError
        No set has `min_size` to `max_size` genes of the background; says why that may be.
    """
    lookup = genes if isinstance(genes, GeneLookup) else GeneLookup(genes)
    names: list[str] = []
    owner, descriptions, members, sizes, fits = [], [], [], [], []
    repeated = Counter(s.name for library in libraries for s in library.gene_sets)
    for number, library in enumerate(libraries):
        before = len(names)
        for gene_set in library.gene_sets:
            found = lookup.find_all(gene_set.genes)
            sizes.append(len(found))
            if min_size <= len(found) <= max_size:
                shared = repeated[gene_set.name] > 1
                names.append(f"{gene_set.name} [{library.name}]" if shared else gene_set.name)
                descriptions.append(gene_set.description)
                owner.append(number)
                members.append(found)
        fits.append(_fit(library, lookup, len(names) - before))
    if not names:
        largest = max(sizes, default=0)
        found_text = f"the largest overlap of a set with the {lookup.n_genes:,} genes is {largest}"
        if largest > max_size:
            within = f"{sum(size > max_size for size in sizes):,} of {len(sizes):,} sets are larger"
            found_text += f" ({within} than {max_size})"
        distinct = {gene for library in libraries for s in library.gene_sets for gene in s.genes}
        raise fault(
            "gene sets",
            found_text,
            f"{min_size} to {max_size} shared genes",
            describe_mismatch(distinct, lookup)
            + "Check that both name genes alike, or change the limits of size (min_size).",
        )
    notices = [*_list_notices(libraries, fits, lookup)]
    unique = _number_repeats(names)
    return MatchedSets(
        tuple(libraries),
        np.array(owner),
        unique,
        descriptions,
        members,
        tuple(fits),
        tuple(notices),
    )


def _fit(library: Library, lookup: GeneLookup, n_kept: int) -> LibraryFit:
    distinct = {gene for gene_set in library.gene_sets for gene in gene_set.genes}
    how = Counter(lookup.how(gene) for gene in distinct)
    found = {name: how[name] for name in HOWS if how[name]}
    return LibraryFit(n_kept, len(distinct), found, how["ambiguous"])


def _list_notices(
    libraries: Sequence[Library], fits: Sequence[LibraryFit], lookup: GeneLookup
) -> Iterator[str]:
    for library, fit in zip(libraries, fits, strict=True):
        yield from (f"{library.source}: {notice}" for notice in library.notices)
        total = sum(fit.found.values())
        others = [f"{n:,} {HOWS[name]}" for name, n in fit.found.items() if name != "symbol"]
        if others:
            yield f"{library.source}: of {fit.n_genes:,} genes were found {', '.join(others)}."
        distinct = {gene for gene_set in library.gene_sets for gene in gene_set.genes}
        if fit.ambiguous:
            first = sorted(gene for gene in distinct if lookup.how(gene) == "ambiguous")[:3]
            yield (
                f"{library.source}: {fit.ambiguous:,} name(s) that can mean several genes of "
                f"the data were dropped (first: {', '.join(first)})."
            )
        if total < _FEW * min(fit.n_genes, lookup.n_genes):
            yield (
                f"{library.source}: only {total:,} of its {fit.n_genes:,} genes are among the "
                f"{lookup.n_genes:,} tested. {describe_mismatch(distinct, lookup)}".strip()
            )
        if _lacks_descriptions(library.gene_sets, lookup):
            yield (
                f"{library.source}: in most sets the second column is a gene of the data. It is "
                "taken for a description, as GMT has it; put one in if that column is missing."
            )


def _lacks_descriptions(gene_sets: Sequence[GeneSet], lookup: GeneLookup) -> bool:
    genes = sum(lookup.how(s.description) == "symbol" for s in gene_sets if s.description)
    return genes > len(gene_sets) / 2


def _number_repeats(names: list[str]) -> list[str]:
    """Return unique names: the same set of two files of one name gets a number."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique
