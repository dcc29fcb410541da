"""The tab about one cell: which genes give this cell the concept."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, State, html

from scconcepts_app.components import ids
from scconcepts_app.components.controls import choice
from scconcepts_app.components.graph import graph_slot
from scconcepts_app.components.pane import lead, of_tabs, pane, shown_id
from scconcepts_app.figures.cell_effects import draw_cell
from scconcepts_app.figures.message import draw_message
from scconcepts_app.pages.context import Context
from scconcepts_app.pages.workspace.shown import Shown, read_shown
from scconcepts_app.views.cell_effects import (
    CellExplanation,
    explain_cell,
    list_top_cells,
    why_no_cells,
)

TAB = ("cell", "One cell", "The genes that give one cell of high activation the concept.")


def controls() -> html.Div:
    """Return the row with the choice of a cell."""
    return html.Div(
        choice(
            ids.CELL_CHOICE,
            "Cell",
            [],
            None,
            "The cells of highest activation. A click on one of them in the map chooses it, too.",
        ),
        className="sc-bar is-second",
        **of_tabs("cell"),
    )


def make_pane() -> html.Div:
    """Return the empty pane."""
    return pane(
        "cell",
        graph_slot(ids.CELL, "Effects of genes in one cell"),
        above=[lead(ids.CELL_LEAD)],
        caption=ids.CELL_CAPTION,
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the tab."""
    shown, chosen = Input(shown_id("cell"), "data"), Input(ids.CELL_CHOICE, "value")

    @app.callback(
        Output(ids.CELL_CHOICE, "options"),
        Output(ids.CELL_CHOICE, "value"),
        shown,
        State(ids.CELL_CHOICE, "value"),
    )
    def offer(
        data: dict[str, Any] | None, value: str | None
    ) -> tuple[list[dict[str, str]], str | None]:
        now = read_shown(context, data)
        cells = list_top_cells(now.entry.store, now.concept, now.attribution)
        options = [{"value": str(top.cell), "label": top.words} for top in cells]
        values = [option["value"] for option in options]
        return options, value if value in values else next(iter(values), None)

    @app.callback(Output(ids.CELL, "figure"), shown, chosen)
    def draw(data: dict[str, Any] | None, value: str | None) -> go.Figure:
        now = read_shown(context, data)
        found = _explain(now, value)
        if found is None or not found.genes:
            text = why_no_cells(now.entry.store, now.concept, now.attribution)
            figure = draw_message(text, now.theme)
        else:
            figure = draw_cell(found, now.theme)
        return figure.update_layout(meta=f"{now.concept_id} {value}")

    @app.callback(
        Output(ids.CELL_LEAD, "children"), Output(ids.CELL_CAPTION, "children"), shown, chosen
    )
    def tell(data: dict[str, Any] | None, value: str | None) -> tuple[str, str]:
        found = _explain(read_shown(context, data), value)
        return (found.sentence, _CAPTION) if found else ("", "")


_CAPTION = (
    "Blue: the cell has more of the gene than its counterfactual; orange: less. Effects of one "
    "cell are noisier than their mean over cells."
)


def _explain(now: Shown, value: str | None) -> CellExplanation | None:
    """Return the explanation of the chosen cell, of the first one for a cell that is not listed."""
    cells = list_top_cells(now.entry.store, now.concept, now.attribution)
    if not cells:
        return None
    top = next((top for top in cells if str(top.cell) == value), cells[0])
    return explain_cell(now.entry.store, now.concept, now.attribution or "", top)
