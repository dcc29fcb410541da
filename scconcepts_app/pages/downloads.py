"""Everything that can be taken home of a store and of one of its concepts, as a menu."""

from __future__ import annotations

from importlib.util import find_spec

from dash import html

from scconcepts_app.components.export_menu import Item, export_menu
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context
from scconcepts_app.views.gene_lists import TOPS

_TABLES = ("csv", "tsv")
_NO_H5AD = "needs the package anndata: pip install 'scconcepts[h5ad]'"


def menu(context: Context, entry: OpenedStore, concept_id: str) -> html.Div:
    """Return the export menu of a concept."""
    groups = [
        (f"Concept {concept_id}", _of_concept(context, entry, concept_id)),
        ("All concepts", _of_store(context, entry)),
    ]
    return export_menu(groups, f"{context.addresses.methods(entry.key)}#cite")


def _of_concept(context: Context, entry: OpenedStore, concept_id: str) -> list[Item]:
    below = f"concept/{concept_id}"
    return [
        (
            "genes",
            _tables(context, entry, f"{below}/genes"),
            "Every gene with all attributions and DE side by side",
        ),
        (
            "pathways",
            _tables(context, entry, f"{below}/pathways"),
            "Gene sets of this concept under every test, set swap included",
        ),
    ]


def _of_store(context: Context, entry: OpenedStore) -> list[Item]:
    gmt = context.addresses.export(entry.key, "concepts.gmt")
    return [
        ("concepts", _tables(context, entry, "concepts"), "The table of concepts"),
        ("labels", _tables(context, entry, "labels"), "Experts' labels and notes, every revision"),
        (
            "gene sets (GMT), top",
            [(str(n), f"{gmt}?n={n}") for n in TOPS],
            "Genes by presence of each concept, and those by absence as CONCEPT_absence; so many "
            "of each",
        ),
        (
            "cells (h5ad)",
            _h5ad(context, entry, "cells.h5ad"),
            'Cells with activations in obsm["X_concepts"], obs columns, maps and labels'
            if find_spec("anndata")
            else _NO_H5AD,
        ),
        (
            "concepts × genes (h5ad)",
            _h5ad(context, entry, "concepts.h5ad"),
            "Concepts x genes with layers effect, presence, absence and z"
            if find_spec("anndata")
            else _NO_H5AD,
        ),
    ]


def _tables(context: Context, entry: OpenedStore, name: str) -> list[tuple[str, str]]:
    return [(e.upper(), context.addresses.export(entry.key, f"{name}.{e}")) for e in _TABLES]


def _h5ad(context: Context, entry: OpenedStore, name: str) -> list[tuple[str, str]]:
    if find_spec("anndata") is None:
        return []
    return [("h5ad", context.addresses.export(entry.key, name))]
