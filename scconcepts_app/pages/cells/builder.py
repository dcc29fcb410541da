"""Builds a set of cells from columns of obs: conditions as chips, and a row to add one."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.controls import choice
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.cells.shown import read_shown
from scconcepts_app.pages.context import Context
from scconcepts_app.views.cell_selection import Condition, find_column, write_where


def panel(entry: OpenedStore) -> html.Div:
    """Return the conditions that there are, and the row that adds one."""
    columns = [(column.key, column.name) for column in entry.store.manifest.obs]
    first = find_column(entry.store, columns[0][0] if columns else None)
    is_number = first is not None and first.kind == "numeric"
    return html.Div(
        [
            html.Div(id=ids.CELLS_CONDITIONS, className="sc-conditions"),
            html.Div(
                [
                    choice(
                        ids.CELLS_COLUMN, "Cells with", columns, columns[0][0] if columns else None
                    ),
                    html.Div(
                        dcc.Dropdown(
                            id=ids.CELLS_VALUES,
                            options=first.categories if first else [],
                            multi=True,
                            placeholder="any of these values",
                            className="sc-dropdown",
                            maxHeight=320,
                        ),
                        id=f"{ids.CELLS_VALUES}-place",
                        className="sc-values",
                        hidden=is_number,
                    ),
                    html.Div(
                        [_number(ids.CELLS_LOW, "from"), _number(ids.CELLS_HIGH, "to")],
                        id=f"{ids.CELLS_LOW}-place",
                        className="sc-range",
                        hidden=not is_number,
                    ),
                    html.Button(
                        "Add", id=ids.CELLS_ADD, type="button", className="sc-button is-small"
                    ),
                ],
                className="sc-add",
            ),
        ],
        className="sc-builder",
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the builder."""
    _register_offer(app, context)
    _register_add(app, context)
    _register_conditions(app, context)


def _register_offer(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.CELLS_VALUES, "options"),
        Output(ids.CELLS_VALUES, "value"),
        Output(f"{ids.CELLS_VALUES}-place", "hidden"),
        Output(f"{ids.CELLS_LOW}-place", "hidden"),
        Output(ids.CELLS_LOW, "placeholder"),
        Output(ids.CELLS_HIGH, "placeholder"),
        Output(ids.CELLS_LOW, "value"),
        Output(ids.CELLS_HIGH, "value"),
        Input(ids.CELLS_COLUMN, "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def offer(key: str, selection: dict[str, Any]) -> tuple[Any, ...]:
        now = read_shown(context, selection, {})
        column = find_column(now.entry.store, key)
        if column is None:
            raise PreventUpdate
        color, is_number = now.entry.obs_colors[column.key], column.kind == "numeric"
        ends = ["from", "to"]
        if is_number:
            ends = [f"from {color['min']:.4g}", f"to {color['max']:.4g}"]
        return column.categories, [], is_number, not is_number, *ends, None, None


def _register_add(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.CELLS_GO, "data"),
        Output(ids.CELLS_VALUES, "value", allow_duplicate=True),
        Input(ids.CELLS_ADD, "n_clicks"),
        State(ids.CELLS_COLUMN, "value"),
        State(ids.CELLS_VALUES, "value"),
        State(ids.CELLS_LOW, "value"),
        State(ids.CELLS_HIGH, "value"),
        State(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def add(
        n_clicks: int | None,
        key: str,
        values: list[str] | None,
        low: float | None,
        high: float | None,
        choices: dict[str, str],
        selection: dict[str, Any],
    ) -> tuple[dict[str, Any], list[str]]:
        now = read_shown(context, selection, choices)
        column = find_column(now.entry.store, key)
        if column is None:
            raise PreventUpdate
        new = Condition(column, tuple(values or ()), low, high)
        if not n_clicks or (not values and low is None and high is None):
            raise PreventUpdate
        others = (
            [c for c in now.selection.conditions if c.column.key != key] if now.selection else []
        )
        where = write_where([*others, new])
        return {"where": where, "cell": None, "at": n_clicks}, []

    app.clientside_callback(
        ClientsideFunction("scconcepts", "goToCells"),
        Output(f"{ids.CELLS_MAP}-go", "data"),
        Input(ids.CELLS_GO, "data"),
        prevent_initial_call=True,
    )


def _register_conditions(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.CELLS_CONDITIONS, "children"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
    )
    def show(choices: dict[str, str], selection: dict[str, Any]) -> Any:
        now = read_shown(context, selection, choices)
        if now.selection is None:
            return [
                _chip("Start again", "Take all conditions away", _address(context, now, "", ""))
            ]
        sel, conditions = now.selection.sel, now.selection.conditions
        chips = []
        if now.selection.polygon:
            href = _address(context, now, "", now.selection.where)
            chips.append(_chip(now.selection.polygon.words, "Take the outline away", href))
        for condition in conditions:
            rest = write_where([other for other in conditions if other is not condition])
            href = _address(context, now, sel, rest)
            chips.append(_chip(condition.words, "Take this condition away", href))
        return chips or [html.Span("All cells: nothing is chosen yet.", className="sc-muted")]


def _address(context: Context, now: Any, sel: str, where: str) -> str:
    """Return the address of the page with another set and the same choices."""
    kept = {k: v for k, v in now.choices.items() if k not in {"sel", "where", "cell"}}
    found = {**({"sel": sel} if sel else {}), **({"where": where} if where else {}), **kept}
    return context.addresses.page("cells", now.entry.key, **found)


def _chip(words: str, title: str, href: str) -> dcc.Link:
    return dcc.Link(
        [words, html.Span("×", className="sc-chip-x")],
        href=href,
        title=title,
        className="sc-chip is-removable",
    )


def _number(control_id: str, words: str) -> html.Div:
    return html.Div(
        [
            html.Label(words, htmlFor=control_id, className="sc-label sc-unseen"),
            dcc.Input(
                id=control_id,
                type="number",
                step="any",
                placeholder=words,
                debounce=True,
                className="sc-number",
            ),
        ]
    )
