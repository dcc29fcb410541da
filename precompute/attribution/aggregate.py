"""Sums effects over the cells of one concept as they stream in, with their standard error."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

Unit = Literal["donor", "cell"]

MIN_DONORS = 3
_DRAWS = 200


class Summary(NamedTuple):
    """Effects of all genes on one concept, each (n_genes,) float32, in units of pre-activation.

    Attributes
    ----------
    effect : signed mean over the cells.
    presence : the effect where the cells express the gene more than their counterfactuals on
        average, 0 elsewhere.
    absence : the effect where they express it less, 0 elsewhere. Genes and not values are
        split: a gene that only varies would else get a presence and an absence, and ranking
        by such parts found fewer of the planted genes (average precision .80 against .85,
        three simulated data sets).
    standard_error : of the effect, by bootstrap; NaN with a single donor or cell.
    q : false discovery rate against the null; NaN without a standard error.
    """

    effect: np.ndarray
    presence: np.ndarray
    absence: np.ndarray
    standard_error: np.ndarray
    q: np.ndarray


class EffectSums:
    """Running sums of effects for each unit of the bootstrap.

    The unit is the donor, since cells of one donor are not independent; it is the cell where
    fewer than 3 donors are among the cells, and errors are then too small.

    Parameters
    ----------
    donors : (n_cells,) codes of the cells to come, in their order, or None.
    n_cells : cells to come.
    n_genes : length of an effect.
    n_null : draws of the null that come with each cell.

    Attributes
    ----------
    unit : ``donor`` or ``cell``.
    """

    def __init__(
        self, donors: np.ndarray | None, n_cells: int, n_genes: int, n_null: int = 0
    ) -> None:
        self.unit: Unit = "cell"
        self._units = np.arange(n_cells)
        if donors is not None and len(np.unique(donors)) >= MIN_DONORS:
            self.unit = "donor"
            self._units = np.unique(donors, return_inverse=True)[1]
        self._cells_of_unit = np.bincount(self._units)
        # The effects first, then each draw of the null, so that all are resampled alike.
        self._sums = np.zeros((1 + n_null, len(self._cells_of_unit), n_genes))
        self._differences = np.zeros(n_genes)
        self._n_seen = 0

    def add(
        self, effects: np.ndarray, differences: np.ndarray, null: np.ndarray | None = None
    ) -> None:
        """Add the next n cells: effects and differences (n, n_genes), null (n_null, n, n_genes)."""
        units = self._units[self._n_seen : self._n_seen + len(effects)]
        self._n_seen += len(effects)
        self._differences += differences.sum(axis=0, dtype=np.float64)
        for unit in np.unique(units):
            rows = units == unit
            self._sums[0, unit] += effects[rows].sum(axis=0, dtype=np.float64)
            if null is not None:
                self._sums[1:, unit] += null[:, rows].sum(axis=1, dtype=np.float64)

    def summary(self, rng: np.random.Generator) -> Summary:
        """Return the mean effects, once all cells were added.

        Parameters
        ----------
        rng : draws the 200 resamplings of the units, with replacement; each unit weighs as
            many as it has cells.
        """
        means = self._sums.sum(axis=1) / self._cells_of_unit.sum()
        errors = self._standard_errors(rng)
        effect = means[0]
        presence = np.where(self._differences > 0, effect, 0)
        absence = np.where(self._differences < 0, effect, 0)
        q = null_rate(effect, errors[0], means[1:], errors[1:])
        parts = effect, presence, absence, errors[0], q
        return Summary(*(part.astype(np.float32) for part in parts))

    def _standard_errors(self, rng: np.random.Generator) -> np.ndarray:
        n_units = len(self._cells_of_unit)
        if n_units < 2:
            return np.full(self._sums[:, 0].shape, np.nan)
        times_drawn = rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=_DRAWS)
        n_cells = times_drawn @ self._cells_of_unit
        return np.stack(
            [((times_drawn @ sums) / n_cells[:, None]).std(axis=0, ddof=1) for sums in self._sums]
        )


def null_rate(
    effect: np.ndarray, error: np.ndarray, null_effect: np.ndarray, null_error: np.ndarray
) -> np.ndarray:
    """Return the false discovery rate of each gene against effects without a contrast.

    Effects over their standard errors are compared with those of the null, pooled over genes
    and draws: the rate at a gene is the number of null values at least as large, over the
    number of genes at least as large, made monotone. The median standard error is added to all,
    as in SAM (Tusher et al. 2001), or genes of hardly any effect and error fill the tail: with
    8 donors that took nearly all power away.

    Parameters
    ----------
    effect, error : (n_genes,) effects and standard errors.
    null_effect, null_error : (n_null, n_genes) the same without a contrast.

    Returns
    -------
    (n_genes,) at most 1; 1 for genes without an effect, NaN without standard errors or null.
    """
    if not len(null_effect) or np.isnan(error).all():
        return np.full(len(effect), np.nan)
    observed = _standardise(effect, error)
    null = _standardise(null_effect, null_error).ravel()
    order = np.argsort(-observed, kind="stable")
    n_null = len(null) - np.searchsorted(np.sort(null), observed[order], side="left")
    rate = n_null / len(null_effect) / np.arange(1, len(order) + 1)
    q = np.empty(len(effect))
    q[order] = np.minimum(1, np.minimum.accumulate(rate[::-1])[::-1])
    return np.where(observed > 0, q, 1)


def _standardise(effect: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Return |effect| / (error + its median), 0 where there is no effect."""
    known = error[effect != 0]
    constant = float(np.median(known)) if len(known) else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(effect == 0, 0, np.abs(effect) / (error + constant))


def share_of_effect(effect: np.ndarray) -> np.ndarray:
    """Return the share of each gene in the total absolute effect on its concept.

    Parameters
    ----------
    effect : (n_concepts, n_genes)

    Returns
    -------
    (n_concepts, n_genes) float32, rows summing to 1; 0 where a concept has no effect at all,
    NaN where it has none that is known.
    """
    size = np.abs(effect)
    total = size.sum(axis=1, keepdims=True, dtype=np.float64)
    return (size / np.where(total == 0, 1, total)).astype(np.float32)
