"""A set of cells: its bytes for the map, and its tables for download."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from flask import Blueprint, Response, request

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.api.errors import ApiError, answer_errors, find_store
from scconcepts_app.api.exports import answer_table, answer_text, read_labelled
from scconcepts_app.api.payloads import FOR_EVER, find_version
from scconcepts_app.jobs import Jobs
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.store.payload import encode_payload
from scconcepts_app.views.cell_search import find_cell
from scconcepts_app.views.cell_selection import (
    Selection,
    SelectionError,
    find_cells,
    read_selection,
    read_sides,
)
from scconcepts_app.views.exports import write_table
from scconcepts_app.views.over_representation import compare_set
from scconcepts_app.views.set_tables import (
    breakdown_rows,
    cell_rows,
    expression_rows,
    set_concept_rows,
)

_ROWS_PER_PART = 5000


def create_selection_routes(
    library: Library, annotations: AnnotationService, jobs: Jobs | None
) -> Blueprint:
    """Return the routes about the cells that ``sel`` and ``where`` of an address define.

    The bytes for the map can be those of one cell as well, ``cell``.
    """
    blueprint = Blueprint("selections", __name__)
    answer_errors(blueprint)

    @blueprint.get("/api/<key>/<digest>/selection")
    def payload(key: str, digest: str) -> Response:
        entry = find_version(library, key, digest)
        selection, cell = _read(entry), request.args.get("cell", "")
        asked = "\n".join((selection.sel, selection.where, cell))
        asked = hashlib.sha256(asked.encode()).hexdigest()[:20]
        etag = f"{entry.digest}-selection-{asked}"
        response = Response(mimetype="application/octet-stream")
        response.set_etag(etag)
        response.headers["Cache-Control"] = FOR_EVER
        if request.if_none_match.contains_weak(etag):
            response.status_code = 304
            return response
        cells = _find_one(entry, cell) if cell else find_cells(entry.store, selection).nonzero()[0]
        response.set_data(encode_payload(cells, np.ones(len(cells), np.float32)).tobytes())
        return response

    @blueprint.get("/export/<key>/selection/cells.<any(csv, tsv):ending>")
    def cells(key: str, ending: str) -> Response:
        entry = find_store(library, key)
        rows = cell_rows(entry.store, find_cells(entry.store, _read(entry)))
        return answer_text(_in_parts(rows, ending), f"{key}-cells", ending)

    @blueprint.get("/export/<key>/selection/concepts.<any(csv, tsv):ending>")
    def concepts(key: str, ending: str) -> Response:
        entry = find_store(library, key)
        found = compare_set(entry.store, find_cells(entry.store, _read(entry)), entry.activity)
        labels = {row.id: row.label for row in read_labelled(annotations, entry)}
        return answer_table(set_concept_rows(found, labels), f"{key}-set-concepts", ending)

    @blueprint.get("/export/<key>/selection/composition.<any(csv, tsv):ending>")
    def composition(key: str, ending: str) -> Response:
        entry = find_store(library, key)
        rows = breakdown_rows(entry.store, find_cells(entry.store, _read(entry)))
        return answer_table(rows, f"{key}-set-composition", ending)

    @blueprint.get("/export/<key>/selection/expression.<any(csv, tsv):ending>")
    def expression(key: str, ending: str) -> Response:
        entry = find_store(library, key)
        fault, first, second = read_sides(entry.store, request.args)
        if fault:
            raise ApiError(400, fault)
        digest = entry.store.manifest.digest
        found = jobs.find(jobs.name_comparison(digest, first, second)) if jobs else None
        if found is None:
            raise ApiError(404, "this comparison was not run yet, or is no longer kept. Run it.")
        return answer_table(expression_rows(found["rows"]), f"{key}-set-expression", ending)

    return blueprint


def _read(entry: OpenedStore) -> Selection:
    """Return the set of cells that a request names."""
    try:
        return read_selection(entry.store, request.args)
    except SelectionError as error:
        raise ApiError(400, str(error)) from error


def _find_one(entry: OpenedStore, text: str) -> np.ndarray:
    cell = find_cell(entry.store, text)
    if cell is None:
        raise ApiError(404, f"store '{entry.key}' has no cell '{text[:80]}'.")
    return np.array([cell])


def _in_parts(rows: Iterator[list[Any]], ending: str) -> Iterator[str]:
    part = []
    for row in rows:
        part.append(row)
        if len(part) == _ROWS_PER_PART:
            yield write_table(part, ending)
            part = []
    yield write_table(part, ending)
