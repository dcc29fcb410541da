"""Choices of a page in its address: what is taken from it, and what the browser is told."""

from dash import dcc, html

from scconcepts_app.components.controls import choice
from scconcepts_app.pages.bindings import bind_choices

NAMES = {"words": "q", "kind": "kind", "free": "free"}


def build():
    return html.Div(
        [
            choice("kind", "Kind", [("a", "A"), ("b", "B")], "a"),
            html.Div(dcc.Input(id="words")),
            dcc.Slider(id="free", value=3),
        ]
    )


def bound(choices):
    page = build()
    stores = bind_choices("genes", "pbmc", page, choices, NAMES)
    values = {c.id: c.value for c in page._traverse() if getattr(c, "id", None) in NAMES}
    return values, stores[0].data


def test_the_address_sets_the_choices():
    values, _ = bound({"kind": "b", "q": "CD8A", "unknown": "x"})
    assert values == {"kind": "b", "words": "CD8A", "free": 3}


def test_what_is_not_on_offer_is_ignored():
    page = build()
    bind_choices("genes", "pbmc", page, {"kind": "of another store"}, NAMES)
    assert [c.value for c in page._traverse() if getattr(c, "id", None) == "kind"] == ["a"]


def test_the_browser_is_told_names_defaults_and_what_is_on_offer():
    _, data = bound({"kind": "b", "q": "CD8A"})
    assert (data["page"], data["store"]) == ("genes", "pbmc")
    assert data["choices"] == [
        {"id": "words", "name": "q", "default": "", "values": None, "isText": True},
        {"id": "kind", "name": "kind", "default": "a", "values": ["a", "b"], "isText": False},
        {"id": "free", "name": "free", "default": 3, "values": None, "isText": False},
    ]
