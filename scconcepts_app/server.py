"""Makes the app from stores and settings; everything by argument, nothing global."""

from __future__ import annotations

import logging
from pathlib import Path

from dash import Dash, set_props
from flask import Flask

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.annotations.importing import MOST_BYTES
from scconcepts_app.api.cells import create_cell_routes
from scconcepts_app.api.exports import create_export_routes
from scconcepts_app.api.fallback import create_fallback_routes
from scconcepts_app.api.h5ad import create_h5ad_routes
from scconcepts_app.api.health import create_health_routes
from scconcepts_app.api.payloads import create_payload_routes
from scconcepts_app.api.raster import create_raster_routes
from scconcepts_app.api.reports import create_report_routes
from scconcepts_app.api.search import create_search_routes
from scconcepts_app.api.selections import create_selection_routes
from scconcepts_app.caching import Derived
from scconcepts_app.components import ids
from scconcepts_app.compression import add_compression
from scconcepts_app.jobs import Jobs
from scconcepts_app.library import Library
from scconcepts_app.pages import shell
from scconcepts_app.pages.addresses import Addresses
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.registry import PAGES
from scconcepts_app.security import THEME_BOOT, add_security_headers
from scconcepts_app.settings import Settings

ASSETS = Path(__file__).resolve().parents[1] / "assets"
log = logging.getLogger(__name__)

# The theme is set before the first paint, so that a dark page never flashes white.
_INDEX = f"""<!DOCTYPE html>
<html lang="en">
<head>
{{%metas%}}
<title>{{%title%}}</title>
<link rel="icon" href="data:,">
<script>{THEME_BOOT}</script>
{{%css%}}
</head>
<body>
{{%app_entry%}}
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""

# A table of labels comes in base64, which takes a third more; nothing else that is sent is large.
_MOST_REQUEST = 2 * MOST_BYTES
# Scripts and styles are not asked for again with every page. Their addresses hold the time of the
# file, but images built reproducibly give all files one time: so minutes, not for ever.
_ASSETS_LAST_S = 600


def create_app(library: Library, settings: Settings) -> Dash:
    """Return the app over the opened stores; its WSGI callable is ``app.server``.

    Raises
    ------
    AnnotationError
        The annotation database cannot be opened.
    SettingsError
        The cache cannot be used as it is: see `Jobs` and `Derived`.
    """
    jobs, annotations = Jobs(settings), AnnotationService(settings.annotations_url)
    app = Dash(
        __name__,
        server=Flask("scconcepts"),  # type: ignore[arg-type]
        title="scConcepts",
        update_title="",
        assets_folder=str(ASSETS),
        use_pages=False,
        index_string=_INDEX,
        url_base_pathname=settings.url_prefix,
        suppress_callback_exceptions=True,
        serve_locally=True,
        enable_mcp=False,
        on_error=_tell,
        background_callback_manager=jobs.manager,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.server.config["MAX_CONTENT_LENGTH"] = _MOST_REQUEST
    app.server.config["SEND_FILE_MAX_AGE_DEFAULT"] = _ASSETS_LAST_S
    addresses = Addresses(settings.url_prefix)
    context = Context(library, annotations, addresses, settings.default_author, jobs)
    app.layout = lambda: shell.layout(library)
    shell.register_callbacks(app, context)
    for page in PAGES.values():
        page.register_callbacks(app, context)
    _register_routes(app.server, context, jobs, settings)
    add_security_headers(app)
    add_compression(app.server)
    return app


def _register_routes(server: Flask, context: Context, jobs: Jobs, settings: Settings) -> None:
    library, annotations = context.library, context.annotations
    server.register_blueprint(create_health_routes(library, annotations))
    for blueprint in (
        create_payload_routes(library),
        create_raster_routes(library),
        create_cell_routes(library, annotations),
        create_search_routes(library, annotations),
        create_export_routes(library, annotations, Derived(server, settings)),
        create_h5ad_routes(library, annotations, jobs.slots),
        create_selection_routes(library, annotations, jobs),
        create_report_routes(library),
        create_fallback_routes(),
    ):
        below = settings.url_prefix.rstrip("/") + (blueprint.url_prefix or "")
        server.register_blueprint(blueprint, url_prefix=below or None)


def _tell(error: Exception) -> None:
    """Log what failed in a callback and say so on the page; the panel keeps what it showed."""
    log.exception("a callback failed", exc_info=error)
    text = "This panel could not be filled; the details are in the server's log."
    set_props(ids.NOTICE, {"children": text})
