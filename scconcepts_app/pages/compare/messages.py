"""What stands in place of a comparison while a side is missing."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from scconcepts_app.labels import read_rows
from scconcepts_app.pages.compare.shown import Place, Shown
from scconcepts_app.pages.context import Context
from scconcepts_app.views.coactivation import list_companions
from scconcepts_app.views.numbers import format_share

_N_SUGGESTED = 6
_MOST_QUOTED = 40


def instead(context: Context, now: Shown) -> html.Div:
    """Return what is missing, and where to go on from."""
    faults = [text for text in (_fault(context, now.a, "A"), _fault(context, now.b, "B")) if text]
    parts: list[Any] = [html.H2("Nothing to compare" if faults else "Choose two concepts")]
    parts += [html.P(text) for text in faults]
    if not faults:
        parts.append(html.P(_ask(now)))
    parts += _suggest(context, now)
    return html.Div(parts, className="sc-instead", role="alert" if faults else "status")


def _ask(now: Shown) -> str:
    chosen = next((place for place in (now.a, now.b) if place.concept is not None), None)
    if chosen is None:
        return "Choose A and B above: two concepts of one store, or one of each of two stores."
    name = "B" if chosen is now.a else "A"
    return f"{chosen.wanted} is chosen. Choose {name} above."


def _fault(context: Context, place: Place, name: str) -> str | None:
    """Return why a side that the address names is not there."""
    if place.entry is None:
        keys = ", ".join(entry.key for entry in context.library)
        return f"{name}: no store “{_short(place.store)}” is open here. Open ones: {keys}."
    if not place.wanted or place.concept is not None:
        return None
    store = place.entry.store
    exist = (
        f"It has {store.n_concepts:,}, {store.concept_ids[0]} to {store.concept_ids[-1]}."
        if store.n_concepts
        else "It holds none."
    )
    return f"{name}: {store.manifest.title} has no concept “{_short(place.wanted)}”. {exist}"


def _suggest(context: Context, now: Shown) -> list[Any]:
    """Return links to comparisons with concepts of the same cells, for a side that is chosen."""
    chosen = next((place for place in (now.a, now.b) if place.concept is not None), None)
    if chosen is None or chosen.entry is None or chosen.concept is None:
        return []
    found = list_companions(chosen.entry.store, chosen.concept, _N_SUGGESTED)
    if not found:
        return []
    rows, _ = read_rows(context.annotations, chosen.entry)
    links = [
        dcc.Link(
            f"{rows[other].id} {rows[other].label} · {format_share(share)}",
            href=context.addresses.page(
                "compare", chosen.entry.key, a=chosen.wanted, b=rows[other].id
            ),
            className="sc-word",
        )
        for other, share in found
    ]
    text = f"Most often active in the cells of {chosen.wanted}, with the share of its cells:"
    return [html.P(text, className="sc-muted"), html.P(links, className="sc-words")]


def _short(text: str) -> str:
    return text if len(text) <= _MOST_QUOTED else text[:_MOST_QUOTED] + "…"
