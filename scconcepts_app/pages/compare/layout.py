"""Where the parts of a comparison lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import choice
from scconcepts_app.components.graph import graph
from scconcepts_app.components.pickers import picker
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.bindings import bind_choices
from scconcepts_app.pages.compare.shown import Place, read_shown
from scconcepts_app.pages.compare.sides import offer_concepts
from scconcepts_app.pages.context import Context
from scconcepts_app.views.found import SIGNIFICANT
from scconcepts_app.views.genes import default_attribution
from scconcepts_app.views.set_overview import default_test, list_tests

# Choices that stand in the address as they are; the sides are written by assets/across.js.
CHOICES = {ids.PAIR_ATTRIBUTION: "counterfactual", ids.PAIR_TEST: "test"}
EFFECTS = ("remember", "draw", "open-gene")


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the page of the two concepts in the address."""
    now = read_shown(context, entry, choices)
    page = html.Div(
        [
            dcc.Store(id=ids.PAIR_MAPS),
            *[dcc.Store(id=f"{ids.PAIR_MAPS}-{effect}") for effect in EFFECTS],
            html.Div(
                [
                    html.H1("Compare"),
                    *_side(context, now.a, "A", ids.SIDE_A, ids.SIDE_A_STORE),
                    html.Button(
                        "⇄",
                        id=ids.SWAP_SIDES,
                        type="button",
                        className="sc-icon-button",
                        title="Change A and B over",
                        **attributes({"aria-label": "Change A and B over"}),
                    ),
                    *_side(context, now.b, "B", ids.SIDE_B, ids.SIDE_B_STORE),
                ],
                className="sc-bar sc-page-bar",
            ),
            html.Div(id=ids.PAIR_MESSAGE, hidden=True),
            html.Div(
                _panels(now.a.entry or entry),
                id=ids.PAIR_BODY,
                className="sc-pair-body",
                hidden=True,
            ),
        ],
        className="sc-page sc-compare-page",
    )
    page.children += bind_choices("compare", entry.key, page, choices, CHOICES)
    return page


def _side(
    context: Context, place: Place, name: str, control_id: str, store_id: str
) -> list[html.Div]:
    stores = [(entry.key, entry.store.manifest.title) for entry in context.library]
    options = offer_concepts(context, place.entry, "", place.wanted)
    # The callbacks listen to the choice of a store, so it is there even where there is only one.
    return [
        html.Div(
            choice(store_id, name, stores, place.store, f"Concept store of {name}"),
            hidden=len(stores) < 2,
            className="sc-pair-store",
        ),
        picker(
            control_id,
            name,
            options,
            place.wanted if place.concept is not None else None,
            "Concept",
            f"Concept {name}: type a part of its label, its id or one of its genes",
        ),
    ]


def _attributions(entry: OpenedStore) -> html.Div:
    infos = entry.store.manifest.attributions
    default = default_attribution(entry.store)
    return choice(
        ids.PAIR_ATTRIBUTION,
        "Counterfactual",
        [(info.key, info.title) for info in infos] or [("", "none in this store")],
        default.key if default else "",
        "\n".join(f"{info.title}: {info.description}" for info in infos),
    )


def _tests(entry: OpenedStore) -> html.Div:
    tests = [(test.key, test.title) for test in list_tests(entry.store)]
    return choice(
        ids.PAIR_TEST,
        "Test",
        tests or [("", "none in this store")],
        default_test(entry.store) or "",
        "The test by which gene sets are found",
    )


def _panels(entry: OpenedStore) -> list[html.Section]:
    return [
        _half(ids.PAIR_HEAD_A, ids.PAIR_MAP_A, "A"),
        _half(ids.PAIR_HEAD_B, ids.PAIR_MAP_B, "B"),
        html.Section(id=ids.PAIR_FACTS, className="sc-pair-facts"),
        html.Section(
            [
                _titled("Effects of genes on A and on B", _attributions(entry)),
                html.Div(graph(ids.PAIR_FIGURE), className="sc-pair-graph"),
                html.P(id=ids.PAIR_CAPTION, className="sc-caption is-wrapped"),
                html.H2("Kinds of cells"),
                html.Div(id=ids.PAIR_OBS),
            ],
            className="sc-pair-left",
        ),
        html.Section(
            [
                html.Div(id=ids.PAIR_GENES),
                _titled(f"Gene sets found, q < {SIGNIFICANT}", _tests(entry)),
                html.Div(id=ids.PAIR_SETS),
            ],
            className="sc-pair-right",
        ),
    ]


def _half(head: str, place: str, name: str) -> html.Section:
    return html.Section(
        [html.Div(id=head, className="sc-pair-head"), html.Div(id=place, className="sc-pair-map")],
        className="sc-pair-half",
        **attributes({"aria-label": f"Concept {name}"}),
    )


def _titled(title: str, control: html.Div) -> html.Div:
    return html.Div([html.H2(title), control], className="sc-pair-titled")
