"""Exact swap: one gene at a time takes its counterfactual value, and the model runs again.

A model that begins with a linear layer runs again from there on only (`rank_one`).
"""

from __future__ import annotations

import numpy as np
import torch

from precompute.attribution.pairs import Pairs
from precompute.attribution.rank_one import rank_one_swaps
from precompute.attribution.readout import ConceptReadout

_VALUES_PER_BATCH = 4_000_000


def swap_effects(
    readout: ConceptReadout, pairs: Pairs, genes: np.ndarray | None = None
) -> np.ndarray:
    """Return the exact effect of single genes on each pair of cell and concept.

    ``effect = z(u) - z(u with u_gene from the counterfactual)``, averaged over the draws.
    A gene whose value stays the same costs nothing and has effect 0.

    Parameters
    ----------
    genes : (n_swapped,) columns to swap; None for all.

    Returns
    -------
    (n_pairs, n_swapped) float32, in units of pre-activation, positive where the value of
    the gene in the cell raises it.

    Raises
    ------
    InputError
        The model returns NaN or a wrong shape.
    """
    cells = readout.to_device(pairs.expression)
    n_genes = cells.shape[1]
    columns = readout.to_device(np.arange(n_genes) if genes is None else np.asarray(genes))
    concepts = readout.concepts_to_device(pairs.concepts)
    covariates = readout.covariates_to_device(pairs.covariates)
    swapped = pairs.profiles if genes is None else pairs.profiles[:, :, genes]
    replacement = readout.to_device(swapped)
    with torch.no_grad():
        if readout.split is not None:
            # Refuses NaN, which would pass for the effect of a gene.
            readout.from_first(readout.first(cells, covariates), concepts)
            effects = rank_one_swaps(
                readout.split,
                readout.directions(concepts),
                cells,
                replacement,
                columns,
                covariates,
            )
        else:
            before = readout(cells, covariates, concepts)
            effects = _swap_one_by_one(
                readout, concepts, cells, before, replacement, columns, covariates
            )
    return effects.mean(dim=0).cpu().numpy()


def _swap_one_by_one(
    readout: ConceptReadout,
    concepts: torch.Tensor,
    cells: torch.Tensor,
    before: torch.Tensor,
    replacement: torch.Tensor,
    columns: torch.Tensor,
    covariates: torch.Tensor | None,
) -> torch.Tensor:
    """Return the effects by running the whole model for every value that changes."""
    changed = torch.nonzero(replacement != cells[:, columns])
    effects = torch.zeros_like(replacement)
    for entries in changed.split(max(1, _VALUES_PER_BATCH // cells.shape[1])):
        draw, pair, gene = entries.unbind(dim=1)
        swapped = cells[pair]
        swapped.scatter_(1, columns[gene, None], replacement[draw, pair, gene, None])
        given = None if covariates is None else covariates[pair]
        effects[draw, pair, gene] = before[pair] - readout(swapped, given, concepts[pair])
    return effects
