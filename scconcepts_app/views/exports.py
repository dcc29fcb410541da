"""Tables for download: a header and rows of plain values, in full and unrounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.found import say
from scconcepts_app.views.genes import share_of_effect
from scconcepts_app.views.pathways import PathwayRow, list_pathways
from scconcepts_app.views.rankings import list_ranked_sets
from scconcepts_app.views.redundancy import find_redundancy
from scconcepts_app.views.running_sum import PRERANK
from scconcepts_app.views.set_swap import SwapRow, list_set_swaps
from scconcepts_app.views.spread import spread

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
    "stability_low",
    "stability_high",
    "part_of",
    "faithfulness_grades",
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
    "direction",
    "size",
    "n_leading",
    "leading_genes",
    "effect",
    "share_of_full_drop",
    "difference",
    "expected_effect",
    "z",
    "n_random_sets",
    "quadrant",
    "found_by",
    "within",
    "overlap_with_it",
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
            row.stability_low,
            row.stability_high,
            row.part_of or "",
            " ".join(f"{key}:{grade or 'none'}" for key, grade in row.grades.items()),
            " ".join(row.flags),
            " ".join(row.genes),
        ]


def gene_rows(store: ConceptStore, concept: int) -> Iterator[list[Any]]:
    """Yield every gene with all columns of every attribution and comparison side by side.

    A gene without a number has an empty field: the model did not see it, or it was not tested.
    """
    manifest, tables = store.manifest, []
    for attribution in manifest.attributions:
        rows = dict(store.attribution(attribution.key).rows(concept))
        rows["share_of_effect"] = share_of_effect(rows["effect"])
        tables.append((f"attribution.{attribution.key}", rows))
    tables += [
        (f"de.{info.key}", store.differential(info.key).rows(concept))
        for info in manifest.differentials
    ]
    header, columns = ["symbol", "gene_id", "in_model"], []
    for prefix, rows in tables:
        for name in rows:
            if name != "gene":
                header.append(f"{prefix}.{name}")
                columns.append(spread(rows, name, store.n_genes))
    yield header
    ids, in_model = list(store.strings("genes/id")), store.array("genes/in_model")
    for gene, symbol in enumerate(store.gene_symbols):
        yield [symbol, ids[gene], int(in_model[gene]), *(column[gene] for column in columns)]


def pathway_rows(store: ConceptStore, concept: int) -> Iterator[list[Any]]:
    """Yield the gene sets of a concept under every test, those of set swaps last.

    ``direction`` is ``raised`` or ``lowered`` where the test finds the set, see `find_directions`;
    ``found_by`` says of a GSEA which sides find it, see `list_ranked_sets`, and ``quadrant`` the
    same of a set swap and DE. ``within`` is the stronger set that a found one says the same as,
    see `find_redundancy`.
    """
    yield list(PATHWAY_HEADER)
    nothing = [None] * (PATHWAY_HEADER.index("found_by") - PATHWAY_HEADER.index("effect"))
    found_by = {row.gene_set: row.place for row in list_ranked_sets(store, concept).rows}
    for info in store.manifest.enrichments:
        tested = list_pathways(store, concept, info.key).rows
        for row, within in zip(tested, _list_within(store, tested), strict=True):
            yield [
                info.test,
                info.ranking,
                row.name,
                row.library,
                info.statistic,
                row.statistic,
                row.p,
                row.q,
                say([row.direction]),
                row.size,
                row.n_leading,
                " ".join(row.leading),
                *nothing,
                found_by.get(row.gene_set) if info.test == PRERANK else None,
                *within,
            ]
    for swap in store.manifest.set_swaps:
        swapped = list_set_swaps(store, concept, swap.key).rows
        for found, within in zip(swapped, _list_within(store, swapped), strict=True):
            yield [
                "set_swap",
                swap.key,
                found.name,
                found.library,
                "z",
                found.z,
                found.p,
                found.q,
                say([found.direction]),
                found.size,
                None,
                "",
                found.effect,
                found.share,
                found.difference,
                found.expected,
                found.z,
                found.n_random,
                found.quadrant,
                None,
                *within,
            ]


def _list_within(
    store: ConceptStore, rows: Sequence[PathwayRow] | Sequence[SwapRow]
) -> Iterator[tuple[str | None, float | None]]:
    """Yield for each row the name of the set that it stands within, and the overlap."""
    found = find_redundancy(store, rows)
    for parent, overlap in zip(found.parent, found.overlap, strict=True):
        yield (None if parent is None else rows[parent].name), overlap


def label_rows(records: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    """Yield every revision of the experts' labels."""
    yield list(LABEL_HEADER)
    for record in records:
        yield [record[name] for name in LABEL_HEADER]


def write_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV (RFC 4180); missing numbers are empty, formulas are made harmless."""
    return write_table(rows, "csv")


def write_table(rows: Iterable[Sequence[Any]], ending: str) -> str:
    """Return rows as ``csv`` or, parted by tabs, as ``tsv``; otherwise as `write_csv`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t" if ending == "tsv" else ",")
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
