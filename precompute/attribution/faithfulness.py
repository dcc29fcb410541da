"""Held-out tests of an attribution: rank genes on one half of the cells, replace them in the other.

The other half gives the cells, and the counterfactuals too, so that no ranking has seen what it is
tested on; then the halves change places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from precompute.attribution.concept import Setting, mean_effects, rank_correlation
from precompute.attribution.counterfactuals import make_counterfactual
from precompute.attribution.deletion import STEPS, DeletionCurve, Replacement, share
from precompute.attribution.halves import Halves, split_cells, split_donors
from precompute.attribution.sampling import choose_cells

RANKINGS = ("attribution", "differential", "random")
_HELD_OUT_CELLS = 60
# Random orders of a half that are averaged: where few genes hold the effect, one order says little.
_RANDOM_ORDERS = 10
_RANDOM_ORDERS_OF_TOKENS = 2
_MIN_DONORS = 3
_DRAWS = 200
_INTERVAL = (0.025, 0.975)

# From the cells of a half to scores (n_concepts, n_genes): the larger, the earlier replaced.
Score = Callable[[np.ndarray], np.ndarray]


class Side:
    """One half of a population, with the attribution and the scores made on it alone.

    Parameters
    ----------
    halves, which : the split, and which half of it.
    setting : how attributions are made; its population is replaced by the half.
    score : see `Score`.
    """

    def __init__(self, halves: Halves, which: int, setting: Setting, score: Score) -> None:
        cells, population = halves.cells[which], halves.populations[which]
        rule = setting.counterfactual
        self._cells, self._score = cells, score
        self.setting = replace(
            setting,
            population=population,
            covariates=None if setting.covariates is None else setting.covariates[cells],
            counterfactual=make_counterfactual(rule.name, population, rule.seed, rule.n),
            null=(),
            support=None,
        )

    @cached_property
    def scores(self) -> np.ndarray:
        """Scores of the genes on this half, (n_concepts, n_genes)."""
        return np.nan_to_num(self._score(self._cells))


def choose_held_out(setting: Setting, concept: int) -> np.ndarray:
    """Return the cells of a half in which genes are replaced, at most 60.

    Where a run costs much also at most as many as the attribution is made on.
    """
    most = min(_HELD_OUT_CELLS, setting.max_cells) if setting.runs_tokens else _HELD_OUT_CELLS
    population = setting.population
    active, values = population.active(concept)
    donors = None if population.donors is None else population.donors[active]
    rng = np.random.default_rng([setting.seed, concept, 8])
    return choose_cells(active, values, donors, most, rng)


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves of one concept, rankings as in `RANKINGS`, steps as in `HeldOutTest.steps`.

    Attributes
    ----------
    deletion : (n_rankings, n_steps) share of the full drop that is lost.
    deletion_low, deletion_high : its 95 % interval, by bootstrap over the held-out donors, or
        over the cells where they have fewer than 3.
    insertion : same shape, share of the full drop that comes back.
    remaining : same shape, share of the positive pre-activation that is left.
    n_cells : held-out cells behind them.
    """

    deletion: np.ndarray
    deletion_low: np.ndarray
    deletion_high: np.ndarray
    insertion: np.ndarray
    remaining: np.ndarray
    n_cells: int


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What the held-out tests of one concept showed.

    Attributes
    ----------
    curves : deletion and insertion.
    held_out : 0 where donors were held out, 1 for cells, -1 where neither could be.
    split_cells, split_donors : rank correlation of the effects on both halves.
    """

    curves: Curves
    held_out: int
    split_cells: float
    split_donors: float


class HeldOutTest:
    """Runs the held-out tests of every concept under one attribution.

    Parameters
    ----------
    setting : how the attribution under test is made.
    score : the correlational ranking to compare with, |z| of a differential expression say.

    Attributes
    ----------
    steps : numbers of genes replaced.
    """

    def __init__(self, setting: Setting, score: Score) -> None:
        population, seed = setting.population, setting.seed
        self.steps = tuple(step for step in STEPS if step <= population.n_genes)
        self._seed = seed
        self._splits: list[tuple[Halves, tuple[Side, Side]]] = []
        for halves in (split_donors(population, seed), split_cells(population, seed)):
            if halves is not None:
                sides = Side(halves, 0, setting, score), Side(halves, 1, setting, score)
                self._splits.append((halves, sides))

    def run(self, concept: int) -> HeldOut:
        """Return what the tests show of a concept; NaN where no half has 5 cells on each side.

        Raises
        ------
        InputError
            The model returns NaN, a wrong shape or no gradients.
        """
        agreement = {"donors": float("nan"), "cells": float("nan")}
        found = HeldOut(self._unknown(), -1, float("nan"), float("nan"))
        for halves, sides in self._splits:
            if not halves.can_hold_out(concept):
                continue
            effects = [mean_effects(side.setting, concept) for side in sides]
            agreement[halves.kind] = rank_correlation(*effects)
            if found.held_out < 0:
                kind = ("donors", "cells").index(halves.kind)
                found = replace(found, curves=self._test(concept, sides, effects), held_out=kind)
        return replace(found, split_cells=agreement["cells"], split_donors=agreement["donors"])

    def _test(self, concept: int, sides: tuple[Side, Side], effects: list[np.ndarray]) -> Curves:
        """Rank on each side, replace on the other, and put both together."""
        curves: list[list[DeletionCurve]] = []
        units = []
        for ranked, tested in ((0, 1), (1, 0)):
            rng = np.random.default_rng([self._seed, concept, 9, ranked])
            rankings = (
                np.argsort(-effects[ranked], kind="stable"),
                np.argsort(-sides[ranked].scores[concept], kind="stable"),
            )
            side = sides[tested]
            tokens = side.setting.runs_tokens
            n_orders = _RANDOM_ORDERS_OF_TOKENS if tokens else _RANDOM_ORDERS
            orders = [rng.permutation(len(effects[ranked])) for _ in range(n_orders)]
            cells = choose_held_out(side.setting, concept)
            pairs = side.setting.pairs(concept, cells)
            replacement = Replacement(side.setting.readout, pairs)
            found = [replacement.curve(ranking, self.steps) for ranking in rankings]
            curves.append([*found, replacement.mean_curve(orders, self.steps)])
            units.append(_units(side, cells, tested))
        return self._summarise(concept, curves, np.concatenate(units))

    def _summarise(
        self, concept: int, curves: list[list[DeletionCurve]], units: np.ndarray
    ) -> Curves:
        def both(value: Callable[[DeletionCurve], np.ndarray], ranking: int) -> np.ndarray:
            return np.concatenate([value(side[ranking]) for side in curves], axis=-1)

        n_rankings = range(len(RANKINGS))
        full = both(DeletionCurve.full_drop, 0)
        before = both(lambda curve: np.maximum(curve.before, 0), 0)
        lost = np.stack([both(DeletionCurve.lost, r) for r in n_rankings])
        regained = np.stack([both(DeletionCurve.regained, r) for r in n_rankings])
        left = np.stack([both(DeletionCurve.left, r) for r in n_rankings])
        rng = np.random.default_rng([self._seed, concept, 10])
        low, high = _interval(lost, full, units, rng)
        return Curves(
            deletion=share(lost.sum(axis=-1), full.sum()),
            deletion_low=low,
            deletion_high=high,
            insertion=share(regained.sum(axis=-1), full.sum()),
            remaining=share(left.sum(axis=-1), before.sum()),
            n_cells=len(full),
        )

    def _unknown(self) -> Curves:
        unknown = np.full((len(RANKINGS), len(self.steps)), np.nan)
        return Curves(unknown, unknown, unknown, unknown, unknown, n_cells=0)


def _units(side: Side, cells: np.ndarray, which: int) -> np.ndarray:
    """Return what is resampled for the interval: donors of a side, or its cells if fewer than 3."""
    donors = side.setting.population.donors
    if donors is not None and len(np.unique(donors[cells])) >= _MIN_DONORS:
        names = donors[cells]
    else:
        names = cells
    return names * 2 + which


def _interval(
    lost: np.ndarray, full: np.ndarray, units: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval of the share lost, each (n_rankings, n_steps).

    Parameters
    ----------
    lost : (n_rankings, n_steps, n_cells).
    full : (n_cells,) full drops.
    units : (n_cells,) what is drawn with replacement.
    """
    codes = np.unique(units, return_inverse=True)[1]
    n_units = int(codes.max()) + 1
    drawn = rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=_DRAWS)[:, codes]
    whole = drawn @ full
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(whole > 0, (lost @ drawn.T) / whole, np.nan)
    if np.isnan(shares).all() or full.sum() <= 0:
        nothing = np.full(lost.shape[:2], np.nan)
        return nothing, nothing
    low, high = np.nanquantile(shares, _INTERVAL, axis=-1)
    return low, high
