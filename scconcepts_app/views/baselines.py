"""The concepts against as many other units: one table, and what it says in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.schema import EVALUATION_MEASURES, OWN_UNITS
from scconcepts_app.views.numbers import format_count, format_number, is_known, known_or_none

# Measure -> its name and what it means.
MEASURES = {
    "f1": (
        "F1",
        "Best single unit of each group, of either sign, with a threshold: harmonic mean of "
        "precision and recall on cells that had no part in choosing them. 0 to 1.",
    ),
    "auroc": (
        "AUROC",
        "Best single unit of each group: chance that a cell of the group has the higher value, "
        "held-out; 0.5 is no relation.",
    ),
    "probe_auroc": (
        "Probe AUROC",
        "Logistic regression on all units: chance that a cell of the group gets the higher "
        "probability, held-out; 0.5 is no relation.",
    ),
    "probe_accuracy": (
        "Probe accuracy",
        "Logistic regression on all units: share of the group's held-out cells that it finds.",
    ),
}
_KINDS = {"cell_type": "cell types", "condition": "conditions"}


@dataclass(frozen=True)
class Method:
    """One kind of units. `means` are over the groups, None where nothing is known.

    Attributes
    ----------
    active : mean number of units of a cell that are not 0.
    f1_error : standard error of the mean F1, from the folds.
    to_programmes, of_programmes : mean best correlation with the true programmes.
    """

    name: str
    meaning: str
    n_units: int
    active: float | None
    explained_variance: float | None
    to_programmes: float | None
    of_programmes: float | None
    f1_error: float | None
    means: dict[str, float | None]

    @property
    def is_own(self) -> bool:
        """Whether its units are concepts."""
        return self.name in OWN_UNITS

    @property
    def is_compared(self) -> bool:
        """Whether it has single units to compare: the whole embedding goes through probes alone."""
        return is_known(self.means["f1"])


@dataclass(frozen=True, eq=False)
class Baselines:
    """What each kind of units is worth on one division of the cells.

    Attributes
    ----------
    kind : of division; empty where the cells have no groups.
    methods : the concepts first.
    groups, sizes : names of the groups, and their cells.
    values : measure -> (n_methods, n_groups), NaN unknown.
    held_out : donors or cells.
    """

    kind: str
    methods: list[Method]
    groups: list[str]
    sizes: list[int]
    values: Mapping[str, np.ndarray]
    held_out: str
    n_folds: int
    n_cells: int


def list_kinds(store: ConceptStore) -> list[tuple[str, str]]:
    """Return the divisions a store was evaluated on and their names, the finest first."""
    infos = store.manifest.evaluations
    return [(kind, name_kind(kind)) for kind in reversed(infos[0].kinds)] if infos else []


def name_kind(kind: str) -> str:
    """Return a division in words."""
    return _KINDS.get(kind, kind.replace("_", " ").replace(" x ", " × "))


def read_baselines(store: ConceptStore, kind: str) -> Baselines | None:
    """Return the comparison on one division; None in a store that was not evaluated."""
    if not store.manifest.evaluations:
        return None
    info = store.manifest.evaluations[0]
    arrays = {name: store.array(f"evaluation/{info.key}/{name}") for name in _ARRAYS}
    position = info.kinds.index(kind) if kind in info.kinds else -1
    chosen = np.flatnonzero(arrays["kind"] == position)
    values = {name: np.asarray(arrays[name][:, chosen]) for name in EVALUATION_MEASURES}
    methods = [
        Method(
            name=name,
            meaning=info.meanings[i],
            n_units=int(arrays["n_units"][i]),
            active=known_or_none(arrays["active"][i]),
            explained_variance=known_or_none(arrays["explained_variance"][i]),
            to_programmes=known_or_none(arrays["to_programmes"][i]),
            of_programmes=known_or_none(arrays["of_programmes"][i]),
            f1_error=known_or_none(arrays["f1_error"][i, position]) if len(chosen) else None,
            means={measure: _mean(table[i]) for measure, table in values.items()},
        )
        for i, name in enumerate(info.methods)
    ]
    return Baselines(
        kind=kind if position >= 0 else "",
        methods=methods,
        groups=[info.groups[i] for i in chosen],
        sizes=arrays["size"][chosen].tolist(),
        values=values,
        held_out=info.held_out,
        n_folds=info.n_folds,
        n_cells=info.n_cells,
    )


_ARRAYS = (
    "n_units",
    "active",
    "explained_variance",
    "to_programmes",
    "of_programmes",
    "f1_error",
    "kind",
    "size",
    *EVALUATION_MEASURES,
)


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def judge(found: Baselines) -> str:
    """Return in words where the concepts stand among the others, better or worse."""
    ours, *others = found.methods
    sentences = []
    for measure, (name, _) in MEASURES.items():
        rivals = [m for m in others if not m.is_own and is_known(m.means[measure])]
        rivals = [m for m in rivals if m.is_compared]
        own = ours.means[measure]
        if own is None or not rivals:
            continue
        best = max(rivals, key=lambda m: m.means[measure] or 0.0)
        theirs = best.means[measure] or 0.0
        word = "above" if own > theirs else "below" if own < theirs else "level with"
        sentences.append(
            f"{name} {format_number(own, 3)}, {word} the best of the others "
            f"({best.name}, {format_number(theirs, 3)})"
        )
    if not sentences:
        return "The cells have no groups to find: only explained variance can be compared."
    return f"Concepts: {'; '.join(sentences)}.{_judge_fewer(found.methods)}"


def _judge_fewer(methods: list[Method]) -> str:
    """Return what as many concepts do as linear units there can be, where concepts are more."""
    fewer = [method for method in methods[1:] if method.is_own]
    if not fewer:
        return ""
    told = [
        f"{name} {format_number(fewer[0].means[measure], 3)}"
        for measure, (name, _) in MEASURES.items()
        if is_known(fewer[0].means[measure])
    ]
    return (
        f" There are at most as many linear units as the embedding has dimensions; the "
        f"{format_count(fewer[0].n_units)} concepts that rebuild most: {', '.join(told)}."
    )


def describe_evaluation(found: Baselines) -> str:
    """Return how the numbers came about."""
    text = f"{format_count(found.n_cells)} cells. "
    if found.groups:
        text += (
            f"Means over {format_count(len(found.groups))} groups ({name_kind(found.kind)}) of 20 "
            f"cells or more; unit, threshold and regression were chosen on some {found.held_out} "
            f"and measured on others, {found.n_folds} folds. "
        )
    return (
        f"{text}The embeddings, and all units, were learnt from all cells. A cell has few concepts "
        "but every linear unit, so that the latter explain more variance and rank cells finely."
    )
