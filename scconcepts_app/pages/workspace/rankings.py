"""All rankings side by side: what the tabs about gene sets show when no single test is chosen."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output

from scconcepts_app.components import ids
from scconcepts_app.components.rankings_table import columns_of_rankings, rows_of_rankings
from scconcepts_app.figures.message import draw_message
from scconcepts_app.figures.rankings import draw_rankings
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.workspace.shown import Shown
from scconcepts_app.views.found import OPPOSITE, SIGNIFICANT
from scconcepts_app.views.rankings import (
    PLACES,
    RANKINGS,
    RankedTable,
    list_ranked_sets,
    list_rankings,
)
from scconcepts_app.views.set_swap import QUADRANT_CHOICES

_ALL = ("", "All sets")
_FOUND_BY = {
    "both": "Found by both",
    "opposite": "In opposite directions",
    "attribution": "By attribution only",
    "DE": "By DE only",
    "neither": "By neither",
}


def offer_rankings(entry: OpenedStore) -> list[tuple[str, str]]:
    """Return the choice of all rankings where a store has two or more."""
    n_rankings = len(list_rankings(entry.store))
    return [(RANKINGS, "All rankings side by side")] if n_rankings > 1 else []


def draw_all(now: Shown, quadrant: str) -> go.Figure:
    """Return the plot of attribution against DE, or why there is none."""
    table = list_ranked_sets(now.entry.store, now.concept, quadrant)
    if not table.rows:
        return draw_message(_why_empty(now, quadrant), now.theme)
    if table.attribution is None or table.differential is None:
        return draw_message("A plot needs a ranking by attribution and one by DE.", now.theme)
    return draw_rankings(table, now.theme)


def tell_all(now: Shown, quadrant: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    """Return rows, columns and caption of the table."""
    everything = list_ranked_sets(now.entry.store, now.concept)
    table = list_ranked_sets(now.entry.store, now.concept, quadrant) if quadrant else everything
    caption = _caption(now, everything) if table.rows else _why_empty(now, quadrant)
    return rows_of_rankings(table), columns_of_rankings(table), caption


def register_callbacks(app: Dash) -> None:
    """Register what gives the quadrants the words of the test that is looked at."""

    @app.callback(Output(ids.QUADRANT, "options"), Input(ids.ENRICHMENT, "value"))
    def name_quadrants(key: str) -> list[dict[str, str]]:
        words = [_ALL, *((q, _FOUND_BY[PLACES[q]]) for q in PLACES)]
        offered = words if key == RANKINGS else QUADRANT_CHOICES
        return [{"value": value, "label": label} for value, label in offered]


def _caption(now: Shown, table: RankedTable) -> str:
    counts = ", ".join(
        _count(table, quadrant)
        for quadrant, place in PLACES.items()
        if place != "neither" and (quadrant != OPPOSITE or table.count(quadrant))
    )
    unknown = sum(row.quadrant is None for row in table.rows)
    beside = f" {unknown} cannot be placed." if unknown else ""
    return (
        f"{now.concept_id}: of {len(table.rows)} gene sets, {counts} (q < {SIGNIFICANT}).{beside} "
        "↑ raised, ↓ lowered."
    )


def _count(table: RankedTable, quadrant: str) -> str:
    how = "in opposite directions" if quadrant == OPPOSITE else f"by {PLACES[quadrant]}"
    if PLACES[quadrant] in ("attribution", "DE"):
        how += " only"
    counted = ", ".join(f"{n} {arrows}" for arrows, n in table.count_told(quadrant).items())
    return f"{table.count(quadrant)} {how}" + (f" ({counted})" if counted else "")


def _why_empty(now: Shown, quadrant: str) -> str:
    if now.is_silent:
        return "This concept is active in no cell, so no gene set was tested."
    if quadrant:
        if quadrant == OPPOSITE:
            return "No gene set is found by both in opposite directions."
        return f"No gene set is found by {PLACES.get(quadrant, quadrant)}."
    return "No gene set was tested for this concept: its genes could not be ranked."
