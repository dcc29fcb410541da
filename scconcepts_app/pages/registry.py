"""The pages by their name in the address, in the order of the header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dash import Dash
from dash.development.base_component import Component

from scconcepts_app.library import OpenedStore
from scconcepts_app.pages import (
    cells,
    celltypes,
    compare,
    genes,
    labels,
    methods,
    pathways,
    workspace,
)
from scconcepts_app.pages.context import Context


class Page(Protocol):
    """What a module of a page offers.

    Attributes
    ----------
    TITLE : its name in the header and in the browser's tab.
    """

    TITLE: str

    def layout(
        self,
        context: Context,
        entry: OpenedStore,
        selection: Mapping[str, Any],
        choices: Mapping[str, str],
    ) -> Component:
        """Return the page of a store.

        Parameters
        ----------
        selection : page, store and concept of the address.
        choices : the rest of the address by name.
        """

    def register_callbacks(self, app: Dash, context: Context) -> None:
        """Register the callbacks of the page."""


PAGES: dict[str, Page] = {
    "workspace": workspace,
    "genes": genes,
    "pathways": pathways,
    "celltypes": celltypes,
    "cells": cells,
    "compare": compare,
    "labels": labels,
    "methods": methods,
}
