"""AnnData files for download, written anew for each request and never left behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.api.errors import ApiError, answer_errors, find_store
from scconcepts_app.api.exports import read_labelled
from scconcepts_app.h5ad import write_cells, write_concepts
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.slots import BusyError, Slots

_NEEDED = (
    "h5ad files need the package anndata, which is not installed on this server. "
    "Run: pip install 'scconcepts[h5ad]'"
)
_RETRY_SECONDS = 15


def create_h5ad_routes(library: Library, annotations: AnnotationService, slots: Slots) -> Blueprint:
    """Return the routes ``/export/<store>/cells.h5ad`` and ``.../concepts.h5ad``.

    Without a free slot they answer 503 in plain text, which the browser shows.
    """
    blueprint = Blueprint("h5ad", __name__, url_prefix="/export/<key>")
    answer_errors(blueprint)
    blueprint.register_error_handler(BusyError, _answer_busy)

    @blueprint.get("/cells.h5ad")
    def cells(key: str) -> Response:
        entry = find_store(library, key)
        _check_installed()
        rows = read_labelled(annotations, entry)
        with slots.take():
            return _send(lambda path: write_cells(path, entry.store, rows), f"{key}-cells.h5ad")

    @blueprint.get("/concepts.h5ad")
    def concepts(key: str) -> Response:
        entry = find_store(library, key)
        _check_installed()
        manifest = entry.store.manifest
        attribution = _read_key(entry, "attribution", [i.key for i in manifest.attributions])
        differential = _read_key(entry, "differential", [i.key for i in manifest.differentials])
        rows = read_labelled(annotations, entry)
        with slots.take():
            return _send(
                lambda path: write_concepts(path, entry.store, rows, attribution, differential),
                f"{key}-concepts.h5ad",
            )

    return blueprint


def _answer_busy(error: BusyError) -> Response:
    response = Response(f"{error}\n", status=503, mimetype="text/plain")
    response.headers.update({"Retry-After": str(_RETRY_SECONDS), "Cache-Control": "no-store"})
    return response


def _check_installed() -> None:
    if find_spec("anndata") is None:
        raise ApiError(501, _NEEDED)


def _read_key(entry: OpenedStore, name: str, known: list[str]) -> str:
    key = request.args.get(name, "")
    if key and key not in known:
        raise ApiError(404, f"store '{entry.key}' has no {name} '{key[:80]}'.")
    return key


def _send(write: Callable[[Path], None], name: str) -> Response:
    """Answer with a file that has no name any more once the answer begins."""
    handle, temporary = tempfile.mkstemp(suffix=".h5ad", prefix="scconcepts-")
    os.close(handle)
    path = Path(temporary)
    try:
        write(path)
        file = path.open("rb")
    except OSError as error:
        raise ApiError(507, f"the file could not be written: {error.strerror}.") from error
    finally:
        with suppress(PermissionError):  # Windows keeps a file that is open
            path.unlink()
    response = send_file(
        file, mimetype="application/x-hdf5", as_attachment=True, download_name=name
    )
    response.headers["Cache-Control"] = "no-cache"
    response.call_on_close(file.close)
    return response
