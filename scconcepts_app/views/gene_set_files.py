"""Gene sets of the concepts as GMT, the format of GSEA: name, description, genes, tab-separated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.columns import Ragged
from scconcepts_app.store.manifest import AttributionInfo
from scconcepts_app.views.genes import default_attribution

N_GENES = 50
MOST_GENES = 1000
_SPACE = re.compile(r"\s+")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.:+-]+")


def gene_set_lines(
    store: ConceptStore, labels: Mapping[str, str], n: int, attribution: str | None = None
) -> Iterator[str]:
    """Yield one line a gene set: the genes of a concept by presence, then those by absence.

    A store without attribution gives those of higher and lower expression in its place. Sets
    without a gene are left out: readers refuse them.

    Parameters
    ----------
    labels : concept id -> label, the description.
    n : most genes of a set, those of largest effect.
    attribution : key of an attribution; the default one for None.
    """
    for concept, concept_id in enumerate(store.concept_ids):
        for suffix, genes in _sets(store, concept, n, attribution):
            symbols = list(dict.fromkeys(_SPACE.sub("_", store.gene_symbols[g]) for g in genes))
            if symbols:
                name = _NOT_IN_NAMES.sub("_", concept_id) + suffix
                # An empty description would move the genes in readers that split at white space.
                label = _SPACE.sub(" ", labels.get(concept_id, "")).strip() or concept_id
                yield "\t".join([name, label, *symbols]) + "\n"


def find_attribution(store: ConceptStore, key: str) -> AttributionInfo | None:
    """Return the attribution of a key; the default one for an empty key; None if there is none."""
    if not key:
        return default_attribution(store)
    return next((info for info in store.manifest.attributions if info.key == key), None)


def _sets(
    store: ConceptStore, concept: int, n: int, key: str | None
) -> Iterator[tuple[str, np.ndarray]]:
    info = find_attribution(store, key or "")
    if info:
        table = store.attribution(info.key)
        yield "", _largest(table, "presence", concept, n)
        yield "_absence", _largest(table, "absence", concept, n)
    elif store.manifest.differentials:
        table = store.differential(store.manifest.differentials[0].key)
        yield "_higher", _largest(table, "z", concept, n)
        yield "_lower", _largest(table, "z", concept, n, sign=-1)


def _largest(table: Ragged, column: str, concept: int, n: int, sign: int = 1) -> np.ndarray:
    """Return the genes that raise the concept most by a column; a negative effect lowers it."""
    rows = table.rows(concept)
    values = sign * np.asarray(rows[column])
    order = np.argsort(-values, kind="stable")[:n]
    return np.asarray(rows["gene"])[order[values[order] > 0]]
