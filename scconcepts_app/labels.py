"""Experts' labels over the proposed ones, as pages and downloads need them."""

from __future__ import annotations

import logging

from scconcepts_app.annotations import AnnotationError, AnnotationService
from scconcepts_app.library import OpenedStore
from scconcepts_app.views.concepts import ConceptRow, with_label, with_labels

log = logging.getLogger(__name__)


def read_rows(
    annotations: AnnotationService, entry: OpenedStore
) -> tuple[list[ConceptRow], str | None]:
    """Return the rows of the concept table with experts' labels, and what went wrong, if anything.

    A database that cannot be read costs the experts' labels, not the page.
    """
    try:
        found = annotations.latest_for_store(entry.store.manifest.digest)
    except AnnotationError as error:
        log.error("%s", error)
        return entry.concepts, str(error)
    labels = {key: (record.label, record.author) for key, record in found.items()}
    return with_labels(entry.concepts, labels), None


def read_row(annotations: AnnotationService, entry: OpenedStore, concept: int) -> ConceptRow:
    """Return the row of one concept with its expert's label, where it can be read."""
    row = entry.concepts[concept]
    try:
        record = annotations.latest(entry.store.manifest.digest, row.id)
    except AnnotationError as error:
        log.error("%s", error)
        return row
    return with_label(row, record.label, record.author) if record else row
