"""Answers addresses below /api and /export that no route knows.

Dash answers every address with its page; a program that asks for data must get an error instead.
"""

from __future__ import annotations

from flask import Blueprint, Response

from scconcepts_app.api.errors import ApiError, answer_errors


def create_fallback_routes() -> Blueprint:
    """Return routes that answer 404 in JSON."""
    blueprint = Blueprint("fallback", __name__)
    answer_errors(blueprint)

    def unknown(rest: str = "") -> Response:
        raise ApiError(404, f"nothing is served at '{rest}'.")

    for root in ("/api", "/export"):
        blueprint.add_url_rule(f"{root}/", view_func=unknown, methods=["GET"])
        blueprint.add_url_rule(f"{root}/<path:rest>", view_func=unknown, methods=["GET"])
    return blueprint
