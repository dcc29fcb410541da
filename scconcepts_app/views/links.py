"""Addresses of genes and gene sets in public databases. They are only written, never opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

_ENSEMBL = re.compile(r"^(ENS[A-Z]*G\d{11})(\.\d+)?$")
_GENE_ONTOLOGY = re.compile(r"\bGO:\d{7}(?!\d)")
_REACTOME = re.compile(r"\bR-[A-Z]{3}-\d{1,12}(?!\d)")
# Where two libraries share the name of a set, the library's stands behind it in brackets.
_MSIGDB = re.compile(
    r"((?:HALLMARK|GOBP|GOMF|GOCC|REACTOME|KEGG|BIOCARTA|PID|WP)_[A-Z0-9_]+)(?: \[.*\].*)?"
)
# The page of a set, in the addresses that MSigDB has written into its files over the years.
_MSIGDB_PAGE = re.compile(
    r"(?:gsea-msigdb|broadinstitute)\.org/gsea/msigdb/"
    r"(?:cards|(?P<species>human|mouse)/geneset)/(?P<name>[A-Z0-9_]{1,200})(?![^\s])"
)
_CELL_ONTOLOGY = re.compile(r"CL:\d{7}")
_MOST_CHARACTERS = 200


@dataclass(frozen=True)
class Outgoing:
    """A link out of the app: its words, where it leads, and what is found there."""

    words: str
    href: str
    title: str


def link_gene(symbol: str, gene_id: str) -> list[Outgoing]:
    """Return where a gene is described: NCBI by symbol, Ensembl where the id is one of theirs."""
    term = quote(f"{symbol[:_MOST_CHARACTERS]}[sym]", safe="")
    links = [
        Outgoing(
            "NCBI Gene",
            f"https://www.ncbi.nlm.nih.gov/gene/?term={term}",
            f"Search NCBI Gene for the symbol {symbol}",
        )
    ]
    if found := _ENSEMBL.match(gene_id):
        bare = found[1]
        href = f"https://www.ensembl.org/id/{bare}"
        links.append(Outgoing("Ensembl", href, f"{bare} in Ensembl"))
    return links


def link_gene_set(name: str, description: str = "") -> Outgoing | None:
    """Return where a gene set is described, by the identifier in its name or description."""
    for text in (name, description):
        if found := _GENE_ONTOLOGY.search(text):
            href = f"https://amigo.geneontology.org/amigo/term/{found[0]}"
            return Outgoing(found[0], href, f"{found[0]} in the Gene Ontology")
        if found := _REACTOME.search(text):
            href = f"https://reactome.org/content/detail/{found[0]}"
            return Outgoing(found[0], href, f"{found[0]} in Reactome")
    if found := _MSIGDB_PAGE.search(description):
        return _link_msigdb(found["name"], found["species"] or "human")
    if found := _MSIGDB.fullmatch(name):
        return _link_msigdb(found[1], "human")
    return None


def _link_msigdb(name: str, species: str) -> Outgoing:
    href = f"https://www.gsea-msigdb.org/gsea/msigdb/{species}/geneset/{name}"
    return Outgoing("MSigDB", href, f"{name} in MSigDB")


def link_cell_type(identifier: str) -> Outgoing | None:
    """Return where a cell type of the Cell Ontology is described, None for no id of it."""
    if not _CELL_ONTOLOGY.fullmatch(identifier):
        return None
    href = f"https://www.ebi.ac.uk/ols4/ontologies/cl/classes?obo_id={identifier}"
    return Outgoing(identifier, href, f"{identifier} in the Cell Ontology")
