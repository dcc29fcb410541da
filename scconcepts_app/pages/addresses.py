"""Addresses of pages, payloads and downloads, built in one place."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from scconcepts_app.library import OpenedStore


@dataclass(frozen=True)
class Addresses:
    """Addresses below `prefix`, the path the app is mounted at (with a slash at its end)."""

    prefix: str = "/"

    def home(self, key: str) -> str:
        """Return the address of the workspace of a store."""
        return f"{self.prefix}?{urlencode({'store': key})}"

    def page(self, name: str, key: str, **choices: str) -> str:
        """Return the address of a page of a store, such as ``genes``, with choices on it."""
        return f"{self.prefix}{name}?{urlencode({'store': key, **choices}, safe=':,')}"

    def methods(self, key: str) -> str:
        """Return the address of the methods page of a store."""
        return self.page("methods", key)

    def concept(self, key: str, concept_id: str) -> str:
        """Return the address that opens a concept in a new browser."""
        return f"{self.prefix}concept/{quote(concept_id, safe='')}?{urlencode({'store': key})}"

    def payloads(self, entry: OpenedStore) -> str:
        """Return the address below which the map's columns lie."""
        return f"{self.prefix}api/{quote(entry.key)}/{entry.digest}"

    def export(self, key: str, name: str) -> str:
        """Return the address of a download of a store, such as ``concepts.csv``."""
        return f"{self.prefix}export/{quote(key)}/{quote(name)}"
