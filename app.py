"""The app's entry: ``python app.py STORE...``, or ``gunicorn app:server`` for many users."""

from __future__ import annotations

import argparse
import logging
import socket
import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from flask import Flask, Response
from werkzeug.serving import make_server

from scconcepts_app.annotations import AnnotationError
from scconcepts_app.library import Library
from scconcepts_app.server import create_app
from scconcepts_app.settings import Settings, SettingsError, settings_table
from scconcepts_app.store import StoreError

_NO_STORES = (
    "SCCONCEPTS_STORES: no concept store found. Set it to the folders of the stores to serve, or "
    "to a folder that holds them, or give them to `python app.py STORE...`."
)
# gunicorn ends when a worker leaves with this status; after any other it starts the next worker.
_WORKER_CANNOT_BOOT = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the stores and serve them until interrupted; return the exit status."""
    options = _parse(arguments)
    try:
        settings = _read_settings(options)
        listener = _listen(settings.host, settings.port)
        server = _open(settings, options.debug)
    except (SettingsError, StoreError, AnnotationError) as error:
        print(error, file=sys.stderr)
        return 2
    http = make_server(settings.host, settings.port, server, threaded=True, fd=listener.fileno())
    port = listener.getsockname()[1]
    print(f"scConcepts: http://{settings.host}:{port}{settings.url_prefix}", flush=True)
    with suppress(KeyboardInterrupt):
        http.serve_forever()
    return 0


def make_wsgi() -> Flask:
    """Return the WSGI app of the stores in SCCONCEPTS_STORES, for gunicorn.

    Without stores, or with empty folders in their place as in a container that nothing is
    mounted into, it is alive, not ready, and answers every request with what to set.
    """
    try:
        settings = Settings.from_environment()
        waiting = all(path.is_dir() and not any(path.iterdir()) for path in settings.stores)
        return _make_advice() if waiting else _open(settings)
    except (SettingsError, StoreError, AnnotationError) as error:
        print(error, file=sys.stderr)
        sys.exit(_WORKER_CANNOT_BOOT)


def _open(settings: Settings, debug: bool = False) -> Flask:
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(message)s")
    app = create_app(Library.open(settings.stores), settings)
    if debug:
        app.enable_dev_tools(
            debug=True, dev_tools_hot_reload=False, dev_tools_disable_version_check=True
        )
    return app.server


def _make_advice() -> Flask:
    server = Flask("scconcepts")

    @server.route("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "alive"}

    @server.route("/", defaults={"path": ""})
    @server.route("/<path:path>")
    def advise(path: str) -> Response:
        return Response(_NO_STORES + "\n", status=503, mimetype="text/plain")

    return server


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Serve concept stores in the browser.",
        epilog=_list_settings(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "stores", nargs="*", type=Path, metavar="STORE", help="folder of a concept store"
    )
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on; 0 takes a free one")
    parser.add_argument("--debug", action="store_true", help="show faults of callbacks on the page")
    return parser.parse_args(arguments)


def _list_settings() -> str:
    lines = ["environment variables:"]
    for variable, default, meaning in settings_table():
        words = f"{meaning} Default: {default}." if default else meaning
        lines += [
            f"  {variable}",
            *textwrap.wrap(words, 94, initial_indent="      ", subsequent_indent="      "),
        ]
    return "\n".join(lines)


def _read_settings(options: argparse.Namespace) -> Settings:
    """Return the environment's settings with the command line's in place of them."""
    given = {
        "stores": tuple(options.stores) or None,
        "host": options.host,
        "port": options.port,
    }
    settings = replace(
        Settings.from_environment(), **{k: v for k, v in given.items() if v is not None}
    )
    if not settings.stores:
        raise SettingsError(_NO_STORES)
    return settings


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; werkzeug's own words for a busy port come with an exit."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"{host}:{port}: cannot listen there ({error}). Choose another address with --host "
            "or another port with --port."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
else:
    server = make_wsgi()
