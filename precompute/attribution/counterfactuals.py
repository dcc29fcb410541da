"""The kinds of counterfactual, each one class, and the registry they are made from."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from precompute.attribution.counterfactual import Counterfactual, FromCells
from precompute.attribution.population import Population
from precompute.errors import fault

_DISTANCES_PER_BLOCK = 20_000_000


class Neighbours(FromCells):
    """The mean, in log1p, of the nearest cells that do not activate the concept.

    Nearest by Euclidean distance between embeddings; each is brought to the library size of
    the cell before log1p. A local contrast, and one profile for each cell.
    """

    name = "neighbours"
    usual_n = 10

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


class RandomMatched(FromCells):
    """Random cells that do not activate the concept, at the library size of the cell.

    A global contrast. Each source is a draw of its own; drawn without replacement where
    enough cells exist.
    """

    name = "random_matched"
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


_KINDS: tuple[type[Counterfactual], ...] = (Neighbours, RandomMatched)
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
    if name not in COUNTERFACTUALS:
        raise fault(
            "counterfactual",
            f"found '{name}'",
            f"one of {', '.join(COUNTERFACTUALS)}",
            "Change it.",
        )
    if n is not None and n < 1:
        raise fault("counterfactual", f"n = {n}", "at least 1", "Raise it.")
    return COUNTERFACTUALS[name](population, seed, n)
