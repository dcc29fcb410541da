"""Splits a population in two halves, by donors or by cells: one to rank on, one to test on."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from precompute.attribution.population import Population

HeldOut = Literal["donors", "cells"]
LEAST_CELLS = 5


class Halves(NamedTuple):
    """Two halves of a population.

    Attributes
    ----------
    kind : what no half shares with the other: ``donors`` or ``cells``.
    cells : the cells of each half, ascending.
    populations : the two halves.
    """

    kind: HeldOut
    cells: tuple[np.ndarray, np.ndarray]
    populations: tuple[Population, Population]

    def can_hold_out(self, concept: int) -> bool:
        """Say whether both halves have 5 cells that activate the concept and 5 that do not."""
        return all(
            len(half.active(concept)[0]) >= LEAST_CELLS
            and len(half.inactive(concept)) >= LEAST_CELLS
            for half in self.populations
        )


def split_donors(population: Population, seed: int) -> Halves | None:
    """Return halves without a common donor, as equal in cells as dealing out makes them.

    None with fewer than two donors.
    """
    if population.donors is None or len(np.unique(population.donors)) < 2:
        return None
    sizes = np.bincount(population.donors)
    donors = np.random.default_rng([seed, 6]).permutation(np.flatnonzero(sizes))
    in_second = np.zeros(len(sizes), bool)
    filled = [0, 0]
    for donor in donors[np.argsort(-sizes[donors], kind="stable")]:
        half = int(filled[1] < filled[0])
        in_second[donor] = bool(half)
        filled[half] += sizes[donor]
    return _split(population, in_second[population.donors], "donors")


def split_cells(population: Population, seed: int) -> Halves:
    """Return halves of the cells at random, alike in donors where those are known."""
    n_cells = len(population.library_size)
    order = np.random.default_rng([seed, 7]).permutation(n_cells)
    if population.donors is not None:
        order = order[np.argsort(population.donors[order], kind="stable")]
    in_second = np.zeros(n_cells, bool)
    in_second[order[1::2]] = True
    return _split(population, in_second, "cells")


def _split(population: Population, in_second: np.ndarray, kind: HeldOut) -> Halves:
    cells = np.flatnonzero(~in_second), np.flatnonzero(in_second)
    return Halves(kind, cells, (population.take(cells[0]), population.take(cells[1])))
