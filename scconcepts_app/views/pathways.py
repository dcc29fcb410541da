"""Gene sets of a concept under one test, with the genes that carry each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import EnrichmentInfo
from scconcepts_app.store.set_names import shorten_set_name
from scconcepts_app.views.found import LOWERED, RAISED, find_directions
from scconcepts_app.views.numbers import known_or_none, minus_log10


@dataclass(frozen=True)
class PathwayRow:
    """One gene set; None where a number is missing.

    Attributes
    ----------
    gene_set : index of the set in the store.
    short_name : `name` as people say it, without collection and accession.
    statistic : what the test reports (its name is in the manifest), NES for GSEA.
    q : false discovery rate within the concept (Benjamini and Hochberg 1995).
    direction : `RAISED`, `LOWERED` or `NOT_FOUND`, see `find_directions`.
    n_leading, leading : number and symbols of the genes that carry the enrichment.
    size : genes of the set that the model sees.
    """

    gene_set: int
    name: str
    short_name: str
    description: str
    library: str
    statistic: float | None
    p: float | None
    q: float | None
    minus_log10_q: float | None
    direction: int
    size: int
    n_leading: int
    leading: list[str]

    @property
    def side(self) -> int:
        """-1 for a set at the bottom of the ranking, else 1."""
        return -1 if self.statistic is not None and self.statistic < 0 else 1


@dataclass(frozen=True)
class PathwayTable:
    """Gene sets under one test, smallest p first."""

    rows: list[PathwayRow]
    info: EnrichmentInfo

    @property
    def n_raised(self) -> int:
        """Number of sets that are found raised."""
        return sum(row.direction == RAISED for row in self.rows)

    @property
    def n_lowered(self) -> int:
        """Number of sets that are found lowered."""
        return sum(row.direction == LOWERED for row in self.rows)


def default_enrichment(store: ConceptStore) -> EnrichmentInfo | None:
    """Return the enrichment to show first, or None in a store without any."""
    infos = store.manifest.enrichments
    return next((info for info in infos if info.default), infos[0] if infos else None)


def list_pathways(store: ConceptStore, concept: int, key: str) -> PathwayTable:
    """Return the gene sets of a concept under the test `key`.

    Raises
    ------
    KeyError
        The store has no such test.
    """
    info = next((i for i in store.manifest.enrichments if i.key == key), None)
    if info is None:
        raise KeyError(key)
    table = store.enrichment(key)
    columns = {name: np.asarray(values) for name, values in table.rows(concept).items()}
    directions = find_directions(columns, info).tolist()
    start = table.span(concept).start
    names = store.strings("gene_sets/name")
    descriptions = store.strings("gene_sets/description")
    library = store.array("gene_sets/library")
    rows = []
    for i, gene_set in enumerate(columns["gene_set"]):
        leading = store.leading_genes(key, start + i)
        q = known_or_none(columns["q"][i])
        rows.append(
            PathwayRow(
                gene_set=int(gene_set),
                name=names[gene_set],
                short_name=shorten_set_name(names[gene_set]),
                description=descriptions[gene_set],
                library=store.manifest.gene_set_libraries[library[gene_set]].name,
                statistic=known_or_none(columns["statistic"][i]),
                p=known_or_none(columns["p"][i]),
                q=q,
                minus_log10_q=minus_log10(q),
                direction=directions[i],
                size=int(columns["size"][i]),
                n_leading=int(columns["n_leading"][i]),
                leading=[store.gene_symbols[g] for g in leading],
            )
        )
    return PathwayTable(rows, info)


def choose_for_plot(table: PathwayTable, n: int) -> list[PathwayRow]:
    """Return the `n` sets of smallest p that have a statistic, ordered by that statistic."""
    known = [row for row in table.rows if row.statistic is not None][:n]
    return sorted(known, key=lambda row: row.statistic or 0.0)
