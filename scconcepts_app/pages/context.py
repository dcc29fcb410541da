"""What every page is given: the stores, the experts' labels, the addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dash.exceptions import PreventUpdate

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.jobs import Jobs
from scconcepts_app.library import Library, OpenedStore
from scconcepts_app.pages.addresses import Addresses


@dataclass(frozen=True)
class Context:
    """Everything a page works with, by argument instead of by import."""

    library: Library
    annotations: AnnotationService
    addresses: Addresses = field(default_factory=Addresses)
    default_author: str = ""
    jobs: Jobs | None = None


@dataclass(frozen=True)
class Chosen:
    """The concept that an address names; `concept` is None when the store has no such one.

    The address may name a latent that became no concept instead: its index is `latent`.
    """

    entry: OpenedStore
    concept: int | None
    latent: int | None = None


def own(key: str, infos: Iterable[Any]) -> str | None:
    """Return the key of a choice, None for the empty one.

    Between the address of another store and its page, the choices are still those of the store
    before: what they ask for is not computed.

    Raises
    ------
    PreventUpdate
        None of `infos`, the manifest's entries, has this key.
    """
    if key and key not in {info.key for info in infos}:
        raise PreventUpdate
    return key or None


def choose(library: Library, selection: Mapping[str, Any] | None) -> Chosen | None:
    """Return the store and concept of the browser's selection; None for an unknown store.

    An address without a concept means the first one. None as well where the address is no longer
    that of a workspace: its panels are about to go.
    """
    selection = selection or {}
    if selection.get("page", "workspace") != "workspace":
        return None
    entry = library.get(selection.get("store"))
    if entry is None:
        return None
    wanted = selection.get("concept")
    if wanted is None:
        return Chosen(entry, 0 if entry.store.n_concepts else None)
    store = entry.store
    return Chosen(entry, store.find_concept(str(wanted)), store.find_latent(str(wanted)))


def entry_of(library: Library, selection: Mapping[str, Any] | None, page: str) -> OpenedStore:
    """Return the store that a page shows.

    Raises
    ------
    PreventUpdate
        The address is that of another page, or of a store that is not open: what is on the page
        is about to go.
    """
    selection = selection or {}
    entry = library.get(selection.get("store"))
    if selection.get("page") != page or entry is None:
        raise PreventUpdate
    return entry


def pick(
    choices: Mapping[str, str] | None, name: str, offered: Iterable[str], default: str | None
) -> str | None:
    """Return a choice of the address, `default` where it says nothing or what is not on offer."""
    wanted = (choices or {}).get(name)
    return wanted if wanted is not None and wanted in set(offered) else default
