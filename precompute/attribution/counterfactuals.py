"""The kinds of counterfactual, each one class, and the registry they are made from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy.sparse as sp

from precompute.attribution.counterfactual import Counterfactual, FromCells, no_cell_left
from precompute.attribution.population import Population
from precompute.errors import fault

_DISTANCES_PER_BLOCK = 20_000_000
_CELLS_PER_BLOCK = 4096


class Neighbours(FromCells):
    """The mean, in log1p, of the nearest cells that do not activate the concept.

    Nearest by Euclidean distance between embeddings; each is brought to the library size of
    the cell before log1p. A local contrast, and one profile for each cell.
    """

    name = "neighbours"
    title = "Nearest inactive cells"
    description = (
        "Each active cell against the mean, in log1p counts, of the 30 cells nearest to "
        "it by embedding that do not activate the concept, brought to its library size."
    )
    # 30 and not 10: at least as faithful on Kang whatever the genes are replaced with, by up to
    # .04 of the drop after 50 genes; with 100 the contrast is no longer local.
    usual_n = 30

    def profiles(self, concept: int, cells: np.ndarray) -> np.ndarray:  # noqa: D102
        sources = self.sources(concept, cells)
        n_cells, width = sources.shape
        rows = self.population.log_counts_scaled(sources.ravel(), np.repeat(cells, width))
        weights = np.full(n_cells * width, 1 / width, np.float32)
        starts = np.arange(0, n_cells * width + 1, width)
        shape = (n_cells, n_cells * width)
        mean = sp.csr_matrix((weights, np.arange(n_cells * width), starts), shape=shape)
        return (mean @ rows).toarray()[None]

    def _choose(self, concept: int, cells: np.ndarray, pool: np.ndarray) -> np.ndarray:
        embeddings = self.population.embeddings
        there = embeddings[pool].astype(np.float64)
        step = max(1, _DISTANCES_PER_BLOCK // len(pool))
        nearest = [
            _nearest(embeddings[cells[start : start + step]].astype(np.float64), there, self.n)
            for start in range(0, len(cells), step)
        ]
        return pool[np.concatenate(nearest)]


class Nearest(Neighbours):
    """The single nearest cell that does not activate the concept: the published rule."""

    name = "nearest"
    title = "The nearest inactive cell"
    description = (
        "Each active cell against the one cell nearest to it by embedding that does not "
        "activate the concept, brought to its library size."
    )
    usual_n = 1


class RandomMatched(FromCells):
    """Random cells that do not activate the concept, at the library size of the cell.

    A global contrast. Each source is a draw of its own; drawn without replacement where
    enough cells exist.
    """

    name = "random_matched"
    title = "Random inactive cells"
    description = (
        "Each active cell against 4 cells drawn at random from those that do not activate "
        "the concept, brought to its library size."
    )
    usual_n = 4

    def __init__(self, population: Population, seed: int, n: int | None = None) -> None:
        super().__init__(population, seed, n)
        self.n_draws = self.n

    def profiles(self, concept: int, cells: np.ndarray) -> np.ndarray:  # noqa: D102
        sources = self.sources(concept, cells)
        rows = self.population.log_counts_scaled(sources.T.ravel(), np.tile(cells, self.n_draws))
        return rows.toarray().reshape(self.n_draws, len(cells), -1)

    def _choose(self, concept: int, cells: np.ndarray, pool: np.ndarray) -> np.ndarray:
        few = len(pool) < self.n
        return np.stack(
            [
                np.random.default_rng([self.seed, concept, cell]).choice(pool, self.n, replace=few)
                for cell in cells
            ]
        )


class Permuted(RandomMatched):
    """Random other cells that activate the concept as well: the null.

    With the difference between active and inactive cells taken away, what is left of an
    attribution is noise and library size.
    """

    name = "permuted"
    title = "Random active cells (null)"
    description = (
        "Each active cell against 4 other cells that activate the concept too: what "
        "attribution looks like without a contrast."
    )
    n_own = 1

    def candidates(self, concept: int) -> np.ndarray:  # noqa: D102
        return self.population.active(concept)[0]

    def _choose(self, concept: int, cells: np.ndarray, pool: np.ndarray) -> np.ndarray:
        return np.stack(
            [
                super(Permuted, self)._choose(concept, cell[None], pool[pool != cell])[0]
                for cell in cells
            ]
        )


class MeanInactive(Counterfactual):
    """The mean, in log1p, of all cells that do not activate the concept.

    The mean is taken at the median library size of the active cells and then brought to that
    of each cell, which costs one pass for a concept instead of one for a cell.
    """

    name = "mean_inactive"
    title = "Mean of all inactive cells"
    description = (
        "Each active cell against the mean, in log1p counts, of all cells that do not "
        "activate the concept, brought to its library size."
    )

    def profiles(self, concept: int, cells: np.ndarray) -> np.ndarray:  # noqa: D102
        mean, library_size = self._mean(concept)
        factor = self.population.library_size[cells] / library_size
        return np.log1p(np.expm1(mean) * factor[:, None]).astype(np.float32)[None]

    @lru_cache(maxsize=4)  # noqa: B019
    def _mean(self, concept: int) -> tuple[np.ndarray, float]:
        pool = self.population.inactive(concept)
        if not pool.size:
            raise no_cell_left(self.name, concept)
        active = self.population.active(concept)[0]
        library_size = float(np.median(self.population.library_size[active]))
        total = np.zeros(self.population.n_genes)
        for start in range(0, len(pool), _CELLS_PER_BLOCK):
            block = pool[start : start + _CELLS_PER_BLOCK]
            sizes = np.full(len(block), library_size, np.float32)
            total += np.asarray(self.population.log_counts_at(block, sizes).sum(axis=0)).ravel()
        return total / len(pool), library_size


class Zero(Counterfactual):
    """No expression at all: every gene is taken away. Never seen by the model as a cell."""

    name = "zero"
    title = "No expression"
    description = (
        "Each active cell against a profile without any counts, which is no cell the "
        "model has seen."
    )

    def profiles(self, concept: int, cells: np.ndarray) -> np.ndarray:  # noqa: D102
        return np.zeros((1, len(cells), self.population.n_genes), np.float32)


def _nearest(here: np.ndarray, there: np.ndarray, n: int) -> np.ndarray:
    """Return for each row of `here` the n closest rows of `there`, closest first.

    All rows where there are fewer; the lower index first where two are equally far.
    """
    n = min(n, len(there))
    # |a - b|^2 without |a|^2, which is the same for all candidates of a cell.
    distance = np.square(there).sum(axis=1) - 2 * here @ there.T
    nearest = np.sort(np.argpartition(distance, n - 1, axis=1)[:, :n], axis=1)
    order = np.argsort(np.take_along_axis(distance, nearest, axis=1), axis=1, kind="stable")
    return np.take_along_axis(nearest, order, axis=1)


_KINDS: tuple[type[Counterfactual], ...] = (
    Neighbours,
    Nearest,
    RandomMatched,
    MeanInactive,
    Zero,
    Permuted,
)
COUNTERFACTUALS = {kind.name: kind for kind in _KINDS}


def make_counterfactual(
    name: str, population: Population, seed: int, n: int | None = None
) -> Counterfactual:
    """Return the counterfactual of this name.

    Parameters
    ----------
    name : a key of `COUNTERFACTUALS`.
    n : how many other cells (or draws) each cell is compared with; None takes what is usual
        for the kind.

    Raises
    ------
    InputError
        The name is not known, or `n` is below 1.
    """
    check_names([name])
    if n is not None and n < 1:
        raise fault("counterfactual", f"n = {n}", "at least 1", "Raise it.")
    return COUNTERFACTUALS[name](population, seed, n)


def check_names(names: Sequence[str]) -> None:
    """Raise `InputError` when a name is no key of `COUNTERFACTUALS`."""
    unknown = [name for name in names if name not in COUNTERFACTUALS]
    if unknown:
        raise fault(
            "counterfactual",
            f"found '{unknown[0]}'",
            f"one of {', '.join(COUNTERFACTUALS)}",
            "Change it.",
        )
