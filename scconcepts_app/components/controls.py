"""Small form controls in one look: a labelled choice, a row of alternatives, a tooltip."""

from __future__ import annotations

from dash import dcc, html

from scconcepts_app.components.attributes import attributes


def choice(
    control_id: str,
    label: str,
    options: list[tuple[str, str]],
    value: str | None,
    title: str = "",
    searchable: bool = False,
) -> html.Div:
    """Return a labelled dropdown; `options` are (value, words)."""
    dropdown = dcc.Dropdown(
        id=control_id,
        options=[{"value": key, "label": words} for key, words in options],
        value=value,
        clearable=False,
        searchable=searchable,
        className="sc-dropdown",
        maxHeight=320,
    )
    words = [html.Label(label, htmlFor=control_id, className="sc-label")] if label else []
    return html.Div(
        [*words, dropdown],
        className="sc-choice",
        title=title or None,
    )


def alternatives(
    control_id: str, label: str, options: list[tuple[str, str, str]], value: str
) -> html.Div:
    """Return a segmented row of (value, words, explanation), one of which is chosen."""
    radio = dcc.RadioItems(
        id=control_id,
        options=[
            {"value": key, "label": words, "title": explanation}
            for key, words, explanation in options
        ],
        value=value,
        className="sc-segments",
        inputClassName="sc-segment-input",
        labelClassName="sc-segment",
    )
    return html.Div(radio, role="group", **attributes({"aria-label": label}))


def chip(words: str, title: str, tone: str = "") -> html.Span:
    """Return a small label that explains itself on hover and to screen readers."""
    return html.Span(
        words, className=f"sc-chip {tone}".strip(), title=title, tabIndex=0, role="note"
    )
