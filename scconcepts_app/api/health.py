"""Whether the process lives (/healthz) and whether it can serve (/readyz)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from scconcepts_app.annotations import AnnotationError, AnnotationService
from scconcepts_app.library import Library


def create_health_routes(library: Library, annotations: AnnotationService) -> Blueprint:
    """Return the two routes; both answer JSON that no one may keep."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def alive() -> Response:
        return _answer(200, status="alive")

    @blueprint.get("/readyz")
    def ready() -> Response:
        gone = [entry.key for entry in library if not entry.store.path.is_dir()]
        if gone:
            return _answer(503, status="not ready", reason=f"stores are gone: {', '.join(gone)}")
        try:
            annotations.check()
        except AnnotationError as error:
            return _answer(503, status="not ready", reason=str(error))
        return _answer(200, status="ready", stores=[entry.key for entry in library])

    return blueprint


def _answer(code: int, **body: object) -> Response:
    response = jsonify(**body)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
