"""The map's binary columns. Their addresses carry the store's digest, so they never change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flask import Blueprint, Response, request

from scconcepts_app.api.errors import ApiError, answer_errors, find_activations, find_store
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
        check_map(entry, name)
        return answer_for_ever(
            entry,
            f"map-{name}",
            lambda: np.asarray(entry.store.array(f"maps/{name}/quantised"), "<u2").tobytes(),
        )

    @blueprint.get("/activations/<concept_id>")
    def activations(key: str, digest: str, concept_id: str) -> Response:
        entry = find_version(library, key, digest)
        payload = find_activations(entry, concept_id)
        return answer_for_ever(entry, f"activations-{concept_id}", payload.tobytes)

    @blueprint.get("/expression/<path:name>")
    def expression(key: str, digest: str, name: str) -> Response:
        entry = find_version(library, key, digest)
        gene = find_gene(entry.gene_index, name)
        if gene is None:
            raise ApiError(404, f"store '{key}' has no gene '{name}', neither symbol nor id.")
        return answer_for_ever(
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
        return answer_for_ever(entry, f"obs-{name}", lambda: encode_obs(entry.store, column))

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


def check_map(entry: OpenedStore, name: str) -> None:
    """Raise `ApiError` 404 where the store has no map of this key."""
    if name not in {info.key for info in entry.store.manifest.maps}:
        raise ApiError(404, f"store '{entry.key}' has no map '{name}'.")


def answer_for_ever(
    entry: OpenedStore,
    name: str,
    read: Callable[[], bytes],
    mimetype: str = "application/octet-stream",
) -> Response:
    """Answer with bytes that may be kept for ever; 304 to who has them, without reading.

    `name` tells them apart from all others of the store.
    """
    etag = f"{entry.digest}-{name}"
    response = Response(mimetype=mimetype)
    response.set_etag(etag)
    response.headers["Cache-Control"] = FOR_EVER
    if request.if_none_match.contains_weak(etag):
        response.status_code = 304
        return response
    response.set_data(read())
    return response
