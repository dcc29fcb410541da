"""One gene over all concepts: which it moves, and in which it is differential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.genes import why_no_attribution
from scconcepts_app.views.lookup import rank_within, read_across
from scconcepts_app.views.numbers import format_number
from scconcepts_app.views.statistics import SIGNIFICANT_Q

MOST_GENES = 6
_EFFECT = ("effect", "presence", "absence", "standard_error", "exact", "q")
_TEST = ("z", "log_fold_change", "q")


@dataclass(frozen=True)
class GeneAcross:
    """A gene in every concept; arrays are (n_concepts,), NaN where a number is missing.

    Attributes
    ----------
    is_read : whether the model reads the gene; where not, its effect is missing, which is not 0.
    effect, presence, absence, exact : as of one concept; see `views.genes.GeneRow`.
    effect_q : false discovery rate of `effect`; NaN throughout in stores of schema version 1.
    rank : place of the gene among all genes of the concept by absolute effect, from 1.
    share : absolute effect as a share of that of all genes of the concept.
    z, log_fold_change, q : differential expression.
    """

    symbol: str
    gene_id: str
    is_read: bool
    effect: np.ndarray
    presence: np.ndarray
    absence: np.ndarray
    exact: np.ndarray
    effect_q: np.ndarray
    rank: np.ndarray
    share: np.ndarray
    z: np.ndarray
    log_fold_change: np.ndarray
    q: np.ndarray

    @property
    def side(self) -> list[str]:
        """How it acts on each concept: by presence, by absence, opposing, or "" for no effect."""
        opposing = self.effect < 0
        by = np.where(self.presence != 0, "presence", np.where(self.absence != 0, "absence", ""))
        known = np.isfinite(self.effect) & (self.effect != 0)
        return [str(v) for v in np.where(known, np.where(opposing, "opposing", by), "")]

    @property
    def moves(self) -> np.ndarray:
        """Concepts whose effect has q <= 0.05, (n_concepts,) bool."""
        return self.effect_q <= SIGNIFICANT_Q

    @property
    def differs(self) -> np.ndarray:
        """Concepts in which it is differential, q <= 0.05, (n_concepts,) bool."""
        return self.q <= SIGNIFICANT_Q

    @property
    def order(self) -> np.ndarray:
        """Concepts by absolute effect, largest first, by absolute z where there is none."""
        size, test = np.abs(self.effect), np.abs(self.z)
        return np.lexsort((-np.nan_to_num(test, nan=-1.0), -np.nan_to_num(size, nan=-1.0)))


def read_gene(
    store: ConceptStore, gene: int, attribution: str | None, differential: str | None
) -> GeneAcross:
    """Return a gene over all concepts.

    Parameters
    ----------
    attribution, differential : keys of the manifest, or None where the store has none.

    Raises
    ------
    KeyError
        The store has no such key.
    """
    missing = np.full(store.n_concepts, np.nan)
    effects = dict.fromkeys(_EFFECT, missing)
    rank = total = missing
    if attribution:
        table = store.attribution(attribution)
        effects = read_across(table, "gene", gene, _EFFECT)
        rank, total = rank_within(table, "effect", effects["effect"])
    tests = dict.fromkeys(_TEST, missing)
    if differential:
        tests = read_across(store.differential(differential), "gene", gene, _TEST)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, np.abs(effects["effect"]) / total, np.nan)
    return GeneAcross(
        symbol=store.gene_symbols[gene],
        gene_id=store.strings("genes/id")[gene],
        is_read=bool(store.array("genes/in_model")[gene]),
        effect=effects["effect"],
        presence=effects["presence"],
        absence=effects["absence"],
        exact=effects["exact"],
        effect_q=effects["q"],
        rank=rank,
        share=share,
        z=tests["z"],
        log_fold_change=tests["log_fold_change"],
        q=tests["q"],
    )


@dataclass(frozen=True)
class ConceptPoint:
    """A concept that has both an effect of the gene and a test of it."""

    concept: int
    z: float
    effect: float
    side: str
    is_moved: bool


def list_points(found: GeneAcross) -> list[ConceptPoint]:
    """Return the concepts that have both numbers, largest absolute effect first."""
    side, moves = found.side, found.moves
    return [
        ConceptPoint(i, float(found.z[i]), float(found.effect[i]), side[i], bool(moves[i]))
        for i in found.order.tolist()
        if np.isfinite(found.effect[i]) and np.isfinite(found.z[i])
    ]


def read_effects(
    store: ConceptStore, genes: Sequence[int], attribution: str
) -> list[dict[str, np.ndarray]]:
    """Return effect, presence and q of several genes over all concepts, each (n_concepts,).

    Raises
    ------
    KeyError
        The store has no such attribution.
    """
    table = store.attribution(attribution)
    return [read_across(table, "gene", gene, ("effect", "presence", "q")) for gene in genes]


def write_gene(found: GeneAcross, store: ConceptStore, labels: Sequence[str]) -> str:
    """Return in one or two sentences what a gene does; `labels` are those of the concepts."""
    if not store.manifest.attributions:
        return f"{_say_tested(found, store, labels)} {why_no_attribution(store)}"
    if not found.is_read:
        return (
            f"The model does not read {found.symbol}: its effect on concepts is missing, which is "
            f"not 0. {_say_tested(found, store, labels)}"
        )
    n_known = int(np.isfinite(found.effect).sum())
    if n_known == 0:
        return (
            f"{found.symbol} has no effect in this store: it takes the same value in cells and "
            f"counterfactuals. {_say_tested(found, store, labels)}"
        )
    top = int(found.order[0])
    largest = f"{_name(store, labels, top)} ({format_number(found.effect[top])})"
    if not np.isfinite(found.effect_q).any():
        return (
            f"{found.symbol} has its largest effect on {largest}; this store holds no q of "
            f"effects. {_say_tested(found, store, labels)}"
        )
    n_moved = int(found.moves.sum())
    if n_moved == 0:
        return (
            f"{found.symbol} moves none of {n_known:,} concepts (q ≤ 0.05); its largest effect is "
            f"on {largest}. {_say_tested(found, store, labels)}"
        )
    moved = np.where(found.moves, np.abs(found.effect), -1.0)
    most = int(moved.argmax())
    both = int((found.moves & found.differs).sum())
    only = int((~found.moves & found.differs).sum())
    text = (
        f"{found.symbol} moves {n_moved:,} of {n_known:,} concepts (q ≤ 0.05), most "
        f"{_name(store, labels, most)} ({format_number(found.effect[most])})."
    )
    if not np.isfinite(found.q).any():
        return f"{text} {_say_tested(found, store, labels)}"
    return f"{text} It is differential in {both:,} of them and in {only:,} that it does not move."


def _say_tested(found: GeneAcross, store: ConceptStore, labels: Sequence[str]) -> str:
    n_tested, n_found = int(np.isfinite(found.q).sum()), int(found.differs.sum())
    if n_tested == 0:
        return f"{found.symbol} was tested for differential expression in no concept."
    text = f"{found.symbol} is differential in {n_found:,} of {n_tested:,} concepts (q ≤ 0.05)"
    if n_found == 0:
        return f"{text}."
    top = int(np.where(found.differs, np.abs(np.nan_to_num(found.z)), -1.0).argmax())
    return f"{text}, most in {_name(store, labels, top)} (z {format_number(found.z[top], 1)})."


def _name(store: ConceptStore, labels: Sequence[str], concept: int) -> str:
    return f"{store.concept_ids[concept]} “{labels[concept]}”"
