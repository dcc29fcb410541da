"""Tables for download as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response

from scconcepts_app.annotations import AnnotationError, AnnotationService
from scconcepts_app.api.errors import ApiError, answer_errors, find_concept, find_store
from scconcepts_app.caching import Derived
from scconcepts_app.library import Library
from scconcepts_app.views.concepts import with_labels
from scconcepts_app.views.exports import (
    concept_rows,
    gene_rows,
    label_rows,
    pathway_rows,
    write_csv,
)


def create_export_routes(
    library: Library, annotations: AnnotationService, derived: Derived
) -> Blueprint:
    """Return the routes below ``/export/<store>/``.

    Tables of a store alone are kept in `derived`; those with labels are made anew each time.
    """
    blueprint = Blueprint("exports", __name__, url_prefix="/export/<key>")
    answer_errors(blueprint)

    @blueprint.get("/concepts.csv")
    def concepts(key: str) -> Response:
        entry = find_store(library, key)
        with _readable():
            records = annotations.latest_for_store(entry.store.manifest.digest)
        labels = {name: (record.label, record.author) for name, record in records.items()}
        rows = with_labels(entry.concepts, labels)
        return _answer(write_csv(concept_rows(rows)), f"{key}-concepts.csv")

    @blueprint.get("/labels.csv")
    def labels(key: str) -> Response:
        entry = find_store(library, key)
        with _readable():
            records = annotations.export_rows(entry.store.manifest.digest)
        return _answer(write_csv(label_rows(records)), f"{key}-labels.csv")

    @blueprint.get("/concept/<concept_id>/<any(genes, pathways):table>.csv")
    def of_concept(key: str, concept_id: str, table: str) -> Response:
        entry = find_store(library, key)
        concept = find_concept(entry, concept_id)
        rows = {"genes": gene_rows, "pathways": pathway_rows}[table]
        text = derived.text(
            entry.store.manifest.digest,
            f"{table}/{concept}",
            lambda: write_csv(rows(entry.store, concept)),
        )
        return _answer(text, f"{key}-{concept_id}-{table}.csv")

    return blueprint


@contextmanager
def _readable() -> Iterator[None]:
    """Answer 503 for a database fault: a table without its labels would look complete."""
    try:
        yield
    except AnnotationError as error:
        raise ApiError(503, str(error)) from error


def _answer(text: str, name: str) -> Response:
    response = Response(text, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-cache"
    return response
