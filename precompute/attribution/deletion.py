"""Deletion and insertion: what is left of a concept when its top genes are replaced.

The test of an attribution that no correlation passes by chance: genes in the order of a ranking
take their counterfactual values, and the model says how far the pre-activation falls (after
Petsiuk et al. 2018, for images).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from precompute.attribution.pairs import Pairs
from precompute.attribution.readout import ConceptReadout

STEPS = (1, 2, 5, 10, 20, 50, 100, 160)


@dataclass(frozen=True, eq=False)
class DeletionCurve:
    """Pre-activations of one concept while genes are replaced, each cell and draw kept apart.

    Attributes
    ----------
    steps : (n_steps,) number of genes replaced, first of the ranking first.
    before : (n_cells,) pre-activation of the cell as it is.
    after : (n_steps, n_draws, n_cells) with the top genes replaced.
    inserted : (n_steps, n_draws, n_cells) of the counterfactual, with the top genes of the cell.
    replaced : (n_draws, n_cells) with all genes replaced.
    """

    steps: np.ndarray
    before: np.ndarray
    after: np.ndarray
    inserted: np.ndarray
    replaced: np.ndarray

    def full_drop(self) -> np.ndarray:
        """Return what replacing every gene takes, mean over draws, (n_cells,)."""
        return (self.before - self.replaced).mean(axis=0)

    def lost(self) -> np.ndarray:
        """Return what replacing the top genes takes, mean over draws, (n_steps, n_cells)."""
        return (self.before - self.after).mean(axis=1)

    def regained(self) -> np.ndarray:
        """Return what the top genes bring to the counterfactual, the same shape."""
        return (self.inserted - self.replaced).mean(axis=1)

    def left(self) -> np.ndarray:
        """Return the positive pre-activation that is left, the same shape."""
        return np.maximum(self.after, 0).mean(axis=1)

    def share_of_drop(self) -> np.ndarray:
        """Return the share of the full drop that is lost at each step, (n_steps,).

        Both are summed over cells and draws; NaN when the full drop is not positive.
        """
        return share(self.lost().sum(axis=1), self.full_drop().sum())

    def remaining(self) -> np.ndarray:
        """Return what is left of the positive pre-activation at each step, (n_steps,)."""
        return share(self.left().sum(axis=1), np.maximum(self.before, 0).sum())


def share(parts: np.ndarray, whole: float) -> np.ndarray:
    """Return parts over the whole, NaN where the whole is not positive."""
    return parts / whole if whole > 0 else np.full(np.shape(parts), np.nan)


def deletion_curve(
    readout: ConceptReadout, pairs: Pairs, ranking: np.ndarray, steps: tuple[int, ...] = STEPS
) -> DeletionCurve:
    """Replace the top genes of one ranking; see `Replacement`."""
    return Replacement(readout, pairs).curve(ranking, steps)


class Replacement:
    """Replaces the top genes of rankings by counterfactual values, more and more of them.

    Parameters
    ----------
    readout : the model and the dictionary.
    pairs : cells that activate a concept, and counterfactuals; for a fair test not those the
        rankings were made with.

    Raises
    ------
    InputError
        The model returns NaN or a wrong shape.
    """

    def __init__(self, readout: ConceptReadout, pairs: Pairs) -> None:
        self._readout = readout
        self._cells = readout.to_device(pairs.expression)
        self._others = [readout.to_device(profile) for profile in pairs.profiles]
        self._covariates = readout.covariates_to_device(pairs.covariates)
        self._concepts = readout.concepts_to_device(pairs.concepts)
        with torch.no_grad():
            self._firsts = [self._first(other) for other in (self._cells, *self._others)]
            self._before = self._read(self._cells)
            self._replaced = np.stack([self._read(other) for other in self._others])

    def curve(self, ranking: np.ndarray, steps: tuple[int, ...] = STEPS) -> DeletionCurve:
        """Return the curve of one ranking.

        Parameters
        ----------
        ranking : (n_ranked,) genes, the one to replace first at the start.
        steps : numbers of genes to replace, rising.
        """
        bounds = (0, *steps)
        groups = [
            self._readout.to_device(ranking[a:b].copy())
            for a, b in zip(bounds[:-1], bounds[1:], strict=True)
        ]
        walk = self._walk_whole if self._readout.split is None else self._walk_first
        with torch.no_grad():
            found = [walk(draw, groups) for draw in range(len(self._others))]
        after, inserted = (
            np.stack([pair[i] for pair in found], axis=1).astype(np.float32) for i in (0, 1)
        )
        return DeletionCurve(np.array(steps), self._before, after, inserted, self._replaced)

    def mean_curve(self, rankings: Sequence[np.ndarray], steps: tuple[int, ...]) -> DeletionCurve:
        """Return the mean of the curves of several rankings."""
        curves = [self.curve(ranking, steps) for ranking in rankings]
        return replace(
            curves[0],
            after=np.mean([curve.after for curve in curves], axis=0),
            inserted=np.mean([curve.inserted for curve in curves], axis=0),
        )

    def _walk_whole(self, draw: int, groups: list[torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
        """Return what is left after each group, and what came back, both (n_steps, n_cells)."""
        walks = []
        for start, end in ((self._cells, self._others[draw]), (self._others[draw], self._cells)):
            current = start.clone()
            read = []
            for genes in groups:
                current[:, genes] = end[:, genes]
                read.append(self._read(current))
            walks.append(np.stack(read))
        return walks[0], walks[1]

    def _walk_first(self, draw: int, groups: list[torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
        """Return the same through the first hidden layer alone, which moves both ways alike."""
        split = self._readout.split
        if split is None:
            raise ValueError("the model was not taken apart at its first layer")
        change = self._others[draw] - self._cells
        moves = torch.stack([change[:, genes] @ split.weight[genes] for genes in groups])
        moved = moves.cumsum(dim=0)
        concepts = self._concepts.repeat(len(groups))
        deleted, inserted = (
            self._readout.from_first(first.flatten(0, 1), concepts).view(moved.shape[:2])
            for first in (self._firsts[0] + moved, self._firsts[1 + draw] - moved)
        )
        return deleted.cpu().numpy(), inserted.cpu().numpy()

    def _first(self, log_counts: torch.Tensor) -> torch.Tensor:
        """Return the first hidden layer, or nothing where the model has no linear one."""
        if self._readout.split is None:
            return torch.empty(0)
        return self._readout.first(log_counts, self._covariates)

    def _read(self, log_counts: torch.Tensor) -> np.ndarray:
        return self._readout(log_counts, self._covariates, self._concepts).cpu().numpy()
