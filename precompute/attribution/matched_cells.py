"""Cells of each concept beside their inactive neighbours, to compare like with like."""

from __future__ import annotations

import numpy as np

from precompute.attribution.counterfactuals import Neighbours
from precompute.attribution.population import Population
from precompute.attribution.sampling import choose_cells

# A test between matched cells ranks them anew for each concept, so they are capped.
MAX_CELLS = 1000


def match_cells(
    population: Population, seed: int, max_cells: int = MAX_CELLS
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each concept some active cells and the inactive neighbours of all of them.

    Parameters
    ----------
    max_cells : the most active cells of a concept, spread over donors and activation.

    Returns
    -------
    Pairs of cells, as `wilcoxon_matched` takes them; both empty where one side has no cell.
    """
    neighbours = Neighbours(population, seed)
    nobody = np.empty(0, np.int64)
    groups = []
    for concept in range(population.n_concepts):
        cells, values = population.active(concept)
        if len(cells) == 0 or len(population.inactive(concept)) == 0:
            groups.append((nobody, nobody))
            continue
        donors = None if population.donors is None else population.donors[cells]
        rng = np.random.default_rng([seed, concept])
        chosen = choose_cells(cells, values, donors, max_cells, rng)
        groups.append((chosen, np.unique(neighbours.sources(concept, chosen))))
    return groups
