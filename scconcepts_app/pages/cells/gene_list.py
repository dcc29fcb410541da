"""A list of the reader's own genes against the concepts, and against the set's expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.cell_set_tables import list_table
from scconcepts_app.components.controls import choice
from scconcepts_app.components.table import place_of, table_place
from scconcepts_app.labels import read_rows
from scconcepts_app.pages.cells.differential import read_comparison
from scconcepts_app.pages.cells.shown import Shown, read_shown
from scconcepts_app.pages.context import Context, pick
from scconcepts_app.pages.wires import open_chosen_row
from scconcepts_app.views.gene_lists import (
    TOPS,
    GeneList,
    find_ranked_genes,
    name_ranking,
    place_in_expression,
    place_list,
    read_genes,
)
from scconcepts_app.views.numbers import format_p

_DEFAULT_TOP = "50"
_MOST_TEXT = 60_000
_TOP_MEANING = "Genes of largest presence of each concept"


def panel() -> html.Div:
    """Return the form and the empty table."""
    tops = [(str(n), str(n)) for n in TOPS]
    return html.Div(
        [
            html.Div(
                [
                    html.Label("Genes", htmlFor=ids.LIST_GENES, className="sc-label"),
                    dcc.Textarea(
                        id=ids.LIST_GENES,
                        placeholder="Symbols or ids, parted by spaces, commas or lines",
                        maxLength=_MOST_TEXT,
                        rows=3,
                        className="sc-gene-text",
                    ),
                    html.Div(
                        [
                            choice(
                                ids.LIST_TOP,
                                "among the top",
                                tops,
                                _DEFAULT_TOP,
                                _TOP_MEANING,
                            ),
                            html.Button(
                                "Test",
                                id=ids.LIST_RUN,
                                type="button",
                                className="sc-button is-small",
                            ),
                        ],
                        className="sc-list-run",
                    ),
                ],
                className="sc-list-form",
            ),
            html.P(id=ids.LIST_STATUS, className="sc-lead", role="status"),
            table_place(list_table()),
            dcc.Store(id=f"{ids.LIST_RUN}-go"),
            dcc.Store(id=f"{ids.LIST_TABLE}-open-row"),
        ],
        className="sc-job",
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the test of a list."""
    open_chosen_row(app, ids.LIST_TABLE, f"{ids.LIST_TABLE}-open-row")
    app.clientside_callback(
        ClientsideFunction("scconcepts", "rememberList"),
        Output(f"{ids.LIST_RUN}-go", "data"),
        Input(ids.LIST_RUN, "n_clicks"),
        State(ids.LIST_GENES, "value"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.LIST_GENES, "value"),
        Output(ids.LIST_TABLE, "rowData"),
        Output(ids.LIST_STATUS, "children"),
        Output(place_of(ids.LIST_TABLE), "hidden"),
        Input(ids.CHOICES, "data"),
        Input(f"{ids.LIST_RUN}-go", "data"),
        State(ids.SELECTION, "data"),
        State(ids.LIST_GENES, "value"),
    )
    def test(
        choices: dict[str, str], typed: str | None, selection: dict[str, Any], value: str | None
    ) -> tuple[Any, ...]:
        now = read_shown(context, selection, choices)
        if now.tab != "list":
            raise PreventUpdate
        text = (choices.get("genes") or typed or "")[:_MOST_TEXT]
        if not text.strip():
            return value or "", [], "Paste a list of genes and test it.", True
        shown = value if typed and text == typed else text.replace(",", " ")
        top = int(pick(choices, "top", map(str, TOPS), _DEFAULT_TOP) or _DEFAULT_TOP)
        rows, words = _test(context, now, text, top)
        return shown, rows, words, not rows


def _test(
    context: Context, now: Shown, text: str, top: int
) -> tuple[list[dict[str, Any]], list[Any]]:
    store = now.entry.store
    found = read_genes(store, now.entry.gene_index, text)
    if not name_ranking(store):
        return [], ["This store holds no ranking of genes to test a list against."]
    if not found.genes:
        return [], [_tell_left_out(found) or "No gene of the list is known here."]
    rows, _ = read_rows(context.annotations, now.entry)
    named = {row.id: {"label": row.label, "author": row.author} for row in rows}
    table = [{**row.to_dict(), **named[row.id]} for row in place_list(store, found.genes, top)]
    n_background = int(find_ranked_genes(store).sum())
    words = (
        f"{len(found.genes)} genes of the list among {n_background:,}, in the top {top} of each "
        f"concept by {name_ranking(store)}. "
    )
    return table, [words, _tell_left_out(found), _tell_expression(context, now, found.genes, top)]


def _tell_left_out(found: GeneList) -> str:
    parts = []
    if found.unknown:
        parts.append(f"Not in this store: {_first(found.unknown)}.")
    if found.outside:
        parts.append(f"In the store, not in the ranking: {_first(found.outside)}.")
    return f"{' '.join(parts)} " if parts else ""


def _first(names: list[str], n: int = 8) -> str:
    more = f" and {len(names) - n:,} more" if len(names) > n else ""
    return ", ".join(name[:40] for name in names[:n]) + more


def _tell_expression(context: Context, now: Shown, genes: list[int], top: int) -> str:
    """Return where the list stands in the set's own differential expression, once that was run."""
    found: Mapping[str, Any] | None = read_comparison(context, now)
    if found is None:
        return ""
    hit = place_in_expression(now.entry.store, genes, found["rows"], top)
    return (
        f"In the set's own differential expression, {hit.n_found} of its {hit.n_top} genes of "
        f"highest z are on the list, {hit.expected:.1f} by chance (p {format_p(hit.p)})."
    )
