"""What happens to a concept as genes are replaced in the order of a ranking: curves in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import FaithfulnessInfo
from scconcepts_app.views.numbers import format_share, known_or_none

KINDS = ("deletion", "insertion", "remaining")
# The sentence speaks of so many genes, or of the nearest number below that was replaced.
N_QUOTED = 50

_NAMES = {
    "attribution": "attribution",
    "differential": "DE",
    "matched": "DE against neighbours",
    "random": "random",
}


@dataclass(frozen=True)
class Curve:
    """One ranking's curve; None where a number is missing.

    Attributes
    ----------
    ranking, name : key in the manifest, and what a reader is told.
    values : one a step.
    low, high : 95 % interval of `values`; all None for the kinds that have none.
    """

    ranking: str
    name: str
    values: list[float | None]
    low: list[float | None]
    high: list[float | None]


@dataclass(frozen=True)
class Curves:
    """All curves of one kind, over the numbers of genes replaced."""

    kind: str
    n_replaced: list[int]
    curves: list[Curve]

    @property
    def is_known(self) -> bool:
        """Whether there is any number to draw."""
        return any(value is not None for curve in self.curves for value in curve.values)

    def find(self, ranking: str) -> Curve | None:
        """Return the curve of a ranking, or None when it was not run."""
        return next((curve for curve in self.curves if curve.ranking == ranking), None)


def find_faithfulness(store: ConceptStore, attribution: str | None) -> FaithfulnessInfo | None:
    """Return the manifest's entry of the cards of an attribution, or None without cards."""
    return next((i for i in store.manifest.faithfulness if i.key == attribution), None)


def read_curves(store: ConceptStore, concept: int, attribution: str, kind: str) -> Curves:
    """Return the curves of a concept.

    Parameters
    ----------
    kind : ``deletion``, ``insertion`` or ``remaining``, as FORMAT.md defines them.

    Raises
    ------
    KeyError
        The store has no cards for this attribution.
    """
    info = find_faithfulness(store, attribution)
    if info is None:
        raise KeyError(attribution)
    folder = f"faithfulness/{attribution}"
    n_replaced = [int(n) for n in store.array(f"{folder}/n_replaced")]
    nothing = np.full((len(info.rankings), len(n_replaced)), np.nan)
    low = high = nothing
    if kind == "deletion":
        low, high = (store.array(f"{folder}/{name}")[concept] for name in _INTERVAL)
    values = store.array(f"{folder}/{kind}")[concept]
    return Curves(
        kind,
        n_replaced,
        [
            Curve(ranking, _NAMES.get(ranking, ranking), *map(_numbers, (v, a, b)))
            for ranking, v, a, b in zip(info.rankings, values, low, high, strict=True)
        ],
    )


_INTERVAL = ("deletion_low", "deletion_high")


def write_deletion(deletion: Curves) -> str:
    """Return the deletion curves in one sentence, at 50 genes or the nearest step below."""
    steps = deletion.n_replaced
    at = max((i for i, n in enumerate(steps) if n <= N_QUOTED), default=0)

    def share(ranking: str) -> float | None:
        curve = deletion.find(ranking)
        return curve.values[at] if curve and steps else None

    first, others = share("attribution"), (share("differential"), share("random"))
    if first is None:
        return "How much of the concept the first genes of attribution carry is not known."
    n = steps[at]
    genes = f"the {n} genes" if n > 1 else "the gene"
    words = (
        f"{'the ' + str(n) if n > 1 else 'the one'} that DE ranks first "
        f"{'take' if n > 1 else 'takes'} {format_share(others[0])}",
        f"{n} random gene{'s' if n > 1 else ''} {format_share(others[1])}",
    )
    known = [text for text, value in zip(words, others, strict=True) if value is not None]
    sentence = (
        f"Replacing {genes} that attribution ranks first takes {format_share(first)} of what "
        "replacing all genes takes"
    )
    return "; ".join([sentence, ", ".join(known)] if known else [sentence]) + "."


def _numbers(values: np.ndarray) -> list[float | None]:
    return [known_or_none(value) for value in values]
