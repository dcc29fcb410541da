"""The evaluation report that somebody put beside a store, as a page that can run nothing."""

from __future__ import annotations

from flask import Blueprint, Response

from scconcepts_app.api.errors import ApiError, answer_errors, find_store
from scconcepts_app.library import Library

# The report styles itself; nothing is loaded and no script runs, whatever the file holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def create_report_routes(library: Library) -> Blueprint:
    """Return the route ``/export/<store>/report.html``."""
    blueprint = Blueprint("reports", __name__, url_prefix="/export/<key>")
    answer_errors(blueprint)

    @blueprint.get("/report.html")
    def report(key: str) -> Response:
        entry = find_store(library, key)
        try:
            content = entry.report_path.read_bytes()
        except OSError as error:
            raise ApiError(404, f"no report stands beside store '{key}'.") from error
        response = Response(content, mimetype="text/html")
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Cache-Control"] = "no-cache"
        return response

    return blueprint
