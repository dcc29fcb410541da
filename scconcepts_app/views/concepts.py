"""The table of concepts: one row each, with what tells them apart at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.faithfulness import list_grades
from scconcepts_app.views.flags import list_flags
from scconcepts_app.views.genes import default_attribution
from scconcepts_app.views.kinship import find_parents
from scconcepts_app.views.numbers import known_or_none

N_SHOWN_GENES = 5
N_FOUND_GENES = 20


@dataclass(frozen=True)
class ConceptRow:
    """A concept as the table shows it.

    Attributes
    ----------
    label : the expert's label where there is one, else the proposed one.
    proposed : the label that the precomputation proposed.
    author : who wrote the expert's label; empty for a proposed one.
    genes : its first genes; `search` has more of them, for the search box only.
    n_active, share : active cells, and their share of all cells.
    category, f1 : best category of the cell type column and its F1; None without one.
    stability : recurrence over seeds, 0 to 1; None when it was not measured.
    stability_low, stability_high : its 90 % interval; None in a store without one.
    part_of : id of the concept that it is part of; None for none.
    grades : grade of faithfulness, A to D or None, under each attribution that has cards.
    flags : keys of its warnings.
    is_latent : whether this is no concept but a latent of one seed; see `views.latents`.
    """

    id: str
    label: str
    proposed: str
    author: str
    genes: list[str]
    n_active: int
    share: float
    category: str | None
    f1: float | None
    stability: float | None
    stability_low: float | None
    stability_high: float | None
    part_of: str | None
    grades: dict[str, str | None]
    flags: list[str]
    flag_names: str
    search: str
    is_latent: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self)


def list_concepts(store: ConceptStore) -> list[ConceptRow]:
    """Return the rows of all concepts with their proposed labels, in the store's order."""
    counts = store.activations.counts()
    labels = store.strings("concepts/label")
    stability = store.array("concepts/stability")
    intervals = [read_interval(store, concept) for concept in range(store.n_concepts)]
    parents = find_parents(store)
    categories = _best_categories(store, slice(None))
    rows = []
    for concept, concept_id in enumerate(store.concept_ids):
        genes = _first_genes(store, concept, N_FOUND_GENES)
        flags = list_flags(store, concept)
        category, f1, _ = categories[concept] or (None, None, None)
        rows.append(
            ConceptRow(
                id=concept_id,
                label=labels[concept],
                proposed=labels[concept],
                author="",
                genes=genes[:N_SHOWN_GENES],
                n_active=int(counts[concept]),
                share=float(counts[concept] / max(1, store.n_cells)),
                category=category,
                f1=f1,
                stability=known_or_none(stability[concept]),
                stability_low=intervals[concept][0],
                stability_high=intervals[concept][1],
                part_of=store.concept_ids[parents[concept]] if parents[concept] >= 0 else None,
                grades=list_grades(store, concept),
                flags=[flag.key for flag in flags],
                flag_names=", ".join(flag.name for flag in flags),
                search=" ".join([concept_id, labels[concept], *genes]),
            )
        )
    return rows


def read_interval(store: ConceptStore, concept: int) -> tuple[float | None, float | None]:
    """Return the 90 % interval of the stability of a concept; None twice without one."""
    low, high = (store.optional(f"concepts/stability_{end}") for end in ("low", "high"))
    if low is None or high is None:
        return None, None
    return known_or_none(low[concept]), known_or_none(high[concept])


def with_labels(rows: list[ConceptRow], labels: Mapping[str, tuple[str, str]]) -> list[ConceptRow]:
    """Return the rows with experts' labels in place of the proposed ones.

    Parameters
    ----------
    labels : concept id -> (label, author); an empty label leaves the proposed one.
    """
    return [with_label(row, *labels.get(row.id, ("", ""))) for row in rows]


def with_label(row: ConceptRow, label: str, author: str) -> ConceptRow:
    """Return the row with an expert's label, or with the proposed one when it is empty."""
    if not label:
        return replace(row, label=row.proposed, author="")
    return replace(row, label=label, author=author)


def best_category(store: ConceptStore, concept: int) -> tuple[str, float, float | None] | None:
    """Return the cell type of highest F1: its name, F1, and share of the active cells.

    None in a store without a cell type column, and where no cell type has an F1 above 0.
    """
    return _best_categories(store, slice(concept, concept + 1))[0]


def _best_categories(
    store: ConceptStore, concepts: slice
) -> list[tuple[str, float, float | None] | None]:
    levels = np.asarray(store.array("association/level"))
    obs = store.manifest.obs
    wanted = [n for n, (column, _) in enumerate(levels) if obs[column].role == "cell_type"]
    f1 = np.asarray(store.array("association/f1")[concepts])[:, wanted]
    share = np.asarray(store.array("association/share")[concepts])[:, wanted]
    if not wanted:
        return [None] * len(f1)
    best = np.where(f1 > 0, f1, -1.0).argmax(axis=1)
    found: list[tuple[str, float, float | None] | None] = []
    for row, at in enumerate(best):
        column, code = levels[wanted[at]]
        known = f1[row, at] > 0
        name = obs[column].categories[code]
        found.append((name, float(f1[row, at]), known_or_none(share[row, at])) if known else None)
    return found


def _first_genes(store: ConceptStore, concept: int, n: int) -> list[str]:
    """Return the genes of largest presence; of largest DE z in a store without attribution.

    Both tables hold the best rows first.
    """
    attribution = default_attribution(store)
    if attribution:
        table, column = store.attribution(attribution.key), "presence"
    elif store.manifest.differentials:
        table, column = store.differential(store.manifest.differentials[0].key), "z"
    else:
        return []
    rows = table.rows(concept)
    genes, values = rows["gene"][:n], np.asarray(rows[column][:n])
    return [store.gene_symbols[g] for g in genes[values > 0]]
