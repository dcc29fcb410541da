"""The head of a concept: name, summary, numbers with their definitions, warnings, downloads."""

from __future__ import annotations

from dash import dcc, html

from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import chip
from scconcepts_app.views.card import ConceptCard, Fact


def concept_card(
    card: ConceptCard,
    label: str,
    author: str,
    links: dict[str, str | None],
    exports: html.Div,
) -> html.Div:
    """Return the head of a concept.

    Parameters
    ----------
    label, author : the label to show; `author` is empty for a proposed one.
    links : addresses of the ``previous`` and ``following`` concept, None at the ends.
    exports : the menu of downloads.
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
                    html.Span(card.id, className="sc-concept-id"),
                    origin,
                    *[chip(flag.name, flag.meaning, "is-warning") for flag in card.flags],
                    html.Span(className="sc-spring"),
                    exports,
                    _step("‹", "Previous concept (k)", links.get("previous")),
                    _step("›", "Next concept (j)", links.get("following")),
                ],
                className="sc-card-top",
            ),
            html.H1(label, className="sc-concept-label", title=label),
            html.P(card.summary, className="sc-summary"),
            html.Dl([_fact(fact) for fact in card.facts], className="sc-facts"),
        ],
        className="sc-card",
    )


def _explain(card: ConceptCard) -> str:
    words = ["Proposed by the precomputation, not checked by a person."]
    return "\n".join([*words, *card.evidence])


def _fact(fact: Fact) -> html.Div:
    return html.Div([html.Dt(fact.name), html.Dd(fact.value)], title=fact.definition)


def _step(sign: str, title: str, href: str | None) -> html.Span | dcc.Link:
    if href is None:
        return html.Span(sign, className="sc-step is-off", **attributes({"aria-hidden": "true"}))
    return dcc.Link(sign, href=href, title=title, className="sc-step")
