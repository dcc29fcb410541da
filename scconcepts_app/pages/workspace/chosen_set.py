"""The tab about one gene set: its running sum down the ranking of the concept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.graph import graph_slot
from scconcepts_app.components.pane import pane, shown_id
from scconcepts_app.figures.message import draw_message
from scconcepts_app.figures.running_sum import draw_running_sum
from scconcepts_app.figures.theme import plain
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, own
from scconcepts_app.pages.workspace.shown import Shown, read_shown
from scconcepts_app.views.one_set import address_of_set, find_set, index_names
from scconcepts_app.views.rankings import RANKINGS
from scconcepts_app.views.running_sum import (
    RunningSum,
    choose_ranking,
    compute_running_sum,
    describe_running_sum,
)
from scconcepts_app.views.set_swap import SET_SWAP

TAB = (
    "set",
    "Set",
    "The running sum of one gene set down the ranking: the first one, or that of the row you "
    "click under Table.",
)
_MOST_QUOTED = 60


def make_pane() -> html.Div:
    """Return the empty pane."""
    return pane(
        "set",
        graph_slot(ids.SET_SUM, "Running sum of a gene set; the text below says it in words"),
        above=[html.Div(id=ids.SET_LEAD, className="sc-lead is-short")],
        caption=ids.SET_SUM_CAPTION,
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the tab."""
    inputs = Input(shown_id("set"), "data"), Input(ids.ENRICHMENT, "value")

    @app.callback(Output(ids.SET_SUM, "figure"), *inputs)
    def draw(data: dict[str, Any] | None, key: str) -> go.Figure:
        now = read_shown(context, data)
        found = _read(now, key)
        if found is None or found.score is None:
            figure = draw_message(plain(_why_none(now, found)), now.theme)
        else:
            figure = draw_running_sum(found, now.theme)
        return figure.update_layout(meta=f"{now.concept_id} {found.gene_set if found else ''}")

    @app.callback(
        Output(ids.SET_LEAD, "children"), Output(ids.SET_SUM_CAPTION, "children"), *inputs
    )
    def tell(data: dict[str, Any] | None, key: str) -> tuple[Any, str]:
        now = read_shown(context, data)
        found = _read(now, key)
        if found is None:
            return None, ""
        return _head(context, now, found), describe_running_sum(found, now.concept_id)


def read_leading(
    entry: OpenedStore, concept: int, chosen: Mapping[str, str] | None
) -> RunningSum | None:
    """Return the running sum of the set that the address chooses; None where it chooses none.

    Parameters
    ----------
    chosen : ``set`` and ``test`` as they stand in the address.
    """
    wanted = (chosen or {}).get("set", "")
    return _find(entry, concept, wanted, (chosen or {}).get("test", "")) if wanted else None


def _read(now: Shown, key: str) -> RunningSum | None:
    if key not in (SET_SWAP, RANKINGS):
        own(key, now.entry.store.manifest.enrichments)
    return _find(now.entry, now.concept, now.gene_set, key)


def _find(entry: OpenedStore, concept: int, wanted: str, key: str) -> RunningSum | None:
    """Return the running sum of a set by its address, that of the first set for the empty one."""
    store = entry.store
    test = choose_ranking(store, key)
    if test is None:
        return None
    if wanted:
        index = find_set(_names(entry), wanted)
    else:
        rows = store.enrichment(test.key).rows(concept)["gene_set"]
        index = int(rows[0]) if len(rows) else None
    if index is None:
        return None
    try:
        return compute_running_sum(store, concept, test, index)
    except KeyError:
        return None


def _names(entry: OpenedStore) -> dict[str, list[int]]:
    return entry.once("names of gene sets", lambda: index_names(entry.store))


def _head(context: Context, now: Shown, found: RunningSum) -> list[Any]:
    """Return the name, which leads to the page of the set, the ranking, and what unmarks it."""
    name = now.entry.store.strings("gene_sets/name")[found.gene_set]
    address = address_of_set(_names(now.entry), name, found.gene_set)
    link = dcc.Link(
        html.B(found.name),
        href=context.addresses.page("pathways", now.entry.key, set=address),
        title=f"{name}: all concepts and tests",
    )
    parts: list[Any] = [link, f" · {found.test.title}"]
    if now.gene_set:
        words = "Let go of this set, and of the marks at its genes"
        unmark = attributes({"data-unmark-set": "", "aria-label": words})
        parts += [
            " ",
            html.Button("×", className="sc-unmark", title=words, type="button", **unmark),
        ]
    return parts


def _why_none(now: Shown, found: RunningSum | None) -> str:
    store = now.entry.store
    if choose_ranking(store, "") is None:
        return "This store holds no GSEA."
    if found is not None:
        return f"The ranking says nothing of {found.name}: none of its genes has a value."
    if now.is_silent:
        return "This concept is active in no cell, so no gene was ranked."
    if now.gene_set and find_set(_names(now.entry), now.gene_set) is None:
        short = now.gene_set[:_MOST_QUOTED] + ("…" if len(now.gene_set) > _MOST_QUOTED else "")
        return f"{store.manifest.title} has no gene set “{short}”. Choose one under Table."
    return "The store does not hold the ranking of this test."
