"""Exact swap: one gene at a time takes its counterfactual value, and the model runs again.

A model that begins with a linear layer runs again from there on only (`rank_one`).
"""

from __future__ import annotations

import numpy as np
import torch

from precompute.attribution.rank_one import rank_one_swaps
from precompute.attribution.readout import ConceptReadout

_VALUES_PER_BATCH = 4_000_000


def swap_effects(
    readout: ConceptReadout,
    concepts: np.ndarray,
    log_counts: np.ndarray,
    profiles: np.ndarray,
    genes: np.ndarray,
    covariates: np.ndarray | None = None,
) -> np.ndarray:
    """Return the exact effect of single genes on each pair of cell and concept.

    ``effect = z(u) - z(u with u_gene from the counterfactual)``, averaged over the draws.
    A gene whose value stays the same costs nothing and has effect 0.

    Parameters
    ----------
    concepts : (n_pairs,) concept of each pair.
    log_counts : (n_pairs, n_genes) log1p counts of its cell.
    profiles : (n_draws, n_pairs, n_genes) counterfactual log1p counts.
    genes : (n_swapped,) columns to swap.
    covariates : (n_pairs, n_covariates) for the model, or None.

    Returns
    -------
    (n_pairs, n_swapped) float32, in units of pre-activation, positive where the value of
    the gene in the cell raises it.

    Raises
    ------
    InputError
        The model returns NaN or a wrong shape.
    """
    cells = readout.to_device(log_counts)
    columns = readout.to_device(np.asarray(genes, np.int64))
    pairs = readout.to_device(np.asarray(concepts, np.int64))
    given = None if covariates is None else readout.to_device(covariates)
    replacement = readout.to_device(profiles[:, :, genes])
    if readout.split is not None:
        with torch.no_grad():
            directions = readout.directions(pairs)
            effects = rank_one_swaps(readout.split, directions, cells, replacement, columns, given)
        return effects.mean(dim=0).cpu().numpy()
    return _swap_one_by_one(readout, pairs, cells, replacement, columns, given)


def _swap_one_by_one(
    readout: ConceptReadout,
    pairs: torch.Tensor,
    cells: torch.Tensor,
    replacement: torch.Tensor,
    columns: torch.Tensor,
    given: torch.Tensor | None,
) -> np.ndarray:
    """Return the effects by running the whole model for every value that changes."""
    changed = torch.nonzero(replacement != cells[:, columns])
    effects = torch.zeros_like(replacement)
    with torch.no_grad():
        before = readout(cells, given, pairs)
        for entries in changed.split(max(1, _VALUES_PER_BATCH // cells.shape[1])):
            draw, pair, gene = entries.unbind(dim=1)
            swapped = cells[pair]
            swapped.scatter_(1, columns[gene, None], replacement[draw, pair, gene, None])
            after = readout(swapped, None if given is None else given[pair], pairs[pair])
            effects[draw, pair, gene] = before[pair] - after
    return effects.mean(dim=0).cpu().numpy()
