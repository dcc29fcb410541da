"""Tables for download as CSV and TSV, and the gene sets of the concepts as GMT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, request

from scconcepts_app.annotations import AnnotationError, AnnotationService
from scconcepts_app.api.errors import ApiError, answer_errors, find_concept, find_store
from scconcepts_app.caching import Derived
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.views.concepts import ConceptRow, with_labels
from scconcepts_app.views.exports import (
    concept_rows,
    gene_rows,
    label_rows,
    pathway_rows,
    write_table,
)
from scconcepts_app.views.gene_set_files import (
    MOST_GENES,
    N_GENES,
    find_attribution,
    gene_set_lines,
)

_KINDS = {"csv": "text/csv", "tsv": "text/tab-separated-values", "gmt": "text/plain"}


def create_export_routes(
    library: Library, annotations: AnnotationService, derived: Derived
) -> Blueprint:
    """Return the routes below ``/export/<store>/``.

    Tables of a store alone are kept in `derived`; those with labels are made anew each time.
    """
    blueprint = Blueprint("exports", __name__, url_prefix="/export/<key>")
    answer_errors(blueprint)

    @blueprint.get("/concepts.<any(csv, tsv):ending>")
    def concepts(key: str, ending: str) -> Response:
        rows = read_labelled(annotations, find_store(library, key))
        return answer_table(concept_rows(rows), f"{key}-concepts", ending)

    @blueprint.get("/labels.<any(csv, tsv):ending>")
    def labels(key: str, ending: str) -> Response:
        entry = find_store(library, key)
        with _readable():
            records = annotations.export_rows(entry.store.manifest.digest)
        return answer_table(label_rows(records), f"{key}-labels", ending)

    @blueprint.get("/concept/<concept_id>/<any(genes, pathways):table>.<any(csv, tsv):ending>")
    def of_concept(key: str, concept_id: str, table: str, ending: str) -> Response:
        entry = find_store(library, key)
        concept = find_concept(entry, concept_id)
        rows = {"genes": gene_rows, "pathways": pathway_rows}[table]
        text = derived.text(
            entry.store.manifest.digest,
            f"{table}/{concept}" if ending == "csv" else f"{table}/{concept}.{ending}",
            lambda: write_table(rows(entry.store, concept), ending),
        )
        return answer_text(text, f"{key}-{concept_id}-{table}", ending)

    @blueprint.get("/concepts.gmt")
    def gene_sets(key: str) -> Response:
        entry = find_store(library, key)
        n = _read_size(request.args.get("n", ""))
        wanted = request.args.get("attribution", "")
        info = find_attribution(entry.store, wanted)
        if wanted and info is None:
            raise ApiError(404, f"store '{key}' has no attribution '{wanted}'.")
        names = {row.id: row.label for row in read_labelled(annotations, entry)}
        text = "".join(gene_set_lines(entry.store, names, n, info.key if info else None))
        return answer_text(text, f"{key}-concepts-top{n}", "gmt")

    return blueprint


def read_labelled(annotations: AnnotationService, entry: OpenedStore) -> list[ConceptRow]:
    """Return the rows of the concept table with experts' labels.

    Raises
    ------
    ApiError
        503: the labels cannot be read; a table without its labels would look complete.
    """
    with _readable():
        records = annotations.latest_for_store(entry.store.manifest.digest)
    labels = {name: (record.label, record.author) for name, record in records.items()}
    return with_labels(entry.concepts, labels)


def answer_table(rows: Iterable[Sequence[Any]], name: str, ending: str) -> Response:
    """Answer with rows as a file to keep; `name` is without its ending."""
    return answer_text(write_table(rows, ending), name, ending)


def answer_text(text: str | Iterator[str], name: str, ending: str) -> Response:
    """Answer with a text, or its parts one after the other, as a file to keep."""
    response = Response(text, mimetype=_KINDS[ending])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    response.headers["Cache-Control"] = "no-cache"
    return response


def _read_size(text: str) -> int:
    if not text:
        return N_GENES
    n = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= n <= MOST_GENES:
        raise ApiError(400, f"n: found '{text[:20]}', expected 1 to {MOST_GENES} genes a set.")
    return n


@contextmanager
def _readable() -> Iterator[None]:
    """Answer 503 for a database fault: a table without its labels would look complete."""
    try:
        yield
    except AnnotationError as error:
        raise ApiError(503, str(error)) from error
