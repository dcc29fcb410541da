"""A gene set, and a library of them. Plain records: nothing is read or matched here."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class GeneSet:
    """A named set of gene names; `description` is the second field of its GMT line."""

    name: str
    description: str
    genes: tuple[str, ...]


@dataclass(frozen=True)
class Library:
    """Gene sets that come from one place.

    Attributes
    ----------
    name : short, unique names of sets are told apart by it.
    source : file name, or where it was fetched from.
    digest : sha256 of the file, empty where there is none.
    notices : what was left out or read with a grain of salt, in sentences.
    """

    name: str
    source: str
    gene_sets: tuple[GeneSet, ...]
    digest: str = field(default="", compare=False)
    notices: tuple[str, ...] = ()
