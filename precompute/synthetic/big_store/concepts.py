"""Draws a dictionary of concepts and applies it: activations of every cell, at most k each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from precompute.synthetic.big_store.cells import (
    N_DONORS,
    N_STATES,
    N_TYPES,
    Axes,
    SyntheticCells,
    chunks,
)
from precompute.synthetic.big_store.design import D_EMBEDDING, N_SAMPLE, StoreDesign

# Shares of cells are log-normal, as for Top-K dictionaries: many small concepts, few large ones.
MEDIAN_SHARE, SPREAD = 0.008, 0.9
_SHARE_DENSE, _SHARE_RARE = 0.004, 0.01
_KINDS = {"state": 0.55, "programme": 0.31, "response": 0.06, "donor": 0.04, "depth": 0.04}


@dataclass(frozen=True)
class Concepts:
    """A dictionary: pre-activation = standardised embedding @ encoder.T + bias.

    Attributes
    ----------
    encoder : (n_concepts, d) float32, rows of unit length; the decoder is the same.
    bias : (n_concepts,) float32.
    """

    encoder: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Activations:
    """Activations by cell and by concept.

    Attributes
    ----------
    concept, value : (n_cells, k), highest first; -1 and 0 where there is none.
    offsets : (n_concepts+1,) where the rows of each concept start in `cell` and `strength`.
    cell, strength : rows of the concepts, highest first.
    """

    concept: np.ndarray
    value: np.ndarray
    offsets: np.ndarray
    cell: np.ndarray
    strength: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Active cells of each concept."""
        return np.diff(self.offsets)

    def spans(self) -> Iterator[slice]:
        """Yield the rows of each concept."""
        return map(slice, self.offsets[:-1].tolist(), self.offsets[1:].tolist())


def sample_rows(n_cells: int) -> np.ndarray:
    """Return at most `N_SAMPLE` cells, evenly over the Morton order and so over the map."""
    return np.linspace(0, n_cells - 1, min(n_cells, N_SAMPLE)).astype(np.int64)


def draw_concepts(design: StoreDesign, cells: SyntheticCells) -> Concepts:
    """Draw the directions, and set each bias so that its share of the sample is active."""
    rng = np.random.default_rng([design.seed, 2])
    n = design.n_concepts
    encoder = _draw_directions(rng, cells.axes, n).astype(np.float32)
    shares = np.clip(rng.lognormal(np.log(MEDIAN_SHARE), SPREAD, n), 2e-4, 0.25)
    shares[rng.random(n) < _SHARE_DENSE] = 0.55
    rare = rng.random(n) < _SHARE_RARE
    sample = cells.standardise(sample_rows(design.n_cells))
    bias = np.empty(n, np.float32)
    for part in chunks(n, 256):
        projected = sample @ encoder[part].T
        for column, concept in enumerate(range(part.start, part.stop)):
            found = projected[:, column]
            bias[concept] = -np.quantile(found, 1 - shares[concept])
            if rare[concept]:
                bias[concept] = -(found.max() + 0.1 * found.std())
    return Concepts(encoder, bias)


def apply_concepts(design: StoreDesign, cells: SyntheticCells, concepts: Concepts) -> Activations:
    """Return max(0, pre-activation) of the k highest concepts of each cell."""
    shape = (design.n_cells, design.k)
    concept, value = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    for rows in chunks(design.n_cells):
        found = cells.standardise(rows) @ concepts.encoder.T + concepts.bias
        cell, which = np.nonzero(found > 0)
        strength = found[cell, which]
        order = np.lexsort((which, -strength, cell))
        cell, which, strength = cell[order], which[order], strength[order]
        place = np.arange(len(cell)) - np.searchsorted(cell, cell)
        kept = place < design.k
        concept[rows][cell[kept], place[kept]] = which[kept]
        value[rows][cell[kept], place[kept]] = strength[kept]
    return Activations(concept, value, *_group_by_concept(concept, value, design.n_concepts))


def _group_by_concept(
    concept: np.ndarray, value: np.ndarray, n_concepts: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    counts = np.zeros(n_concepts, np.int64)
    for rows in chunks(len(concept)):
        counts += np.bincount(concept[rows][concept[rows] >= 0], minlength=n_concepts)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    cell, strength = np.empty(offsets[-1], np.int32), np.empty(offsets[-1], np.float32)
    free = offsets[:-1].copy()
    for rows in chunks(len(concept)):
        at, place = np.nonzero(concept[rows] >= 0)
        which = concept[rows][at, place]
        order = np.argsort(which, kind="stable")
        which = which[order]
        target = free[which] + np.arange(len(which)) - np.searchsorted(which, which)
        cell[target] = at[order] + rows.start
        strength[target] = value[rows][at, place][order]
        free += np.bincount(which, minlength=n_concepts)
    for start, stop in zip(offsets[:-1], offsets[1:], strict=True):
        best = np.argsort(-strength[start:stop], kind="stable")
        cell[start:stop], strength[start:stop] = cell[start:stop][best], strength[start:stop][best]
    return offsets, cell, strength


def _draw_directions(rng: np.random.Generator, axes: Axes, n: int) -> np.ndarray:
    """Return unit directions: states within a type, programmes across types, responses, donors."""
    kind = rng.choice(len(_KINDS), n, p=list(_KINDS.values()))
    of_type, of_donor = rng.integers(0, N_TYPES, n), rng.integers(0, N_DONORS, n)
    noise = rng.normal(0, 1 / np.sqrt(D_EMBEDDING), (n, D_EMBEDDING))
    state = np.einsum("ns,nsd->nd", rng.normal(0, 1, (n, N_STATES)), _unit(axes.states)[of_type])
    response = _unit(axes.response) + 0.7 * _unit(axes.types)[of_type]
    choices = np.stack(
        [
            _unit(axes.types)[of_type] + state + 0.2 * noise,
            noise,
            response + 0.3 * noise,
            _unit(axes.donors)[of_donor] + 0.2 * noise,
            np.where(rng.random(n) < 0.5, 1, -1)[:, None] * axes.depth + 0.1 * noise,
        ]
    )
    return _unit(choices[kind, np.arange(n)])


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)
