"""Warnings about a concept in plain language."""

from __future__ import annotations

from dataclasses import dataclass

from scconcepts_app.store import ConceptStore


@dataclass(frozen=True)
class Flag:
    """A warning: its key in the store, a short name and what it means for the reader."""

    key: str
    name: str
    meaning: str


_WORDS = {
    "few_cells": (
        "few cells",
        "Active in very few cells. Every number about this concept is uncertain.",
    ),
    "one_donor": (
        "one donor",
        "Nearly all active cells come from one donor. It may be a trait of that person, or a "
        "sample effect, rather than biology that others share.",
    ),
    "one_batch": (
        "one batch",
        "Nearly all active cells come from one batch. It may be a technical effect.",
    ),
    "library_size": (
        "library size",
        "Activation follows the number of counts of a cell. It may measure sequencing depth or "
        "cell size.",
    ),
    "mitochondrial": (
        "mitochondrial",
        "Activation follows the mitochondrial share of a cell. It may mark stressed or dying "
        "cells.",
    ),
    "dense": (
        "most cells",
        "Active in more than half of the cells. It separates little, and there are few cells to "
        "compare with.",
    ),
    "unstable": (
        "unstable",
        "Training again with other seeds often gives no such concept. Treat it as a hint.",
    ),
    "unfaithful": (
        "attribution not faithful",
        "Grade D: its attribution fails at least one test of faithfulness; the tab Faithfulness "
        "says which. Do not rest a conclusion on its genes.",
    ),
    "cell_cycle": (
        "cell cycle",
        "Activation follows the S or G2/M score of a cell, or its genes are those of the cell "
        "cycle. It marks dividing cells, of whatever type.",
    ),
    "ribosomal": (
        "ribosomal",
        "Most of its first genes code for ribosomal proteins, whose counts follow the quality of "
        "a cell as much as its state.",
    ),
    "donor_driven": (
        "differs by donor",
        "Donors or batches explain a quarter or more of the variance of its activation, and more "
        "than cell types do.",
    ),
}


def list_flags(store: ConceptStore, concept: int) -> list[Flag]:
    """Return the warnings of a concept, in the order of the store."""
    bits = int(store.array("concepts/flags")[concept])
    return [
        describe_flag(key)
        for bit, key in enumerate(store.manifest.concept_flags)
        if bits & (1 << bit)
    ]


def describe_flag(key: str) -> Flag:
    """Return a warning by its key; one this version does not know keeps its own name."""
    name, meaning = _WORDS.get(key, (key.replace("_", " "), "Warning set by the precomputation."))
    return Flag(key, name, meaning)
