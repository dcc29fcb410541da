"""A cache of what is derived from stores, shared by all workers. Never holds labels.

A store never changes, so what is derived from it is kept under the store's digest and nothing
ever has to be thrown out for being old.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.util import find_spec

from flask import Flask
from flask_caching import Cache

from scconcepts_app import __version__
from scconcepts_app.own_folder import make_own
from scconcepts_app.settings import Settings, SettingsError

log = logging.getLogger(__name__)

# Files of the cache folder beyond this number are dropped, oldest first.
_MOST_FILES = 2000


class Derived:
    """Texts derived from stores, computed once.

    Parameters
    ----------
    server : the Flask app.
    settings : ``cache_url`` of a Redis server, or else ``cache_dir``; a folder that cannot be
        written is said in the log, and nothing is kept.

    Raises
    ------
    SettingsError
        Redis is asked for, and its package is not installed; or the folder is another user's, or
        others can write to it.
    """

    def __init__(self, server: Flask, settings: Settings) -> None:
        self._cache = Cache(server, config=_configure(settings))

    def text(self, digest: str, name: str, compute: Callable[[], str]) -> str:
        """Return the text `name` of the store with this digest, computed if it is not there."""
        # Another release may derive another text from the same store.
        key = f"{__version__}/{digest}/{name}"
        found = self._cache.get(key)
        if isinstance(found, str):
            return found
        made = compute()
        self._cache.set(key, made)
        return made


def _configure(settings: Settings) -> dict[str, object]:
    if settings.cache_url:
        if find_spec("redis") is None:
            raise SettingsError(
                "SCCONCEPTS_CACHE_URL: Redis was asked for, the package redis is not installed. "
                "Run: pip install redis"
            )
        return {
            "CACHE_TYPE": "RedisCache",
            "CACHE_REDIS_URL": settings.cache_url,
            "CACHE_DEFAULT_TIMEOUT": 0,
        }
    folder = settings.cache_dir / "derived"
    try:
        make_own(folder)
    except OSError as error:
        log.warning("%s: cannot be made (%s); nothing is cached", folder, error.strerror)
        return {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True}
    return {
        "CACHE_TYPE": "FileSystemCache",
        "CACHE_DIR": str(folder),
        "CACHE_THRESHOLD": _MOST_FILES,
        "CACHE_DEFAULT_TIMEOUT": 0,
    }
