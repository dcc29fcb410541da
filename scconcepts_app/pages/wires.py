"""What the browser does by itself and several pages want alike: draw maps, open a chosen row."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output

from scconcepts_app.components import ids


def draw_maps(app: Dash, maps: str, effect: str) -> None:
    """Draw the cell maps that the store `maps` tells of, anew in another theme.

    Parameters
    ----------
    effect : id of a store that only stands for the callback having run.
    """
    app.clientside_callback(
        ClientsideFunction("scconcepts", "drawMaps"),
        Output(effect, "data"),
        Input(maps, "data"),
        Input(ids.THEME, "data"),
    )


def open_chosen_row(app: Dash, table: str, effect: str) -> None:
    """Go to the workspace of the concept whose row is chosen; `effect` as in `draw_maps`."""
    app.clientside_callback(
        ClientsideFunction("scconcepts", "openRow"),
        Output(effect, "data"),
        Input(table, "selectedRows"),
        prevent_initial_call=True,
    )
