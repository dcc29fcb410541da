"""Concepts with a significant gene set: their share, minus what chance and neurons give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import NullInfo
from scconcepts_app.store.shares import Share, difference_interval, wilson
from scconcepts_app.views.numbers import format_count, format_number

_OF_SETS = (
    "Share of concepts minus the same share with gene sets of {kind}, of the same sizes and "
    "overlaps, in percentage points; 95 % interval (Newcombe's method 10). Above 0 throughout: "
    "more than chance."
)
SHUFFLED = (
    "Share of concepts minus that of the concepts of cells whose genes were shuffled, so that no "
    "gene knows of another, through the same model, in percentage points; 95 % interval. What is "
    "left beyond 0 comes from the cells, not from the model's weights."
)
NEURONS = (
    "Share of concepts minus that of single dimensions of the embedding, upwards and downwards, "
    "attributed, compared and tested as concepts are, in percentage points; 95 % interval. A "
    "comparison, no null."
)


@dataclass(frozen=True)
class Against:
    """What concepts are held against; the same in every row of the table.

    Attributes
    ----------
    name, meaning : in words.
    is_null : chance, and not another kind of unit.
    """

    name: str
    meaning: str
    is_null: bool = True


@dataclass(frozen=True)
class Contrast:
    """The share of concepts minus another.

    Attributes
    ----------
    value, low, high : the difference and its 95 % interval.
    theirs : the share that was subtracted.
    n : of how many.
    """

    value: float
    low: float
    high: float
    theirs: float
    n: int


@dataclass(frozen=True)
class RankedShare:
    """One ranking: the share of concepts, and what is left of it beside each column.

    Attributes
    ----------
    title : of the GSEA.
    value, low, high : the share of concepts and its 95 % interval.
    n : concepts.
    contrasts : one for each column, None where this ranking was not counted for it.
    """

    title: str
    value: float
    low: float
    high: float
    n: int
    contrasts: list[Contrast | None]


@dataclass(frozen=True)
class NullShares:
    """All rankings of a store against the same columns, and how the numbers came about."""

    against: list[Against]
    rankings: list[RankedShare]
    note: str


def read_nulls(store: ConceptStore) -> NullShares | None:
    """Return the shares of a store; None where it holds none, or no concept."""
    infos = store.manifest.nulls
    if not infos or not store.n_concepts:
        return None
    columns: dict[str, Against] = {}
    rows = []
    for info in infos:
        found = _list_others(store, info)
        columns |= {against.name: against for against, _ in found}
        rows.append((info, {against.name: share for against, share in found}))
    titles = {enrichment.key: enrichment.title for enrichment in store.manifest.enrichments}
    rankings = [
        _contrast(
            titles.get(info.key, info.key),
            _count(store.array(f"nulls/{info.key}/found")),
            [shares.get(name) for name in columns],
        )
        for info, shares in rows
    ]
    return NullShares(list(columns.values()), rankings, _describe(infos[0]))


def _contrast(title: str, concepts: Share, others: list[Share | None]) -> RankedShare:
    contrasts = [
        None
        if other is None
        else Contrast(
            concepts.value - other.value,
            *difference_interval(concepts, other),
            other.value,
            other.n,
        )
        for other in others
    ]
    return RankedShare(title, concepts.value, *wilson(concepts), concepts.n, contrasts)


def _list_others(store: ConceptStore, info: NullInfo) -> list[tuple[Against, Share]]:
    drawn = np.asarray(store.array(f"nulls/{info.key}/random"))
    others = []
    if drawn.shape[1]:
        means = (drawn > 0).mean(axis=1).sum(axis=1)
        for kind, mean in zip(info.kinds, means, strict=True):
            against = Against(f"random sets of {kind}", _OF_SETS.format(kind=kind))
            others.append((against, Share(float(mean), drawn.shape[2])))
    shuffled = store.array(f"nulls/{info.key}/shuffled")
    if len(shuffled):
        others.append((Against("shuffled cells", SHUFFLED), _count(shuffled)))
    neurons = store.optional(f"nulls/{info.key}/neurons")
    if neurons is not None and len(neurons):
        others.append((Against("neurons", NEURONS, is_null=False), _count(neurons)))
    return others


def _count(found: np.ndarray) -> Share:
    return Share(int((found > 0).sum()), len(found))


def _describe(info: NullInfo) -> str:
    text = (
        "In each field: the share, or the difference; its 95 % interval; below a difference, the "
        "share that was subtracted, and of how many. A gene set is significant where its q within "
        f"the concept is below {format_number(info.q)} and its NES above 0."
    )
    if info.n_draws:
        text += f" Random sets: mean of {format_count(info.n_draws)} draws of each kind."
    if info.n_cells:
        return f"{text} Shuffled cells: {format_count(info.n_cells)}."
    return f"{text} {info.reason}"
