"""Searchable choices of one or several things: genes, concepts."""

from __future__ import annotations

from typing import Any

from dash import dcc, html


def picker(
    control_id: str,
    label: str,
    options: list[Any],
    value: str | list[str] | None,
    placeholder: str,
    title: str,
    multi: bool = False,
) -> html.Div:
    """Return a labelled, searchable dropdown; several can be picked where `multi` says so."""
    dropdown = dcc.Dropdown(
        id=control_id,
        options=options,
        value=value,
        multi=multi,
        placeholder=placeholder,
        searchable=True,
        clearable=multi,
        className="sc-dropdown",
        maxHeight=360,
    )
    return html.Div(
        [html.Label(label, htmlFor=control_id, className="sc-label"), dropdown],
        className="sc-choice sc-picker",
        title=title,
    )


def with_picked(options: list[str], picked: list[str]) -> list[str]:
    """Return the options with those picked first: a dropdown forgets what it does not offer."""
    return [*picked, *[option for option in options if option not in picked]]
