"""Sections of named values with their meaning: the building block of the methods page."""

from __future__ import annotations

from dash import html

from scconcepts_app.views.methods import Entry, Section

_LONG = 200


def section(content: Section) -> html.Section:
    """Return a titled section; one without entries or note says so."""
    children: list = [html.H2(content.title)]
    if content.note:
        children.append(html.P(content.note, className="sc-note"))
    children.append(entry_list(content.entries))
    return html.Section(children)


def entry_list(entries: list[Entry]) -> html.Dl:
    """Return entries as a definition list; long values are folded."""
    return html.Dl([_entry(entry) for entry in entries], className="sc-entries")


def _entry(entry: Entry) -> html.Div:
    value: list = [_value(entry.value)] if entry.value else []
    if entry.meaning:
        value.append(html.P(entry.meaning))
    return html.Div([html.Dt(entry.name), html.Dd(value)])


def _value(text: str) -> html.Span | html.Details:
    if "\n" not in text and len(text) <= _LONG:
        return html.Span(text)
    return html.Details([html.Summary("Show"), html.Pre(text)])
