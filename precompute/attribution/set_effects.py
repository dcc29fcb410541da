"""Exact joint effect of whole gene sets: all genes of a set take their counterfactual values.

Not the sum of the effects of its genes: a layer after the first may saturate, or one gene may
stand in for another. Where the model begins with a linear layer, a set moves the first hidden
layer by a sum of its rows, and the model runs again from there on only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import embedding_bag

from precompute.attribution.pairs import Pairs
from precompute.attribution.readout import ConceptReadout
from precompute.errors import fault
from precompute.models.linear_first import LinearFirst

# Hidden values of one block of sets; a block stays in a core's cache while it is worked on.
_HIDDEN_PER_BLOCK = 262_144
_VALUES_PER_BATCH = 4_000_000


class FlatSets(NamedTuple):
    """Gene sets end to end.

    Attributes
    ----------
    genes : (n_values,) int32, genes of the first set, then of the second, and so on.
    offsets : (n_sets + 1,) int32, where each set begins, and the end of the last.
    """

    genes: np.ndarray
    offsets: np.ndarray


def flatten(sets: Sequence[np.ndarray]) -> FlatSets:
    """Return gene sets end to end."""
    offsets = np.concatenate([[0], np.cumsum([len(genes) for genes in sets])]).astype(np.int32)
    genes = np.concatenate([np.empty(0, np.int32), *sets]).astype(np.int32)
    return FlatSets(genes, offsets)


def set_effects(
    readout: ConceptReadout, pairs: Pairs, sets: Sequence[np.ndarray] | FlatSets
) -> np.ndarray:
    """Return the exact joint effect of gene sets on each pair of cell and concept.

    ``effect = z(u) - z(u with all genes of the set from the counterfactual)``, averaged over
    the draws.

    Parameters
    ----------
    sets : for each set its genes, columns of the expression, none twice in a set.

    Returns
    -------
    (n_pairs, n_sets) float32, in units of pre-activation, positive where the set as expressed
    raises it; 0 for a set of which no gene changes, exactly so where the whole model runs and
    up to rounding where it is taken apart.

    Raises
    ------
    InputError
        The model returns NaN or a wrong shape.
    """
    flat = sets if isinstance(sets, FlatSets) else flatten(sets)
    cells = readout.to_device(pairs.expression)
    concepts = readout.concepts_to_device(pairs.concepts)
    covariates = readout.covariates_to_device(pairs.covariates)
    effects = torch.zeros((len(cells), len(flat.offsets) - 1), device=readout.device)
    with torch.no_grad():
        before = readout(cells, covariates, concepts)
        for profiles in pairs.profiles:
            others = readout.to_device(profiles)
            if readout.split is None:
                effects += _run_model(readout, flat, cells, others, covariates, concepts, before)
            else:
                directions = readout.directions(concepts)
                effects += _run_rest(readout.split, flat, cells, others, covariates, directions)
    effects /= len(pairs.profiles)
    if not torch.isfinite(effects).all():
        raise fault(
            f"model '{readout.model.name}'",
            "NaN or infinity for cells with a gene set replaced",
            "numbers",
            "Mend the model.",
        )
    return effects.cpu().numpy()


def _run_rest(
    split: LinearFirst,
    flat: FlatSets,
    cells: torch.Tensor,
    others: torch.Tensor,
    covariates: torch.Tensor | None,
    directions: torch.Tensor,
) -> torch.Tensor:
    """Return the effects (n_pairs, n_sets) by running the model from its first layer on.

    Sums of rows by `embedding_bag`: on one core 3 ns a gene of 128 hidden units, and less than
    looking first which genes change. A product with a sparse matrix took three times as long.
    """
    genes = torch.as_tensor(flat.genes, device=cells.device)
    offsets = torch.as_tensor(flat.offsets, device=cells.device)
    first = split.first(cells, covariates)
    readers = directions @ split.last_weight.T
    changes = others - cells
    n_sets = len(flat.offsets) - 1
    effects = torch.empty((len(cells), n_sets), device=cells.device)
    step = max(1, _HIDDEN_PER_BLOCK // first.shape[1])
    for pair in range(len(cells)):
        rows = changes[pair, :, None] * split.weight
        before = split.middle(first[pair : pair + 1]) @ readers[pair]
        for begin in range(0, n_sets, step):
            end = min(begin + step, n_sets)
            start, stop = flat.offsets[[begin, end]]
            moved = embedding_bag(
                genes[start:stop],
                rows,
                offsets[begin : end + 1] - offsets[begin],
                mode="sum",
                include_last_offset=True,
            )
            after = split.middle(moved.add_(first[pair])) @ readers[pair]
            effects[pair, begin:end] = before - after
    return effects


def _run_model(
    readout: ConceptReadout,
    flat: FlatSets,
    cells: torch.Tensor,
    others: torch.Tensor,
    covariates: torch.Tensor | None,
    concepts: torch.Tensor,
    before: torch.Tensor,
) -> torch.Tensor:
    """Return the effects (n_pairs, n_sets) by running the whole model for every set."""
    genes = torch.as_tensor(flat.genes, dtype=torch.int64, device=cells.device)
    sizes = torch.as_tensor(np.diff(flat.offsets), dtype=torch.int64, device=cells.device)
    of_value = torch.repeat_interleave(torch.arange(len(sizes), device=cells.device), sizes)
    effects = torch.zeros((len(cells), len(sizes)), device=cells.device)
    step = max(1, _VALUES_PER_BATCH // cells.shape[1])
    for pair in range(len(cells)):
        moved = (others[pair] != cells[pair])[genes]
        touched, row = torch.unique(of_value[moved], return_inverse=True)
        column = genes[moved]
        for begin in range(0, len(touched), step):
            block = touched[begin : begin + step]
            inside = (row >= begin) & (row < begin + len(block))
            swapped = cells[pair].repeat(len(block), 1)
            swapped[row[inside] - begin, column[inside]] = others[pair, column[inside]]
            given = None if covariates is None else covariates[pair].expand(len(block), -1)
            after = readout(swapped, given, concepts[pair].expand(len(block)))
            effects[pair, block] = before[pair] - after
    return effects
