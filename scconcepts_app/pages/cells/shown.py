"""Which cells the address means, for every part of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, entry_of
from scconcepts_app.views.cell_search import find_cell
from scconcepts_app.views.cell_selection import (
    Mask,
    Selection,
    SelectionError,
    find_cells,
    read_selection,
)

TAB_OF_CELL = "cell"


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes
    ----------
    selection : the set; None where the address defines none, for which `fault` is the reason.
    cell : text of the cell that is asked for, empty without one.
    """

    entry: OpenedStore
    choices: Mapping[str, str]
    selection: Selection | None
    fault: str

    @property
    def cell(self) -> str:
        """What the address says of one cell."""
        return (self.choices.get("cell") or "").strip()

    @property
    def tab(self) -> str:
        """The pane that is in sight: that of a cell comes before the set's."""
        return TAB_OF_CELL if self.cell else self.choices.get("tab") or "concepts"

    def find_cell(self) -> int | None:
        """Return the cell, None when the store has none such."""
        return find_cell(self.entry.store, self.cell)

    def find_cells(self) -> Mask:
        """Return which cells are in the set, none for a fault."""
        return find_cells(self.entry.store, self.selection)

    def asked(self) -> dict[str, str]:
        """Return the set as choices of an address, in one way of writing it."""
        if self.selection is None:
            return {}
        found = {"sel": self.selection.sel, "where": self.selection.where}
        return {name: text for name, text in found.items() if text}


def read_shown(
    context: Context, selection: Mapping[str, Any] | None, choices: Mapping[str, str] | None
) -> Shown:
    """Return what the page shows.

    Raises
    ------
    PreventUpdate
        The address is that of another page.
    """
    entry = entry_of(context.library, selection, "cells")
    try:
        found, fault = read_selection(entry.store, choices or {}), ""
    except SelectionError as error:
        found, fault = None, str(error)
    return Shown(entry, choices or {}, found, fault)
