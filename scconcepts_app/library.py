"""The opened concept stores of a server, by key. Read-only after it was made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.reader import MANIFEST
from scconcepts_app.views.colors import list_obs_colors
from scconcepts_app.views.concepts import ConceptRow, list_concepts
from scconcepts_app.views.gene_search import index_genes
from scconcepts_app.views.over_representation import Activity, count_activity
from scconcepts_app.views.search import SearchIndex, index_search

DIGEST_LENGTH = 12
T = TypeVar("T")
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_.-]+")


class OpenedStore:
    """A store with what is derived from it once: a store never changes, so neither do these.

    Attributes
    ----------
    key : its name in URLs.
    store : the concept store.
    """

    def __init__(self, key: str, store: ConceptStore) -> None:
        self.key = key
        self.store = store
        self._kept: dict[str, Any] = {}

    @property
    def digest(self) -> str:
        """First characters of the store's digest, as used in URLs."""
        return self.store.manifest.digest[:DIGEST_LENGTH]

    @property
    def report_path(self) -> Path:
        """Where ``precompute evaluate`` may have left a report: ``NAME.report.html`` beside it."""
        path = self.store.path.resolve()
        return path.with_name(f"{path.name.removesuffix('.store')}.report.html")

    @cached_property
    def concepts(self) -> list[ConceptRow]:
        """Rows of the concept table with proposed labels."""
        return list_concepts(self.store)

    @cached_property
    def gene_index(self) -> dict[str, int]:
        """Gene by symbol or id."""
        return index_genes(self.store)

    @cached_property
    def search_index(self) -> SearchIndex:
        """What the search box knows of the store."""
        return index_search(self.store)

    @cached_property
    def activity(self) -> Activity:
        """How often each concept is active, in all cells and in those of each donor."""
        return count_activity(self.store)

    @cached_property
    def obs_colors(self) -> dict:
        """What the map's legend needs for each obs column."""
        return list_obs_colors(self.store)

    def once(self, name: str, compute: Callable[[], T]) -> T:
        """Return what `compute` derives from the store under `name`, computed the first time."""
        if name not in self._kept:
            self._kept[name] = compute()
        return self._kept[name]


class Library:
    """Opened stores; the first is the default.

    Raises
    ------
    ValueError
        No store was given.
    """

    def __init__(self, stores: Sequence[tuple[str, ConceptStore]]) -> None:
        if not stores:
            raise ValueError("no store to serve. Give the path of at least one concept store.")
        self._entries = {key: OpenedStore(key, store) for key, store in stores}

    @classmethod
    def open(cls, paths: Sequence[Path | str]) -> Library:
        """Open the stores at `paths` under their folder names, made unique.

        A folder that is no store stands for the ``*.store`` folders in it, in order of name.

        Raises
        ------
        StoreError
            A path holds no store, or a damaged one.
        ValueError
            No path was given.
        """
        keys: list[str] = []
        stores = []
        for path in (store for given in paths for store in find_stores(Path(given))):
            keys.append(_unique(_make_key(path), keys))
            stores.append((keys[-1], ConceptStore.open(path)))
        return cls(stores)

    @property
    def default(self) -> OpenedStore:
        """The store that is shown when a URL names none."""
        return next(iter(self._entries.values()))

    def get(self, key: str | None) -> OpenedStore | None:
        """Return the store of a key, the default for None or "", or None when there is none."""
        return self._entries.get(key) if key else self.default

    def __iter__(self) -> Iterator[OpenedStore]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)


def find_stores(path: Path) -> list[Path]:
    """Return the stores that a path stands for: itself, or those in the folder."""
    inside = sorted(path.glob("*.store")) if not (path / MANIFEST).exists() else []
    return inside or [path]


def _make_key(path: Path) -> str:
    name = path.resolve().name.removesuffix(".store")
    return _NOT_IN_KEYS.sub("-", name).strip("-.") or "store"


def _unique(key: str, taken: Sequence[str]) -> str:
    if key not in taken:
        return key
    number = 2
    while f"{key}-{number}" in taken:
        number += 1
    return f"{key}-{number}"
