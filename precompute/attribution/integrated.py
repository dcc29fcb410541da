"""Integrated gradients (Sundararajan et al. 2017): the gradient averaged from u' to u."""

from __future__ import annotations

import numpy as np
import torch

from precompute.attribution.pairs import Pairs
from precompute.attribution.readout import ConceptReadout

# Effects must add up to the full drops of the pairs within this share, or the steps are doubled.
COMPLETENESS_ERROR = 0.01
_FEWEST_STEPS, _MOST_STEPS = 8, 256
# A hidden value that moves less than this has one slope on its way.
_LEAST_WAY = 1e-4
# Hidden values of one block of places; a block stays in a core's cache while it is worked on.
_HIDDEN_PER_BLOCK = 262_144


def integrated_effects(readout: ConceptReadout, pairs: Pairs) -> np.ndarray:
    """Return the effect of each gene on each pair of cell and concept.

    ``effect = (u - u') * mean of d z / d u on the line from u' to u``, with u = log1p counts, u'
    the counterfactual and z the pre-activation, averaged over the draws of the counterfactual.
    Effects of all genes add up to z(u) - z(u'). For a model with a single hidden layer the mean
    is exact (`_HiddenLine.mean_slope`). For others it is taken by Gauss-Legendre quadrature; its
    steps are doubled from 8 on until what is missing from the sum is at most 1 % of the drop
    (both in absolute value, summed over the pairs), at most 256.

    Returns
    -------
    (n_pairs, n_genes) float32, in units of pre-activation, positive where the value of the
    gene in the cell raises it.

    Raises
    ------
    InputError
        What `ConceptReadout.gradient` refuses.
    """
    line = _Line(readout, pairs) if readout.split is None else _HiddenLine(readout, pairs)
    effects = [_integrate(line, readout.to_device(profile)) for profile in pairs.profiles]
    return torch.stack(effects).mean(dim=0).cpu().numpy()


def _integrate(line: _Line | _HiddenLine, other: torch.Tensor) -> torch.Tensor:
    """Return the effects (n_pairs, n_genes) against one counterfactual profile of each pair."""
    drop = line.aim(other)
    if isinstance(line, _HiddenLine) and line.is_exact:
        return line.mean_slope() * (line.cells - other)
    steps = _FEWEST_STEPS
    while True:
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        slope = line.slope((nodes + 1) / 2, weights / 2)
        effects = slope * (line.cells - other)
        missing = float((effects.sum(dim=1) - drop).abs().sum())
        if missing <= COMPLETENESS_ERROR * float(drop.abs().sum()) or steps >= _MOST_STEPS:
            return effects
        steps *= 2


class _Line:
    """The line from a counterfactual to the cells, walked along through the whole model."""

    def __init__(self, readout: ConceptReadout, pairs: Pairs) -> None:
        self.cells = readout.to_device(pairs.expression)
        self._readout = readout
        self._covariates = readout.covariates_to_device(pairs.covariates)
        self._concepts = readout.concepts_to_device(pairs.concepts)
        with torch.no_grad():
            self._before = readout(self.cells, self._covariates, self._concepts)

    def aim(self, other: torch.Tensor) -> torch.Tensor:
        """Set where the line begins, and return the full drop from the cells to it."""
        self._other = other
        with torch.no_grad():
            return self._before - self._readout(other, self._covariates, self._concepts)

    def slope(self, nodes: np.ndarray, weights: np.ndarray) -> torch.Tensor:
        """Return the weighted mean of the gradients at places on the line, 1 is at the cells."""
        mean = torch.zeros_like(self.cells)
        for node, weight in zip(nodes, weights, strict=True):
            place = torch.lerp(self._other, self.cells, float(node))
            gradient = self._readout.gradient(place, self._covariates, self._concepts)
            mean += float(weight) * gradient
        return mean


class _HiddenLine:
    """The same line in the first hidden layer of a model that begins linear: straight there too.

    So only the layers after it are walked along, and the first one, which holds nearly all of
    the arithmetic, is passed once forward and once backward.
    """

    def __init__(self, readout: ConceptReadout, pairs: Pairs) -> None:
        self.cells = readout.to_device(pairs.expression)
        self._readout = readout
        self._covariates = readout.covariates_to_device(pairs.covariates)
        self._concepts = readout.concepts_to_device(pairs.concepts)
        self._directions = readout.directions(self._concepts)
        with torch.no_grad():
            self._end, self._before = self._pass(self.cells)

    @property
    def is_exact(self) -> bool:
        """Whether `mean_slope` can be used."""
        return self._readout.split is not None and self._readout.split.elementwise

    def mean_slope(self) -> torch.Tensor:
        """Return the mean of the gradients on the whole line, exactly.

        A hidden value h goes straight from h0 to h1, and the mean of f'(h) on the way is
        (f(h1) - f(h0)) / (h1 - h0) for any activation f that sees this value alone.
        """
        readout, split = self._readout, self._readout.split
        if split is None:
            raise ValueError("the model was not taken apart at its first layer")
        readers = self._directions @ split.last_weight.T
        # Where a value hardly moves, the quotient is rounding and the slope in the middle is it.
        slope = readout.hidden_gradient((self._start + self._end) / 2, self._directions)
        way = self._end - self._start
        with torch.no_grad():
            rise = split.middle(self._end) - split.middle(self._start)
        moved = way.abs() > _LEAST_WAY
        slope = torch.where(moved, readers * rise / torch.where(moved, way, 1), slope)
        return readout.to_genes(slope)

    def aim(self, other: torch.Tensor) -> torch.Tensor:
        """Set where the line begins, and return the full drop from the cells to it."""
        with torch.no_grad():
            self._start, after = self._pass(other)
        return self._before - after

    def slope(self, nodes: np.ndarray, weights: np.ndarray) -> torch.Tensor:
        """Return the weighted mean of the gradients at places on the line, 1 is at the cells."""
        mean = torch.zeros_like(self._end)
        step = max(1, _HIDDEN_PER_BLOCK // self._end.numel())
        towards = self._end - self._start
        for at in range(0, len(nodes), step):
            share = torch.as_tensor(nodes[at : at + step], dtype=mean.dtype, device=mean.device)
            weight = torch.as_tensor(weights[at : at + step], dtype=mean.dtype, device=mean.device)
            places = self._start + share[:, None, None] * towards
            directions = self._directions.repeat(len(share), 1)
            gradient = self._readout.hidden_gradient(places.flatten(0, 1), directions)
            mean += torch.tensordot(weight, gradient.view_as(places), dims=1)
        return self._readout.to_genes(mean)

    def _pass(self, log_counts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        first = self._readout.first(log_counts, self._covariates)
        return first, self._readout.from_first(first, self._concepts)
