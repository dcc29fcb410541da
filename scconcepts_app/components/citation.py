"""The citation as text to copy; assets/exports.js fills in the server's address and copies."""

from __future__ import annotations

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.views.citation import Citation


def citation_section(citation: Citation) -> html.Section:
    """Return the section; the address before the permalink is filled in by the browser."""
    texts = {"text": ("As text", citation.plain), "bibtex": ("BibTeX", citation.bibtex)}
    return html.Section(
        [
            html.H2("How to cite", id="cite"),
            html.P(
                "The digest names the content: a store with the same digest holds the same "
                "numbers, wherever it is served.",
                className="sc-note",
            ),
            dcc.Store(id=ids.CITATION, data={name: text for name, (_, text) in texts.items()}),
            *[_block(name, title, text) for name, (title, text) in texts.items()],
            html.P(id=f"{ids.CITATION}-status", className="sc-muted", role="status"),
        ],
        className="sc-citation",
    )


def _block(name: str, title: str, text: str) -> html.Div:
    block = f"{ids.CITATION}-{name}"
    return html.Div(
        [
            html.Div(
                [
                    html.H3(title),
                    html.Button(
                        "Copy",
                        type="button",
                        className="sc-button is-small",
                        **attributes({"data-copies": block, "aria-label": f"Copy: {title}"}),
                    ),
                ],
                className="sc-copy-head",
            ),
            html.Pre(text, id=block, tabIndex=0, **attributes({"aria-label": title})),
        ]
    )
