"""Tables for download: a header and rows of plain values, in full and unrounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.schema import ATTRIBUTION_COLUMNS, DIFFERENTIAL_COLUMNS
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.pathways import list_pathways

CONCEPT_HEADER = (
    "id",
    "label",
    "label_author",
    "proposed_label",
    "n_active_cells",
    "share_of_cells",
    "best_cell_type",
    "best_f1",
    "stability",
    "flags",
    "top_genes",
)
PATHWAY_HEADER = (
    "test",
    "ranking",
    "gene_set",
    "library",
    "statistic_name",
    "statistic",
    "p",
    "q",
    "size",
    "n_leading",
    "leading_genes",
)
LABEL_HEADER = (
    "store_digest",
    "concept_id",
    "revision",
    "is_newest",
    "label",
    "note",
    "author",
    "created_at",
)


def concept_rows(rows: Sequence[ConceptRow]) -> Iterator[list[Any]]:
    """Yield the table of concepts, header first."""
    yield list(CONCEPT_HEADER)
    for row in rows:
        yield [
            row.id,
            row.label,
            row.author,
            row.proposed,
            row.n_active,
            row.share,
            row.category,
            row.f1,
            row.stability,
            " ".join(row.flags),
            " ".join(row.genes),
        ]


def gene_rows(store: ConceptStore, concept: int) -> Iterator[list[Any]]:
    """Yield every gene with all columns of every attribution and comparison side by side.

    A gene without a number has an empty field: the model did not see it, or it was not tested.
    """
    manifest = store.manifest
    tables = [
        (f"attribution.{info.key}", store.attribution(info.key).rows(concept), ATTRIBUTION_COLUMNS)
        for info in manifest.attributions
    ]
    tables += [
        (f"de.{info.key}", store.differential(info.key).rows(concept), DIFFERENTIAL_COLUMNS)
        for info in manifest.differentials
    ]
    header, columns = ["symbol", "gene_id", "in_model"], []
    for prefix, rows, names in tables:
        for name in names:
            if name != "gene":
                header.append(f"{prefix}.{name}")
                column = np.full(store.n_genes, np.nan)
                column[rows["gene"]] = rows[name]
                columns.append(column)
    yield header
    ids, in_model = list(store.strings("genes/id")), store.array("genes/in_model")
    for gene, symbol in enumerate(store.gene_symbols):
        yield [symbol, ids[gene], int(in_model[gene]), *(column[gene] for column in columns)]


def pathway_rows(store: ConceptStore, concept: int) -> Iterator[list[Any]]:
    """Yield the gene sets of a concept under every test."""
    yield list(PATHWAY_HEADER)
    for info in store.manifest.enrichments:
        for row in list_pathways(store, concept, info.key).rows:
            yield [
                info.test,
                info.ranking,
                row.name,
                row.library,
                info.statistic,
                row.statistic,
                row.p,
                row.q,
                row.size,
                row.n_leading,
                " ".join(row.leading),
            ]


def label_rows(records: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    """Yield every revision of the experts' labels."""
    yield list(LABEL_HEADER)
    for record in records:
        yield [record[name] for name in LABEL_HEADER]


def write_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV (RFC 4180); missing numbers are empty, formulas are made harmless."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([_write_field(value) for value in row])
    return buffer.getvalue()


def _write_field(value: Any) -> Any:
    """Spreadsheets run text that begins like a formula, and labels are free text."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
