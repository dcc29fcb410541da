"""What the page of a gene says: sentence, table, map, scatter, and messages in their place."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.by_gene_table import COLUMNS, columns_of_genes
from scconcepts_app.components.links import outgoing_link
from scconcepts_app.figures.by_gene import draw_gene
from scconcepts_app.figures.message import draw_message
from scconcepts_app.labels import read_rows
from scconcepts_app.pages.context import Context, entry_of
from scconcepts_app.pages.genes.shown import Shown, read_shown
from scconcepts_app.pages.maps import map_of_gene
from scconcepts_app.pages.wires import draw_maps, open_chosen_row
from scconcepts_app.views.by_gene import GeneAcross, list_points, read_gene, write_gene
from scconcepts_app.views.by_gene_rows import list_rows, list_rows_of_genes
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.gene_search import list_leading_genes, suggest_genes
from scconcepts_app.views.genes import why_no_attribution
from scconcepts_app.views.links import link_gene
from scconcepts_app.views.numbers import format_count

_MOST_QUOTED = 40
_SEVERAL = (
    "Table: effects of each gene, the stronger its colour the closer to its largest; blue by "
    "presence, orange by absence, purple opposing, bold q ≤ 0.05."
)


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what fills the page, and what leads from it to a concept."""
    draw_maps(app, ids.GENE_MAPS, f"{ids.GENE}-draw")
    open_chosen_row(app, ids.GENE_TABLE, f"{ids.GENE}-open-row")
    app.clientside_callback(
        ClientsideFunction("scconcepts", "openPoint"),
        Output(f"{ids.GENE}-open-point", "data"),
        Input(ids.GENE_FIGURE, "clickData"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.GENE_LEAD, "children"),
        Output(ids.GENE_MESSAGE, "children"),
        Output(ids.GENE_MESSAGE, "hidden"),
        Output(ids.GENE_BODY, "hidden"),
        Output(ids.GENE_OUT, "children"),
        Output(ids.GENE_TABLE, "columnDefs"),
        Output(ids.GENE_TABLE, "rowData"),
        Output(ids.GENE_MAPS, "data"),
        Output(ids.GENE_CAPTION, "children"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
        State(ids.GENE_TABLE, "columnDefs"),
    )
    def tell(
        choices: dict[str, str], selection: dict[str, Any], had: list[dict[str, Any]]
    ) -> tuple[Any, ...]:
        now = read_shown(entry_of(context.library, selection, "genes"), choices)
        if not now.genes:
            message = _nothing(context, now)
            return None, message, False, True, None, no_update, [], no_update, ""
        rows, problem = read_rows(context.annotations, now.entry)
        store = now.entry.store
        found = read_gene(store, now.genes[0], now.attribution, now.differential)
        several = len(now.genes) > 1 and now.attribution is not None
        columns = columns_of_genes(now.symbols) if several else COLUMNS
        return (
            _lead(context, now, found, rows, problem),
            None,
            True,
            False,
            [outgoing_link(link) for link in link_gene(found.symbol, found.gene_id)],
            no_update if _names(columns) == _names(had) else columns,
            _rows(now, found, rows, several),
            {
                ids.GENE_MAP: map_of_gene(
                    context, now.entry, now.symbols[0], found.symbol, now.map_key
                )
            },
            _caption(now, found),
        )

    @app.callback(
        Output(ids.GENE_FIGURE, "figure"),
        Input(ids.CHOICES, "data"),
        Input(ids.THEME, "data"),
        State(ids.SELECTION, "data"),
    )
    def draw(choices: dict[str, str], theme: str, selection: dict[str, Any]) -> go.Figure:
        now = read_shown(entry_of(context.library, selection, "genes"), choices)
        if not now.genes:
            raise PreventUpdate
        store = now.entry.store
        found = read_gene(store, now.genes[0], now.attribution, now.differential)
        points = list_points(found)
        if not points:
            return draw_message(_why_no_points(now, found), theme, 40)
        rows, _ = read_rows(context.annotations, now.entry)
        labels = [row.label for row in rows]
        return draw_gene(found.symbol, points, store.concept_ids, labels, theme)


def _names(columns: list[dict[str, Any]]) -> list[str]:
    """Return the heads of columns; the same columns set again would be laid out again."""
    return [column["headerName"] for column in columns or []]


def _lead(
    context: Context,
    now: Shown,
    found: GeneAcross,
    rows: list[ConceptRow],
    problem: str | None,
) -> list[Any]:
    sentence = write_gene(found, now.entry.store, [row.label for row in rows])
    parts: list[Any] = [html.P(sentence)]
    if len(now.genes) > 1 and now.attribution is not None:
        parts.append(html.P(_SEVERAL, className="sc-muted"))
    if now.unknown:
        parts.append(html.P(_unknown(context, now, now.unknown[0]), className="sc-warn"))
    if problem:
        parts.append(html.P(problem, className="sc-problem", role="alert"))
    return parts


def _nothing(context: Context, now: Shown) -> html.Div:
    """Return what stands in place of the results where there is no gene to show."""
    if now.unknown:
        return html.Div(
            [html.H2("No such gene"), html.P(_unknown(context, now, now.unknown[0]))],
            className="sc-instead",
            role="alert",
        )
    leading = list_leading_genes(now.entry.concepts)
    return html.Div(
        [
            html.H2("Which concepts does a gene move?"),
            html.P(
                "Choose a gene above. These are among the first genes of several concepts:"
                if leading
                else "Choose a gene above."
            ),
            html.P(_links(context, now, leading), className="sc-words"),
        ],
        className="sc-instead",
    )


def _unknown(context: Context, now: Shown, name: str) -> list[Any]:
    store = now.entry.store
    short = name if len(name) <= _MOST_QUOTED else name[:_MOST_QUOTED] + "…"
    close = suggest_genes(store, name)
    text = f"{store.manifest.title} has no gene “{short}”, neither symbol nor id. "
    if not close:
        return [f"{text}No name comes close to it among its {format_count(store.n_genes)} genes."]
    return [f"{text}Close to it: ", *_links(context, now, close)]


def _links(context: Context, now: Shown, symbols: list[str]) -> list[Any]:
    address = context.addresses
    return [
        dcc.Link(symbol, href=address.page("genes", now.entry.key, g=symbol), className="sc-word")
        for symbol in symbols
    ]


def _rows(
    now: Shown, found: GeneAcross, rows: list[ConceptRow], several: bool
) -> list[dict[str, Any]]:
    listed = (
        list_rows_of_genes(now.entry.store, now.genes, now.attribution or "")
        if several
        else list_rows(found)
    )
    return [{**_name(now, rows[concept]), **fields} for concept, fields in listed]


def _name(now: Shown, row: ConceptRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "label": row.label,
        "author": row.author,
        "grade": row.grades.get(now.attribution or ""),
        "n_active": row.n_active,
    }


def _why_no_points(now: Shown, found: GeneAcross) -> str:
    if now.attribution is None:
        return why_no_attribution(now.entry.store)
    if not found.is_read:
        return f"The model does not read {found.symbol}, so it has no effect to draw."
    if now.differential is None:
        return "This store holds no differential expression to compare with."
    return f"No concept has both an effect and a test of {found.symbol}."


def _caption(now: Shown, found: GeneAcross) -> str:
    both = len(list_points(found))
    if both == 0:
        return ""
    left_out = now.entry.store.n_concepts - both
    text = "One point a concept; strong colour: q ≤ 0.05 of the effect."
    return (
        f"{text} {format_count(left_out)} concepts without both are left out." if left_out else text
    )
