"""Layouts as plain components: states that are hard to reach in a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dash.exceptions import PreventUpdate

from scconcepts_app.annotations import AnnotationError, AnnotationService
from scconcepts_app.library import Library
from scconcepts_app.pages import methods, shell, workspace
from scconcepts_app.pages.context import Context, choose, own
from scconcepts_app.store import ConceptStore


@pytest.fixture
def context(store, settings) -> Context:
    return Context(Library([("fixture", store)]), AnnotationService(settings.annotations_url))


def words(component) -> str:
    """Every text below a component."""
    if isinstance(component, str):
        return component
    if isinstance(component, (list, tuple)):
        return " ".join(words(child) for child in component)
    return words(getattr(component, "children", None) or "")


def test_an_address_without_concept_means_the_first(context):
    assert choose(context.library, None).concept == 0
    assert choose(context.library, {"store": "fixture", "concept": None}).concept == 0
    assert choose(context.library, {"concept": "c0004"}).concept == 3
    assert choose(context.library, {"concept": "zzz"}).concept is None
    assert choose(context.library, {"store": "zzz"}) is None


def test_a_choice_of_another_store_is_not_computed(store):
    infos = store.manifest.attributions
    assert own("neighbours", infos) == "neighbours"
    assert own("", infos) is None
    with pytest.raises(PreventUpdate):
        own("of another store", infos)


def test_a_store_without_concepts_says_so(store, context):
    empty = ConceptStore(
        store.path,
        replace(store.manifest, counts={**store.manifest.counts, "n_concepts": 0}),
    )
    library = Library([("empty", empty)])
    page = workspace.layout(replace(context, library=library), library.default, {}, {})
    assert "holds no concept" in words(page)


def test_labels_that_cannot_be_read_cost_the_labels_not_the_page(context, monkeypatch):
    def fail(*_):
        raise AnnotationError("labels.sqlite3: labels could not be read (locked).")

    monkeypatch.setattr(AnnotationService, "latest_for_store", fail)
    page = words(workspace.layout(context, context.library.default, {}, {}))
    assert "labels could not be read (locked)" in page


def test_the_methods_page_tells_what_the_numbers_say(context):
    page = words(methods.layout(context, context.library.default, {}, {}))
    assert "says what moves the model's concept" in page
    assert "Attribution is not a better list of marker genes." in page
    assert context.library.default.store.manifest.digest in page
    assert "0.820" in page
    assert "Mean of the 10 nearest cells that do not activate the concept." in page


def test_the_methods_page_says_why_attribution_is_missing(plain_store, context):
    library = Library([("plain", plain_store)])
    page = words(methods.layout(replace(context, library=library), library.default, {}, {}))
    assert "The embeddings came without their model." in page
    assert "holds no test of gene sets" in page


def test_stores_of_one_title_are_told_apart(store):
    library = Library([("a", store), ("b", store)])
    assert shell.name_stores(library) == [("a", "Fixture (a)"), ("b", "Fixture (b)")]
