"""The head of a concept: name, summary, numbers with their definitions, warnings, downloads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import dcc, html

from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import chip
from scconcepts_app.components.links import outgoing_link
from scconcepts_app.views.card import ConceptCard, Fact
from scconcepts_app.views.links import Outgoing


def concept_card(
    card: ConceptCard,
    label: str,
    author: str,
    links: dict[str, str | None],
    exports: html.Div,
    address_of: Callable[[str], str],
) -> html.Div:
    """Return the head of a concept.

    Parameters
    ----------
    label, author : the label to show; `author` is empty for a proposed one.
    links : addresses of the ``previous`` and ``following`` concept, None at the ends.
    exports : the menu of downloads.
    address_of : id of a concept -> its address.
    """
    origin = (
        chip("expert", f"Label written by {author}", "is-expert")
        if author
        else chip("proposed", _explain(card), "is-quiet")
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.Span(card.id, className="sc-concept-id"),
                            origin,
                            _term(card.link) if card.link else None,
                            *[chip(flag.name, flag.meaning, "is-warning") for flag in card.flags],
                        ],
                        className="sc-card-chips",
                    ),
                    html.Div(
                        [
                            exports,
                            _step("‹", "Previous concept (k)", links.get("previous")),
                            _step("›", "Next concept (j)", links.get("following")),
                        ],
                        className="sc-card-steps",
                    ),
                ],
                className="sc-card-top",
            ),
            html.H1(label, className="sc-concept-label", title=label),
            html.P(card.summary, className="sc-summary"),
            html.Dl([fact_entry(fact, address_of) for fact in card.facts], className="sc-facts"),
        ],
        className="sc-card",
    )


def _term(link: Outgoing) -> html.Span:
    """Return the link to the cell type; it takes a second line where there is no room."""
    return html.Span(outgoing_link(link), className="sc-term", title=link.title)


def _explain(card: ConceptCard) -> str:
    words = ["Proposed by the precomputation, not checked by a person."]
    return "\n".join([*words, *card.evidence])


def fact_entry(fact: Fact, address_of: Callable[[str], str]) -> html.Div:
    """Return a fact of a head; `address_of` gives the address of a concept it links to."""
    links: list[Any] = []
    for link in fact.links:
        links += [dcc.Link(link.id, href=address_of(link.id), title=link.label), " "]
    return html.Div([html.Dt(fact.name), html.Dd([*links, fact.value])], title=fact.definition)


def _step(sign: str, title: str, href: str | None) -> html.Span | dcc.Link:
    if href is None:
        return html.Span(sign, className="sc-step is-off", **attributes({"aria-hidden": "true"}))
    return dcc.Link(sign, href=href, title=title, className="sc-step")
