"""The cell map as a PNG, for browsers without WebGL 2."""

from __future__ import annotations

import hashlib
import io
import math

from flask import Blueprint, Response, request
from PIL import Image

from scconcepts_app.api.errors import ApiError, answer_errors, find_activations
from scconcepts_app.api.payloads import answer_for_ever, check_map, find_version
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.views.gene_search import find_gene
from scconcepts_app.views.ramps import THEMES
from scconcepts_app.views.raster import (
    Layer,
    draw_cells,
    layer_of_column,
    layer_of_difference,
    layer_of_obs,
)

SIDES = (16, 2000)  # fewest and most pixels of a side
Limits = tuple[float, float] | None


def create_raster_routes(library: Library) -> Blueprint:
    """Return the route ``/api/<store>/<digest>/raster/<map>.png``.

    Its query: ``color`` as in the address of the workspace, or ``concept:ID`` or ``none``;
    ``range``, ``theme``, ``width`` and ``height``.
    """
    blueprint = Blueprint("raster", __name__, url_prefix="/api/<key>/<digest>/raster")
    answer_errors(blueprint)

    @blueprint.get("/<name>.png")
    def raster(key: str, digest: str, name: str) -> Response:
        entry = find_version(library, key, digest)
        check_map(entry, name)
        width, height = _side("width"), _side("height")
        theme, limits = _theme(), _limits()
        color = request.args.get("color", "none")
        layer = _find_layer(entry, color, theme, limits)
        asked = repr((name, color, limits, theme, width, height))

        def draw() -> bytes:
            picture = draw_cells(entry.store, name, layer, theme, width, height)
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "PNG", compress_level=3)
            return file.getvalue()

        etag = f"raster-{hashlib.sha256(asked.encode()).hexdigest()[:20]}"
        return answer_for_ever(entry, etag, draw, "image/png")

    return blueprint


def _side(name: str) -> int:
    text = request.args.get(name, "")
    length = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if not SIDES[0] <= length <= SIDES[1]:
        raise ApiError(400, f"{name}: found '{text}', expected {SIDES[0]} to {SIDES[1]} pixels.")
    return length


def _theme() -> str:
    theme = request.args.get("theme", THEMES[0])
    if theme not in THEMES:
        raise ApiError(400, f"theme: found '{theme}', expected one of {', '.join(THEMES)}.")
    return theme


def _limits() -> Limits:
    """Return the thresholds; text that is none is ignored, as the map does."""
    try:
        low, high = map(float, request.args.get("range", "").split(","))
    except ValueError:
        return None
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low <= high else None


def _find_layer(entry: OpenedStore, color: str, theme: str, limits: Limits) -> Layer | None:
    store = entry.store
    kind, _, name = color.partition(":")
    if kind == "none":
        return None
    if kind == "concept":
        payload = find_activations(entry, name)
        return layer_of_column(payload, theme, limits)
    if kind == "diff":
        pair = [find_activations(entry, i) for i in _pair(name)]
        return layer_of_difference(pair[0], pair[1], store.n_cells, theme, limits)
    if kind == "gene":
        gene = find_gene(entry.gene_index, name)
        if gene is None:
            raise ApiError(404, f"store '{entry.key}' has no gene '{name}', neither symbol nor id.")
        return layer_of_column(store.payload("expression", gene), theme, limits)
    if kind == "obs":
        column = next((c for c in store.manifest.obs if c.key == name), None)
        if column is None:
            raise ApiError(404, f"store '{entry.key}' has no column '{name}'.")
        return layer_of_obs(store, column, theme, limits)
    raise ApiError(
        400, f"color: found '{color}', expected concept:ID, diff:ID,ID, gene:NAME, obs:KEY or none."
    )


def _pair(text: str) -> tuple[str, str]:
    first, comma, second = text.partition(",")
    if not comma:
        raise ApiError(400, f"color: found 'diff:{text}', expected two concepts with a comma.")
    return first, second
