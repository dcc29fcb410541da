"""What the page of a gene is to show, as its address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import pick
from scconcepts_app.views.by_gene import MOST_GENES
from scconcepts_app.views.gene_search import split_genes
from scconcepts_app.views.genes import default_attribution


@dataclass(frozen=True)
class Shown:
    """Genes of a store, and the choices of tables; None where the store has none.

    Attributes
    ----------
    text : what the address asks for.
    genes : those of it that there are; the first is the one in question.
    unknown : names in `text` that are no gene of the store.
    """

    entry: OpenedStore
    text: str
    genes: list[int]
    unknown: list[str]
    attribution: str | None
    differential: str | None
    map_key: str

    @property
    def symbols(self) -> list[str]:
        """Symbols of the genes; of two genes with one symbol, the second's id."""
        store, index = self.entry.store, self.entry.gene_index
        names = [(store.gene_symbols[gene], gene) for gene in self.genes]
        return [
            symbol if index.get(symbol) == gene else store.strings("genes/id")[gene]
            for symbol, gene in names
        ]


def read_shown(entry: OpenedStore, choices: Mapping[str, str] | None) -> Shown:
    """Return what an address asks for; a choice that the store does not offer is its default."""
    text = (choices or {}).get("g", "")
    genes, unknown = split_genes(entry.gene_index, text, MOST_GENES)
    manifest = entry.store.manifest
    default = default_attribution(entry.store)
    maps = [info.key for info in manifest.maps]
    tests = [info.key for info in manifest.differentials]
    return Shown(
        entry=entry,
        text=text,
        genes=genes,
        unknown=unknown,
        attribution=pick(
            choices,
            "counterfactual",
            [info.key for info in manifest.attributions],
            default.key if default else None,
        ),
        differential=pick(choices, "de", tests, tests[0] if tests else None),
        map_key=pick(choices, "map", maps, None) or maps[0],
    )
