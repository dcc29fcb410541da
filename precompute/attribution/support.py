"""Are counterfactuals like cells? How far they lie, among which cells, and what they activate."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from precompute.attribution.pairs import Pairs
from precompute.attribution.population import Population
from precompute.attribution.readout import ConceptReadout

_MOST_REFERENCES = 20_000
_PROBES = 500
_QUANTILE = 0.95


class Support(NamedTuple):
    """What counterfactuals are like, means over cells and draws.

    Attributes
    ----------
    distance : between the embeddings of a cell and of its counterfactual, in units of the root
        mean square distance of cells from the mean embedding.
    in_support : share of the counterfactuals that embed as close to a real cell as 95 % of the
        real cells do to another one.
    inactive : share of them in which the concept is off.
    """

    distance: float
    in_support: float
    inactive: float


class SupportCheck:
    """Compares embedded counterfactuals with the embeddings of a population.

    Parameters
    ----------
    population : its embeddings are those of the readout's model; at most 20,000 of its cells,
        drawn at random, are looked at.
    """

    def __init__(self, population: Population, readout: ConceptReadout, seed: int) -> None:
        self._readout = readout
        rng = np.random.default_rng([seed, 5])
        n_cells = len(population.embeddings)
        chosen = rng.permutation(n_cells)[:_MOST_REFERENCES]
        self._references = population.embeddings[np.sort(chosen)].astype(np.float64)
        self._probes = rng.permutation(len(self._references))[:_PROBES]

    def check(self, pairs: Pairs) -> Support:
        """Return what the counterfactuals of pairs, all of one concept, are like."""
        readout = self._readout
        covariates = readout.covariates_to_device(pairs.covariates)
        distances, in_support, inactive = [], [], []
        with torch.no_grad():
            cells = readout.embed(readout.to_device(pairs.expression), covariates).cpu().numpy()
            for profile in pairs.profiles:
                other = readout.embed(readout.to_device(profile), covariates).cpu().numpy()
                distances.append(np.linalg.norm(cells - other, axis=1))
                in_support.append(self._nearest(other)[:, 0] <= self._usual_distance)
                active = readout.dictionary.activate(other)[0]
                inactive.append((active != pairs.concepts[:, None]).all(axis=1))
        usual = readout.dictionary.scale * np.sqrt(readout.dictionary.d_embedding)
        distance = float(np.mean(distances)) / usual
        return Support(distance, float(np.mean(in_support)), float(np.mean(inactive)))

    @cached_property
    def _usual_distance(self) -> float:
        """The 95 % quantile of the distance of a cell to the cell nearest to it."""
        distance = self._nearest(self._references[self._probes])
        return float(np.quantile(distance[:, 1], _QUANTILE))

    def _nearest(self, embeddings: np.ndarray) -> np.ndarray:
        """Return the distances to the two nearest references, (n, 2), nearest first."""
        here = embeddings.astype(np.float64)
        squared = np.square(here).sum(axis=1)[:, None] - 2 * here @ self._references.T
        squared += np.square(self._references).sum(axis=1)
        n = min(2, squared.shape[1])
        nearest = np.sort(np.partition(squared, n - 1, axis=1)[:, :n], axis=1)
        return np.sqrt(np.maximum(nearest, 0))
