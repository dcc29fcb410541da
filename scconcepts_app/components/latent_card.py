"""The head of a latent that became no concept: why, and the numbers there are."""

from __future__ import annotations

from collections.abc import Callable

from dash import html

from scconcepts_app.components.card import fact_entry
from scconcepts_app.components.controls import chip
from scconcepts_app.views.latents import NOT_COMPUTED, LatentCard


def latent_card(card: LatentCard, address_of: Callable[[str], str]) -> html.Div:
    """Return the head of a latent; the panels of genes and evidence leave while it is there.

    Parameters
    ----------
    address_of : id of a concept -> its address.
    """
    return html.Div(
        [
            html.Div(
                [
                    html.Span(card.id, className="sc-concept-id"),
                    chip("not a concept", "Hidden unless asked for.", "is-warning"),
                ],
                className="sc-card-top",
            ),
            html.H1(card.label, className="sc-concept-label", title=card.label),
            html.P(card.why, className="sc-summary"),
            html.Dl([fact_entry(fact, address_of) for fact in card.facts], className="sc-facts"),
            html.P(NOT_COMPUTED, className="sc-caption is-wrapped"),
        ],
        className="sc-card sc-latent",
    )
