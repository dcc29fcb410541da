"""What a pane below the map is to show, as the browser says it for the pane that is in sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash.exceptions import PreventUpdate

from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, choose, own


@dataclass(frozen=True)
class Shown:
    """A concept of a store, and the choices of the gene panel; None where the store has none.

    `gene_set` is the set that the address names, empty for none.
    """

    entry: OpenedStore
    concept: int
    attribution: str | None
    differential: str | None
    statistic: str
    theme: str
    tab: str
    gene_set: str = ""

    @property
    def concept_id(self) -> str:
        """The id of the concept."""
        return self.entry.store.concept_ids[self.concept]

    @property
    def is_silent(self) -> bool:
        """Whether the concept is active in no cell."""
        return len(self.entry.store.activations.rows(self.concept)["cell"]) == 0


def read_shown(context: Context, data: dict[str, Any] | None) -> Shown:
    """Return what a pane is to show.

    Raises
    ------
    PreventUpdate
        The pane was not in sight yet, or there is no such concept: the page then says so itself.
    """
    chosen = choose(context.library, data) if data else None
    if data is None or chosen is None or chosen.concept is None:
        raise PreventUpdate
    manifest = chosen.entry.store.manifest
    return Shown(
        entry=chosen.entry,
        concept=chosen.concept,
        attribution=own(data["attribution"], manifest.attributions),
        differential=own(data["differential"], manifest.differentials),
        statistic=data["statistic"],
        theme=data["theme"],
        tab=data["tab"],
        gene_set=data.get("set", ""),
    )
