"""What every counterfactual offers, and what those taken from other cells share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from precompute.attribution.population import Population
from precompute.errors import InputError, fault


class Counterfactual(ABC):
    """A rule that gives each active cell of a concept the profiles it is compared with.

    The profiles of a cell depend on the population, the seed, the concept and the cell only,
    never on the other cells of the call.

    Parameters
    ----------
    n : how many other cells (or draws) each cell is compared with; None takes `usual_n`.

    Attributes
    ----------
    name : the word in the configuration.
    title : what the app calls it.
    description : the rule in one sentence, for the app.
    usual_n : `n` where nothing is said.
    n_draws : profiles of each cell.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    usual_n: ClassVar[int] = 1

    def __init__(self, population: Population, seed: int, n: int | None = None) -> None:
        self.population = population
        self.seed = seed
        self.n = self.usual_n if n is None else n
        self.n_draws = 1

    @abstractmethod
    def profiles(self, concept: int, cells: np.ndarray) -> np.ndarray:
        """Return log1p profiles (n_draws, n_cells, n_genes), float32.

        Parameters
        ----------
        cells : (n_cells,) cells that activate the concept. All profiles are dense in
            memory: the caller passes the cells in portions.

        Raises
        ------
        InputError
            No cell is left to compare with.
        """

    def match_levels(self, concept: int, cells: np.ndarray) -> np.ndarray:
        """Return in how many of the match columns, from the first on, each cell is matched.

        (n_cells,) int64. 0 where the counterfactual comes from cells of any kind.
        """
        return np.zeros(len(cells), np.int64)


class FromCells(Counterfactual):
    """A counterfactual taken from other cells, which do not activate the concept.

    `n` of them for each cell, that share all match columns with it. Where fewer than `n` do,
    the last column is given up, then the one before it, and so on to cells of any kind.

    Attributes
    ----------
    n_own : 1 where a cell is among its own candidates, and then taken out of them; else 0.
    """

    n_own: ClassVar[int] = 0

    def match_levels(self, concept: int, cells: np.ndarray) -> np.ndarray:  # noqa: D102
        pool = self.candidates(concept)
        levels = np.zeros(len(cells), np.int64)
        for level, groups in enumerate(self.population.match_groups[1:], start=1):
            available = np.bincount(groups[pool] + 1, minlength=groups.max() + 2)
            available[0] = 0  # missing labels match nothing
            levels[available[groups[cells] + 1] >= self.n + self.n_own] = level
        return levels

    def candidates(self, concept: int) -> np.ndarray:
        """Return the cells that sources are taken from: those that do not activate the concept."""
        return self.population.inactive(concept)

    def sources(self, concept: int, cells: np.ndarray) -> np.ndarray:
        """Return the cells each cell is compared with, (n_cells, n_sources) int64.

        n_sources is `n`, or less for kinds that take no cell twice, where all cells that do
        not activate the concept are fewer.

        Raises
        ------
        InputError
            Every cell activates the concept.
        """
        if not self.candidates(concept).size:
            raise no_cell_left(self.name, concept)
        parts = [
            (rows, self._choose(concept, cells[rows], pool))
            for rows, pool in self._pools(concept, cells)
        ]
        chosen = np.empty((len(cells), parts[0][1].shape[1] if parts else 0), np.int64)
        for rows, part in parts:
            chosen[rows] = part
        return chosen

    @abstractmethod
    def _choose(self, concept: int, cells: np.ndarray, pool: np.ndarray) -> np.ndarray:
        """Return for each cell its sources among the cells of the pool."""

    def _pools(self, concept: int, cells: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield positions in `cells` with the cells they may be compared with."""
        pool = self.candidates(concept)
        levels = self.match_levels(concept, cells)
        for level in np.unique(levels):
            groups = self.population.match_groups[level]
            at_level = levels == level
            for group in np.unique(groups[cells[at_level]]):
                rows = np.flatnonzero(at_level & (groups[cells] == group))
                yield rows, pool[groups[pool] == group]


def no_cell_left(name: str, concept: int) -> InputError:
    """Return the error for a concept that every cell activates."""
    return fault(
        f"counterfactual '{name}', concept {concept}",
        "every cell activates the concept",
        "cells that do not",
        "Leave the concept out.",
    )
