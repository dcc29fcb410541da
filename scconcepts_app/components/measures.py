"""Numbers with their definitions on hover: beside figures, and the grade before its reason."""

from __future__ import annotations

from dash import html

from scconcepts_app.components.attributes import attributes
from scconcepts_app.views.fact import Fact


def measures(facts: list[Fact]) -> html.Dl:
    """Return names and numbers in two columns; each explains itself on hover."""
    return html.Dl(_list(facts), className="sc-measures")


def facts_row(facts: list[Fact]) -> list[html.Div]:
    """Return names over numbers, side by side; they belong into a list of class ``sc-numbers``."""
    return _list(facts)


def _list(facts: list[Fact]) -> list[html.Div]:
    return [
        html.Div([html.Dt(fact.name), html.Dd(fact.value)], title=fact.definition) for fact in facts
    ]


def grade_badge(grade: str | None, rule: str) -> html.Span:
    """Return a grade, A to D, as a badge; `rule` is one hover away, and read out."""
    words = f"Grade {grade}" if grade else "Not graded"
    return html.Span(
        grade or "–",
        className=f"sc-grade is-{(grade or 'none').lower()}",
        title=f"{words}. {rule}",
        tabIndex=0,
        role="note",
        **attributes({"aria-label": f"{words}. {rule}"}),
    )
