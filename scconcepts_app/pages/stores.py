"""The start where several stores are served: choose one."""

from __future__ import annotations

from dash import dcc, html

from scconcepts_app.pages.context import Context
from scconcepts_app.views.methods import headline

NAME = "stores"


def layout(context: Context) -> html.Div:
    """Return the list of the stores, each a link into its workspace."""
    cards = []
    for entry in context.library:
        manifest = entry.store.manifest
        model = manifest.model.get("name", "model not named")
        cards.append(
            dcc.Link(
                [
                    html.H2(manifest.title),
                    html.P(headline(entry.store), className="sc-card-size"),
                    html.P(manifest.description),
                    html.P(
                        f"{model} · written {manifest.created[:10]} · digest {entry.digest}",
                        className="sc-muted",
                    ),
                ],
                href=context.addresses.home(entry.key),
                className="sc-store-card",
            )
        )
    return html.Div(
        [
            html.H1("Choose a concept store"),
            html.P(
                f"{len(context.library)} stores are served here, each with the concepts of one "
                "model on one set of cells.",
                className="sc-muted",
            ),
            html.Div(cards, className="sc-store-cards"),
        ],
        className="sc-stores",
    )
