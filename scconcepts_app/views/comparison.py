"""Attribution against differential expression: every gene in both, what their top lists share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.fact import Fact
from scconcepts_app.views.genes import share_of_effect
from scconcepts_app.views.numbers import format_count, format_number, format_p, format_share
from scconcepts_app.views.spread import clip_folds, list_known, pick_extreme, spread, top_of
from scconcepts_app.views.statistics import SIGNIFICANT_Q

TOP_SIZES = (20, 50, 100)
N_DRAWN = 4000
# Below this share of the largest effect a gene is said to be hardly used by the model.
HARDLY = 0.05


@dataclass(frozen=True)
class GenePoint:
    """One gene in both; None where a number is missing.

    Attributes
    ----------
    log_fold_change, fold_drawn : log2; the second is drawn in where the first is beyond 10.
    side : ``presence``, ``absence`` or "" for a gene without effect.
    rank_effect, rank_z : place in the two lists, from 1; 0 when the gene is in the other half.
    """

    symbol: str
    effect: float
    z: float | None
    log_fold_change: float | None
    fold_drawn: float | None
    share: float
    side: str
    rank_effect: int
    rank_z: int


@dataclass(frozen=True)
class Overlap:
    """How many of the first `n` genes of each list are among the first `n` of the other."""

    n: int
    shared: int


@dataclass(frozen=True)
class Comparison:
    """Genes that have both numbers, and how far the two rankings agree.

    The lists compared are genes on the presence side: effect descending, and z descending.
    `rank_correlation` is Spearman's over all genes, of z with the effect taken as negative where
    absence raises the concept: so both say which way the gene differs.
    """

    points: list[GenePoint]
    n_genes: int
    overlaps: list[Overlap]
    rank_correlation: float | None
    sentence: str

    @property
    def facts(self) -> list[Fact]:
        """The numbers of agreement, with their definitions."""
        lists = "Genes among the first {n} of both lists: largest effect by presence, largest z."
        rows = [
            Fact(f"Top {o.n}", f"{o.shared} shared", lists.format(n=o.n)) for o in self.overlaps
        ]
        rows.append(
            Fact(
                "Rank correlation",
                format_number(self.rank_correlation),
                "Spearman's over all genes compared: z against the effect, the effect taken as "
                "negative where the absence of the gene raises the concept. 1: same order.",
            )
        )
        counted = "Genes that the model reads and that were tested for DE."
        return [*rows, Fact("Genes", format_count(self.n_genes), counted)]


def compare(
    store: ConceptStore, concept: int, attribution: str, differential: str
) -> Comparison | None:
    """Return attribution beside DE, or None where no gene has both numbers.

    Raises
    ------
    KeyError
        The store has no such attribution or comparison.
    """
    effects = dict(store.attribution(attribution).rows(concept))
    effects["share"] = share_of_effect(effects["effect"])
    tests = store.differential(differential).rows(concept)
    columns = {name: spread(effects, name, store.n_genes) for name in _EFFECT}
    columns |= {name: spread(tests, name, store.n_genes) for name in _TEST}
    genes = np.flatnonzero(np.isfinite(columns["effect"]) & np.isfinite(columns["z"]))
    if len(genes) == 0:
        return None
    columns = {name: values[genes] for name, values in columns.items()}
    symbols = [store.gene_symbols[gene] for gene in genes]
    lists = (top_of(columns["presence"], len(genes)), top_of(columns["z"], len(genes)))
    overlaps = _count_shared(*lists)
    directed = columns["presence"] - columns["absence"]
    return Comparison(
        points=_make_points(columns, symbols, lists),
        n_genes=len(genes),
        overlaps=overlaps,
        rank_correlation=correlate_ranks(directed, columns["z"]),
        sentence=_write_sentence(columns, symbols, lists, overlaps),
    )


_EFFECT = ("effect", "presence", "absence", "share")
_TEST = ("z", "q", "log_fold_change")


def correlate_ranks(a: np.ndarray, b: np.ndarray) -> float | None:
    """Return Spearman's rank correlation, ties sharing their mean rank; None when undefined."""
    known = np.isfinite(a) & np.isfinite(b)
    x, y = _mean_ranks(a[known]), _mean_ranks(b[known])
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def _mean_ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def _count_shared(first: np.ndarray, second: np.ndarray) -> list[Overlap]:
    """Count at each size; lists shorter than a size are compared once, at their own length."""
    found: list[Overlap] = []
    for size in TOP_SIZES:
        n = min(size, len(first), len(second))
        if n and n not in {overlap.n for overlap in found}:
            found.append(Overlap(n, len(np.intersect1d(first[:n], second[:n]))))
    return found


def _make_points(columns: dict, symbols: list[str], lists: tuple) -> list[GenePoint]:
    places = []
    for ordered in lists:
        rank = np.zeros(len(symbols), dtype=int)
        rank[ordered] = np.arange(1, len(ordered) + 1)
        places.append(rank)
    side = np.where(columns["presence"] != 0, 1, np.where(columns["absence"] != 0, 2, 0))
    fold = list_known(columns["log_fold_change"])
    fold_drawn = list_known(clip_folds(columns["log_fold_change"])[0])
    drawn = pick_extreme(columns["z"], columns["effect"], N_DRAWN)
    return [
        GenePoint(
            symbol=symbols[i],
            effect=float(columns["effect"][i]),
            z=float(columns["z"][i]),
            log_fold_change=fold[i],
            fold_drawn=fold_drawn[i],
            share=float(columns["share"][i]),
            side=("", "presence", "absence")[side[i]],
            rank_effect=int(places[0][i]),
            rank_z=int(places[1][i]),
        )
        for i in drawn
    ]


def _write_sentence(
    columns: dict, symbols: list[str], lists: tuple, overlaps: list[Overlap]
) -> str:
    if not overlaps:
        side = "raises the concept by presence" if len(lists[1]) else "is higher where it is active"
        return f"No gene {side}, so there are no two lists to compare."
    n, shared = overlaps[0].n, overlaps[0].shared
    sentences = [
        f"{shared} of the top {n} genes by attribution are also among the top {n} by DE.",
        _find_idle(columns, symbols, lists[1][:n]),
        _find_quiet(columns, symbols, lists[0][:n]),
    ]
    return " ".join(text for text in sentences if text)


def _find_idle(columns: dict, symbols: list[str], by_z: np.ndarray) -> str:
    """Say which gene of largest z the model hardly uses, if there is one."""
    largest = np.nanmax(columns["presence"])
    relative = columns["effect"][by_z] / largest if largest > 0 else np.ones(len(by_z))
    found = np.flatnonzero(np.abs(relative) < HARDLY)
    if len(found) == 0:
        return ""
    at = int(found[0])
    place = "differs most between the cells" if at == 0 else f"is number {at + 1} by DE"
    return (
        f"{symbols[by_z[at]]} {place}, but the model hardly uses it for this concept "
        f"({format_share(relative[at])} of the largest effect)."
    )


def _find_quiet(columns: dict, symbols: list[str], by_effect: np.ndarray) -> str:
    """Say which gene of largest effect does not differ between the cells, if there is one."""
    found = np.flatnonzero(columns["q"][by_effect] > SIGNIFICANT_Q)
    if len(found) == 0:
        return ""
    at = int(found[0])
    place = "moves the concept most" if at == 0 else f"is number {at + 1} by attribution"
    q = format_p(columns["q"][by_effect[at]])
    return f"{symbols[by_effect[at]]} {place}, yet DE found no difference (q {q})."
