"""A concept in plain words, made from its numbers alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.store.schema import SIGNIFICANT
from scconcepts_app.views.association import list_categories, list_columns
from scconcepts_app.views.concepts import best_category
from scconcepts_app.views.curves import find_faithfulness, read_curves
from scconcepts_app.views.donor_tests import find_donor_test, say_test
from scconcepts_app.views.faithfulness import read_grade
from scconcepts_app.views.genes import default_attribution
from scconcepts_app.views.numbers import format_number, format_p, format_share
from scconcepts_app.views.pathways import shorten_set_name

# Below this F1 fewer than half of calls or of cells would be right.
NAMED_F1 = 0.5
# A share of a condition that differs by less from the usual one is not worth a sentence.
_NOTABLE_SHARE = 0.15
_N_QUOTED = 50


def write_summary(store: ConceptStore, concept: int, attribution: str | None = None) -> str:
    """Return a concept in a few sentences: where it is active, what raises it, how sure that is.

    Parameters
    ----------
    attribution : whose faithfulness is told; None: that of the default.
    """
    n_active = int(store.activations.counts()[concept])
    if n_active == 0:
        return "Active in no cell of this data set, so nothing can be said about it."
    default = default_attribution(store)
    key = attribution or (default.key if default else None)
    evidence = read_evidence(store, concept)
    sentences = [
        _say_where(store, concept, n_active),
        _say_cell_type(store, concept),
        _say_condition(store, concept),
        _say_genes(evidence, default is not None),
        _say_gene_set(evidence),
        _say_trust(store, concept, key),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def read_evidence(store: ConceptStore, concept: int) -> dict[str, Any]:
    """Return the evidence of the proposed label; empty when it was not written as an object."""
    try:
        value = json.loads(store.strings("concepts/evidence")[concept] or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def count_donors(store: ConceptStore, concept: int) -> tuple[int, int] | None:
    """Return in how many donors a concept is active, and the number of donors; None unknown."""
    column = _column_of(store, "donor")
    if column is None:
        return None
    codes = store.array(f"obs/{column.key}/codes")[store.activations.rows(concept)["cell"]]
    return len(np.unique(codes[codes >= 0])), len(column.categories)


def _column_of(store: ConceptStore, role: str) -> ObsColumn | None:
    wanted = (c for c in store.manifest.obs if c.role == role and c.kind == "categorical")
    return next(wanted, None)


def _say_where(store: ConceptStore, concept: int, n_active: int) -> str:
    share = format_share(n_active / max(1, store.n_cells))
    cells = f"Active in {n_active:,} of {store.n_cells:,} cells ({share})"
    donors = count_donors(store, concept)
    if donors is None or donors[1] < 2:
        return f"{cells}."
    found, n_donors = donors
    return f"{cells}, in {'all ' if found == n_donors else f'{found} of '}{n_donors} donors."


def _say_cell_type(store: ConceptStore, concept: int) -> str:
    level = best_category(store, concept)
    if level is None:
        return ""
    category, f1, of_active = level
    numbers = f"F1 {format_number(f1)}; {format_share(of_active)} of its active cells"
    if f1 >= NAMED_F1:
        return f"Goes best with {category} ({numbers})."
    return f"No cell type stands out; the closest is {category} ({numbers})."


def _say_condition(store: ConceptStore, concept: int) -> str:
    """Say the condition that its cells are in more often than others, where there is one."""
    column = _column_of(store, "condition")
    if column is None or column not in list_columns(store):
        return ""
    rows = [r for r in list_categories(store, concept, column.key) if r.share is not None]
    most = max(rows, key=lambda r: (r.share or 0) - (r.usual or 0), default=None)
    if most is None or (most.share or 0) - (most.usual or 0) < _NOTABLE_SHARE:
        return ""
    test = find_donor_test(store, concept, column.key, most.category)
    by_donor = say_test(test) if test else ""
    return (
        f"{format_share(most.share)} of its cells are {most.category} "
        f"({format_share(most.usual)} of all{f'; by donor {by_donor}' if by_donor else ''})."
    )


def _say_genes(evidence: dict[str, Any], is_attributed: bool) -> str:
    genes = [str(gene) for gene in evidence.get("genes") or []][:5]
    absent = [str(gene) for gene in evidence.get("absence_genes") or []][:3]
    if not genes and not absent:
        return ""
    basis = "Raised most by" if is_attributed else "Differs most in"
    words = [f"{basis} {', '.join(genes)}"] if genes else []
    if absent:
        words.append(f"{'and' if words else 'Raised'} by the absence of {', '.join(absent)}")
    return ", ".join(words) + "."


def _say_gene_set(evidence: dict[str, Any]) -> str:
    found = evidence.get("gene_set") or {}
    q = found.get("q")
    if not found.get("name") or not isinstance(q, int | float) or q >= SIGNIFICANT:
        return ""
    return f"First gene set: {shorten_set_name(str(found['name']))} (q {format_p(q)})."


def _say_trust(store: ConceptStore, concept: int, attribution: str | None) -> str:
    if attribution is None or find_faithfulness(store, attribution) is None:
        return ""
    grade = read_grade(store, concept, attribution)
    curves = read_curves(store, concept, attribution, "deletion")
    steps = curves.n_replaced
    if grade is None or _N_QUOTED not in steps:
        return ""
    at = steps.index(_N_QUOTED)
    found = {curve.ranking: curve.values[at] for curve in curves.curves}
    taken, by_de = found.get("attribution"), found.get("differential")
    if taken is None:
        return ""
    beside = f", those of DE {format_share(by_de)}" if by_de is not None else ""
    share = f"{format_share(taken)} of the full drop{beside}"
    return f"Replacing its first {_N_QUOTED} genes takes {share} (grade {grade})."
