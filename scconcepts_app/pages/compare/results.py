"""What a comparison says: heads, maps, numbers, scatter and lists, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.measures import facts_row
from scconcepts_app.components.pair_lists import obs_table, split_lists
from scconcepts_app.figures.message import draw_message
from scconcepts_app.figures.pair import draw_pair
from scconcepts_app.labels import read_row
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.compare.heads import head
from scconcepts_app.pages.compare.messages import instead
from scconcepts_app.pages.compare.shown import Shown, read_shown
from scconcepts_app.pages.context import Context, entry_of
from scconcepts_app.pages.maps import map_of_concept
from scconcepts_app.pages.wires import draw_maps
from scconcepts_app.views.coactivation import Matched, coactivate, match_cells
from scconcepts_app.views.genes import why_no_attribution
from scconcepts_app.views.numbers import format_count, format_number
from scconcepts_app.views.pair import N_TOP, Side, pair_genes, pair_obs, split_genes, split_sets
from scconcepts_app.views.pathways import shorten_set_name
from scconcepts_app.views.set_overview import list_tests

# Maps of one group look at the same place. Those of two stores have no place in common.
_LINK = "compare"


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what fills the page."""
    draw_maps(app, ids.PAIR_MAPS, f"{ids.PAIR_MAPS}-draw")
    app.clientside_callback(
        ClientsideFunction("scconcepts", "openGene"),
        Output(f"{ids.PAIR_MAPS}-open-gene", "data"),
        Input(ids.PAIR_FIGURE, "clickData"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.PAIR_MESSAGE, "children"),
        Output(ids.PAIR_MESSAGE, "hidden"),
        Output(ids.PAIR_BODY, "hidden"),
        Output(ids.PAIR_HEAD_A, "children"),
        Output(ids.PAIR_HEAD_B, "children"),
        Output(ids.PAIR_MAPS, "data"),
        Output(ids.PAIR_FACTS, "children"),
        Output(ids.PAIR_CAPTION, "children"),
        Output(ids.PAIR_OBS, "children"),
        Output(ids.PAIR_GENES, "children"),
        Output(ids.PAIR_SETS, "children"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
    )
    def tell(choices: dict[str, str], selection: dict[str, Any]) -> tuple[Any, ...]:
        now = read_shown(context, entry_of(context.library, selection, "compare"), choices)
        a, b = now.a.side(now.attribution), now.b.side(now.attribution)
        if a is None or b is None or now.a.entry is None or now.b.entry is None:
            return instead(context, now), False, True, None, None, None, None, "", None, None, None
        link = _LINK if now.is_one_store else None
        return (
            None,
            True,
            False,
            head(context, now.a.entry, a, "A"),
            head(context, now.b.entry, b, "B"),
            {
                ids.PAIR_MAP_A: {**_map(context, now.a.entry, a), "link": link},
                ids.PAIR_MAP_B: {**_map(context, now.b.entry, b), "link": link},
            },
            _facts(now, a, b),
            _caption(a, b),
            obs_table(pair_obs(a, b)),
            _genes(context, now, a, b),
            _sets(context, now, a, b),
        )

    @app.callback(
        Output(ids.PAIR_FIGURE, "figure"),
        Input(ids.CHOICES, "data"),
        Input(ids.THEME, "data"),
        State(ids.SELECTION, "data"),
    )
    def draw(choices: dict[str, str], theme: str, selection: dict[str, Any]) -> go.Figure:
        now = read_shown(context, entry_of(context.library, selection, "compare"), choices)
        a, b = now.a.side(now.attribution), now.b.side(now.attribution)
        if a is None or b is None:
            raise PreventUpdate
        pair = pair_genes(a, b)
        if pair is None:
            return draw_message(_why_no_pair(a, b), theme)
        return draw_pair(pair, now.a.wanted, now.b.wanted, theme)


def _map(context: Context, entry: OpenedStore, side: Side) -> dict[str, Any]:
    label = read_row(context.annotations, entry, side.concept).label
    concept_id = side.store.concept_ids[side.concept]
    return map_of_concept(context, entry, concept_id, label)


def _facts(now: Shown, a: Side, b: Side) -> list[Any]:
    title = html.H2("In the same cells")
    matched = _match(now)
    if matched is None:
        text = "The two stores share no cell, by its id, so co-activation cannot be counted."
        return [title, html.P(text, className="sc-muted")]
    found = coactivate(a.store, a.concept, b.store, b.concept, matched)
    parts = [title, html.Dl(facts_row(found.facts), className="sc-numbers")]
    if not now.is_one_store:
        text = f"{format_count(found.n_cells)} cells are in both stores, matched by their ids."
        parts.append(html.P(text, className="sc-muted"))
    return parts


def _match(now: Shown) -> Matched | None:
    """Return which cells of A's store are which of B's; kept, as ids take long to compare."""
    first, second = now.a.entry, now.b.entry
    if first is None or second is None:
        return None
    return first.once(
        f"cells of {second.store.manifest.digest}", lambda: match_cells(first.store, second.store)
    )


def _caption(a: Side, b: Side) -> str:
    pair = pair_genes(a, b)
    if pair is None:
        return ""
    n = len(pair.symbols)
    text = f"Rank correlation {format_number(pair.rank_correlation)} over {format_count(n)} genes"
    text += " that both have an effect of, matched by symbol." if a.store is not b.store else "."
    left_out = n - len(pair.drawn)
    if left_out:
        text += f" {format_count(left_out)} in the middle are not drawn."
    if a.attribution != b.attribution:
        text += " The two stores were attributed with different counterfactuals."
    return f"{text} Dotted: equal effects."


def _why_no_pair(a: Side, b: Side) -> str:
    for side in (a, b):
        if side.attribution is None:
            return why_no_attribution(side.store)
    return "The two concepts share no gene with an effect on both."


def _addresses(
    context: Context, now: Shown, page: str, name: str, **choices: str
) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """Return how things are addressed on a page of the store of A, and of that of B."""

    def address(key: str) -> Callable[[str], str]:
        return lambda value: context.addresses.page(page, key, **{name: value}, **choices)

    return address(now.a.store), address(now.b.store)


def _genes(context: Context, now: Shown, a: Side, b: Side) -> list[Any]:
    title = html.H2(f"First {N_TOP} genes of each")
    parts: list[Any] = [title]
    for column, words in (("presence", "By presence"), ("absence", "By absence")):
        split = split_genes(a, b, column)
        if split is None:
            return [title, html.P(_why_no_pair(a, b), className="sc-muted")]
        parts.append(split_lists(words, split, _addresses(context, now, "genes", "g")))
    return parts


def _sets(context: Context, now: Shown, a: Side, b: Side) -> list[Any]:
    if now.test is None:
        return [html.P("This store holds no test of gene sets.", className="sc-muted")]
    test = now.test
    if test.key not in {other.key for other in list_tests(b.store)}:
        text = f"The store of B holds no such test: {test.title}. Choose another above."
        return [html.P(text, className="sc-muted")]
    return [
        split_lists(
            test.title,
            split_sets(a, b, test),
            _addresses(context, now, "pathways", "set", test=test.key),
            shorten_set_name,
        ),
    ]
