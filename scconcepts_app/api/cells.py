"""One cell as JSON: in full, and as the lines of the map's tooltip."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.api.errors import ApiError, answer_errors
from scconcepts_app.api.payloads import find_version
from scconcepts_app.labels import read_row
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.views.cells import (
    N_TOOLTIP_CONCEPTS,
    describe_cell,
    describe_cell_briefly,
    list_cell_concepts,
)


def create_cell_routes(library: Library, annotations: AnnotationService) -> Blueprint:
    """Return the routes ``/api/<store>/<digest>/cell/<index>`` and ``.../lines``."""
    blueprint = Blueprint("cells", __name__, url_prefix="/api/<key>/<digest>/cell")
    answer_errors(blueprint)

    @blueprint.get("/<index>")
    def cell(key: str, digest: str, index: str) -> Response:
        entry = find_version(library, key, digest)
        return jsonify(describe_cell(entry.store, _find_cell(entry, index)))

    @blueprint.get("/<index>/lines")
    def lines(key: str, digest: str, index: str) -> Response:
        entry = find_version(library, key, digest)
        number = _find_cell(entry, index)
        labels = {
            found["id"]: read_row(annotations, entry, found["index"]).label
            for found in list_cell_concepts(entry.store, number)[:N_TOOLTIP_CONCEPTS]
        }
        return jsonify(describe_cell_briefly(entry.store, number, labels))

    return blueprint


def _find_cell(entry: OpenedStore, index: str) -> int:
    n_cells = entry.store.n_cells
    cell = int(index) if index.isascii() and index.isdigit() and len(index) < 12 else -1
    if not 0 <= cell < n_cells:
        raise ApiError(404, f"no cell '{index}': cells are numbered 0 to {n_cells - 1}.")
    return cell
