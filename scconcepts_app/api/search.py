"""What a text in the search box may mean, as JSON."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.api.errors import answer_errors, find_store
from scconcepts_app.labels import read_rows
from scconcepts_app.library import Library
from scconcepts_app.views.search import MOST_TEXT, explain_nothing, search_store


def create_search_routes(library: Library, annotations: AnnotationService) -> Blueprint:
    """Return the route ``/api/<store>/search?q=TEXT``: hits, best first, and a word on none.

    Experts' labels are searched, so nobody may keep the answer.
    """
    blueprint = Blueprint("search", __name__, url_prefix="/api/<key>")
    answer_errors(blueprint)

    @blueprint.get("/search")
    def search(key: str) -> Response:
        entry = find_store(library, key)
        rows, _ = read_rows(annotations, entry)
        text = request.args.get("q", "")[:MOST_TEXT]
        hits = search_store(entry.search_index, rows, text)
        note = "" if hits else explain_nothing(text)
        response = jsonify(hits=[hit.to_dict() for hit in hits], note=note)
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint
