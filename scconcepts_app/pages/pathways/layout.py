"""Where the parts of the page of gene sets lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import alternatives, choice
from scconcepts_app.components.set_tables import set_concepts_table, sets_table
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.bindings import bind_choices
from scconcepts_app.pages.context import Context
from scconcepts_app.views.found import SIGNIFICANT
from scconcepts_app.views.set_overview import default_test, list_tests

CHOICES = {ids.SET_TEST: "test", ids.SET_SHOW: "show", ids.SET_FILTER: "q"}
EFFECTS = ("open", "open-row", "filter")
_SHOW = [
    ("found", "Found", f"Gene sets raised or lowered in at least one concept, q < {SIGNIFICANT}."),
    ("all", "All", "Every gene set, found or not."),
]


def layout(
    context: Context,
    entry: OpenedStore,
    selection: Mapping[str, Any],
    choices: Mapping[str, str],
) -> html.Div:
    """Return the page of the gene sets of a store."""
    tests = list_tests(entry.store)
    page = html.Div(
        [
            *[dcc.Store(id=f"{ids.SETS}-{effect}") for effect in EFFECTS],
            html.Div(_bar(entry), className="sc-bar sc-page-bar"),
            html.Div(
                [
                    html.Section(
                        sets_table(),
                        className="sc-across-table",
                        **attributes({"aria-label": "Gene sets"}),
                    ),
                    html.Section(
                        [
                            html.Div(id=ids.SET_HEAD, className="sc-set-head"),
                            html.Div(
                                set_concepts_table(
                                    [(test.title, test.statistic) for test in tests]
                                ),
                                className="sc-set-concepts",
                            ),
                            html.P(id=ids.SET_CONCEPTS_CAPTION, className="sc-caption is-wrapped"),
                            html.Div(id=ids.SET_GENES, className="sc-set-genes"),
                        ],
                        className="sc-one-set",
                        **attributes({"aria-label": "One gene set"}),
                    ),
                ],
                className="sc-sets-body",
            ),
        ],
        className="sc-page sc-pathways-page",
    )
    page.children += bind_choices("pathways", entry.key, page, choices, CHOICES)
    return page


def _bar(entry: OpenedStore) -> list[Any]:
    tests = [(test.key, test.title) for test in list_tests(entry.store)]
    tests = tests or [("", "none in this store")]
    return [
        html.H1("Pathways"),
        choice(
            ids.SET_TEST,
            "Test",
            tests,
            default_test(entry.store) or "",
            "The test by which gene sets are counted in the table on the left",
        ),
        alternatives(ids.SET_SHOW, "Gene sets to list", _SHOW, "found"),
        html.Label("Filter gene sets by name", htmlFor=ids.SET_FILTER, className="sc-unseen"),
        dcc.Input(
            id=ids.SET_FILTER,
            type="search",
            placeholder="Filter by name",
            className="sc-search",
            autoComplete="off",
        ),
        html.Span(id=ids.SET_COUNT, className="sc-count", title="Gene sets in the table"),
    ]
