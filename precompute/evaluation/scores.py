"""The evaluation itself: units and groups in, held-out measures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from precompute.dictionary import explained_variance
from precompute.evaluation.cuts import best_cuts
from precompute.evaluation.divisions import Division
from precompute.evaluation.probe import probe_fold
from precompute.evaluation.programmes import match_programmes
from precompute.evaluation.ranks import rank_auroc

MEASURES = ("f1", "auroc", "probe_auroc", "probe_accuracy")


@dataclass(frozen=True, eq=False)
class Scores:
    """What a set of units is worth.

    Groups stand division after division. Unit, sign and threshold, or the probe, are chosen on
    some cells, and everything about groups is measured on others.

    Attributes
    ----------
    n_units : number of units.
    active : mean number of units of a cell that are not 0.
    explained_variance : of the embeddings rebuilt from the units; NaN without a reconstruction.
    f1 : (n_groups,) of the best single unit, hits and calls of all folds taken together.
    auroc : (n_groups,) of the best single unit, mean over folds.
    probe_auroc : (n_groups,) of the linear probe on all units, mean over folds.
    probe_accuracy : (n_groups,) share of the cells of the group that the probe finds; the mean
        over groups is the balanced accuracy.
    f1_error : (n_divisions,) standard error of the mean F1 over groups, from the folds.
    to_programmes, of_programmes : mean best correlation with the true programmes, of units and
        of programmes; NaN where there is no truth.
    """

    n_units: int
    active: float
    explained_variance: float
    f1: np.ndarray
    auroc: np.ndarray
    probe_auroc: np.ndarray
    probe_accuracy: np.ndarray
    f1_error: np.ndarray
    to_programmes: float
    of_programmes: float

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return all as arrays."""
        return {field.name: np.array(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Scores:
        """Return what `to_arrays` wrote."""
        plain: dict[str, Any] = {n: a if a.ndim else a.item() for n, a in arrays.items()}
        return cls(**plain)


def evaluate(
    units: np.ndarray,
    embeddings: np.ndarray,
    rebuilt: np.ndarray | None,
    divisions: Sequence[Division],
    folds: np.ndarray,
    programmes: np.ndarray | None = None,
) -> Scores:
    """Return what units are worth.

    Parameters
    ----------
    units : (n_cells, n_units), of either sign.
    embeddings : (n_cells, d_embedding)
    rebuilt : (n_cells, d_embedding) the embeddings rebuilt from the units, or None.
    divisions : groups to find.
    folds : (n_cells,) the fold in which each cell is held out.
    programmes : (n_cells, n_programmes) their true activity, where it is known.
    """
    found = [_score_division(units, division, folds) for division in divisions]
    joined = {
        name: np.concatenate([each[name] for each in found]) if found else np.empty(0)
        for name in MEASURES
    }
    truth = (np.nan, np.nan) if programmes is None else match_programmes(units, programmes)
    return Scores(
        n_units=units.shape[1],
        active=float((units != 0).sum(axis=1).mean()),
        explained_variance=np.nan if rebuilt is None else explained_variance(embeddings, rebuilt),
        **joined,
        f1_error=np.array([each["f1_error"] for each in found], float),
        to_programmes=truth[0],
        of_programmes=truth[1],
    )


def probe_all(embeddings: np.ndarray, divisions: Sequence[Division], folds: np.ndarray) -> Scores:
    """Return what the probe tells from all dimensions of the embedding, and nothing else.

    Measures of single units, explained variance and programmes are NaN: at this number of units
    they would compare with nothing.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding)
    divisions, folds : as of `evaluate`.
    """
    found = [_probe_division(embeddings, division, folds) for division in divisions]
    areas = [area for area, _ in found]
    shares = [share for _, share in found]
    nothing = np.full(sum(division.n_groups for division in divisions), np.nan)
    return Scores(
        n_units=embeddings.shape[1],
        active=float((embeddings != 0).sum(axis=1).mean()),
        explained_variance=np.nan,
        f1=nothing,
        auroc=nothing,
        probe_auroc=np.concatenate(areas) if areas else nothing,
        probe_accuracy=np.concatenate(shares) if shares else nothing,
        f1_error=np.full(len(divisions), np.nan),
        to_programmes=np.nan,
        of_programmes=np.nan,
    )


def mean_f1(scores: Scores, divisions: Sequence[Division], kind: str) -> tuple[float, float]:
    """Return the mean F1 over the groups of a kind of division, and its standard error."""
    start = 0
    for position, division in enumerate(divisions):
        stop = start + division.n_groups
        if division.kind == kind:
            return float(np.mean(scores.f1[start:stop])), float(scores.f1_error[position])
        start = stop
    return np.nan, np.nan


def _score_division(units: np.ndarray, division: Division, folds: np.ndarray) -> dict[str, Any]:
    n_groups, codes = division.n_groups, division.codes
    counts, areas = [], []
    for fold in np.unique(folds):
        held_out = folds == fold
        train, test = np.where(held_out, -1, codes), np.where(held_out, codes, -1)
        counts.append(_count_calls(units, train, test, n_groups))
        areas.append(_best_auroc(units, train, test, n_groups))
    by_fold = np.array(counts)
    probe_auroc, probe_accuracy = _probe_division(units, division, folds)
    return {
        "f1": _f1(*by_fold.sum(axis=0)),
        "auroc": _mean_known(np.array(areas)),
        "probe_auroc": probe_auroc,
        "probe_accuracy": probe_accuracy,
        "f1_error": _error_over_folds(by_fold),
    }


def _probe_division(
    units: np.ndarray, division: Division, folds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return AUROC, and share found, of each group of a division by the probe."""
    areas, hits = [], np.zeros(division.n_groups)
    for fold in np.unique(folds):
        area, found = probe_fold(units, division.codes, division.n_groups, folds == fold)
        areas.append(area)
        hits += found
    return _mean_known(np.array(areas)), hits / division.sizes


def _count_calls(
    units: np.ndarray, train: np.ndarray, test: np.ndarray, n_groups: int
) -> np.ndarray:
    """Return hits, called cells and cells of each group among the held-out ones, (3, n_groups)."""
    cuts = best_cuts(units, train, n_groups)
    shown = test >= 0
    called = cuts.call(units[shown])
    inside = test[shown][:, None] == np.arange(n_groups)
    return np.array([(called & inside).sum(axis=0), called.sum(axis=0), inside.sum(axis=0)])


def _best_auroc(
    units: np.ndarray, train: np.ndarray, test: np.ndarray, n_groups: int
) -> np.ndarray:
    """Return the AUROC on `test` of the unit and sign that are best on `train`."""
    learnt = rank_auroc(units, train, n_groups) - 0.5
    best = np.argmax(np.nan_to_num(np.abs(learnt)), axis=1)
    groups = np.arange(n_groups)
    shown = rank_auroc(units, test, n_groups)[groups, best]
    return 0.5 + np.sign(learnt[groups, best]) * (shown - 0.5)


def _f1(hits: np.ndarray, called: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return F1, NaN where the group has no cell."""
    total = called + inside
    return np.divide(2 * hits, total, out=np.full(len(total), np.nan), where=inside > 0)


def _mean_known(values: np.ndarray) -> np.ndarray:
    """Return the mean over rows of what is known, NaN where nothing is."""
    known = np.isfinite(values)
    total, count = np.where(known, values, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def _error_over_folds(by_fold: np.ndarray) -> float:
    """Return the standard error over folds of the mean F1 over groups."""
    means = np.array([np.nanmean(_f1(*counts)) for counts in by_fold if counts[2].any()])
    return float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else np.nan
