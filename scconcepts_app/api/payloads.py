"""The map's binary columns. Their addresses carry the store's digest, so they never change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flask import Blueprint, Response, request

from scconcepts_app.api.errors import ApiError, answer_errors, find_concept, find_store
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.views.colors import encode_obs
from scconcepts_app.views.gene_search import find_gene

FOR_EVER = "public, max-age=31536000, immutable"


def create_payload_routes(library: Library) -> Blueprint:
    """Return the routes below ``/api/<store>/<digest>/`` that answer with bytes."""
    blueprint = Blueprint("payloads", __name__, url_prefix="/api/<key>/<digest>")
    answer_errors(blueprint)

    @blueprint.get("/map/<name>")
    def coordinates(key: str, digest: str, name: str) -> Response:
        entry = find_version(library, key, digest)
        if name not in {info.key for info in entry.store.manifest.maps}:
            raise ApiError(404, f"store '{key}' has no map '{name}'.")
        return _answer(
            entry,
            f"map-{name}",
            lambda: np.asarray(entry.store.array(f"maps/{name}/quantised"), "<u2").tobytes(),
        )

    @blueprint.get("/activations/<concept_id>")
    def activations(key: str, digest: str, concept_id: str) -> Response:
        entry = find_version(library, key, digest)
        concept = find_concept(entry, concept_id)
        return _answer(
            entry,
            f"activations-{concept}",
            lambda: entry.store.payload("activations", concept).tobytes(),
        )

    @blueprint.get("/expression/<path:name>")
    def expression(key: str, digest: str, name: str) -> Response:
        entry = find_version(library, key, digest)
        gene = find_gene(entry.gene_index, name)
        if gene is None:
            raise ApiError(404, f"store '{key}' has no gene '{name}', neither symbol nor id.")
        return _answer(
            entry,
            f"expression-{gene}",
            lambda: entry.store.payload("expression", gene).tobytes(),
        )

    @blueprint.get("/obs/<name>")
    def obs(key: str, digest: str, name: str) -> Response:
        entry = find_version(library, key, digest)
        column = next((c for c in entry.store.manifest.obs if c.key == name), None)
        if column is None:
            raise ApiError(404, f"store '{key}' has no column '{name}'.")
        return _answer(entry, f"obs-{name}", lambda: encode_obs(entry.store, column))

    return blueprint


def find_version(library: Library, key: str, digest: str) -> OpenedStore:
    """Return the store of a key, if its content is the one the address names.

    Raises
    ------
    ApiError
        404: no such store. 409: the store was replaced by one of other content.
    """
    entry = find_store(library, key)
    if digest != entry.digest:
        raise ApiError(
            409,
            f"store '{key}' now holds other data (digest {entry.digest}, asked for {digest}). "
            "Load the page again.",
        )
    return entry


def _answer(entry: OpenedStore, name: str, read: Callable[[], bytes]) -> Response:
    """Answer with bytes that may be kept for ever; 304 to who has them, without reading."""
    etag = f"{entry.digest}-{name}"
    response = Response(mimetype="application/octet-stream")
    response.set_etag(etag)
    response.headers["Cache-Control"] = FOR_EVER
    if etag in request.if_none_match:
        response.status_code = 304
        return response
    response.set_data(read())
    return response
