"""Effects of genes in single cells: why the top cells of a concept activate it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from precompute.attribution.concept import Setting, full_drops
from precompute.attribution.pairs import Pairs
from precompute.models.base import LOG1P

N_TOP_CELLS = 20
N_LISTED_GENES = 30


@dataclass(frozen=True, eq=False)
class CellEffects:
    """The genes of largest absolute effect in the cells of highest activation, strongest first.

    Attributes
    ----------
    cell : (n_top,) int32, -1 where there are fewer cells.
    full_drop : (n_top,) float32, what replacing all genes takes from the cell.
    total : (n_top,) float32, sum of the effects of all genes.
    gene : (n_top, n_listed) int32, -1 where fewer genes have an effect.
    effect : (n_top, n_listed) float32, in units of pre-activation.
    value, counterfactual : (n_top, n_listed) float32, log1p counts of the gene in the cell, and
        in its counterfactual, averaged over draws.
    """

    cell: np.ndarray
    full_drop: np.ndarray
    total: np.ndarray
    gene: np.ndarray
    effect: np.ndarray
    value: np.ndarray
    counterfactual: np.ndarray


def explain_cells(setting: Setting, concept: int) -> CellEffects:
    """Return the effects in the top cells of a concept that `why_not` has no objection to.

    Raises
    ------
    InputError
        The model returns NaN, a wrong shape or no gradients.
    """
    result = no_cell_effects(setting.population.n_genes)
    active, values = setting.population.active(concept)
    cells = active[np.lexsort((active, -values))][:N_TOP_CELLS]
    start = 0
    for chunk in setting.chunks(cells):
        pairs = setting.pairs(concept, chunk)
        effects = setting.method.effects(setting.readout, pairs)
        rows = slice(start, start + len(chunk))
        start += len(chunk)
        result.cell[rows] = chunk
        result.full_drop[rows] = full_drops(setting.readout, pairs)
        result.total[rows] = effects.sum(axis=1)
        order = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, : result.gene.shape[1]]
        listed = np.take_along_axis(effects, order, axis=1)
        result.gene[rows] = np.where(listed != 0, order, -1)
        result.effect[rows] = listed
        both = _log_counts(setting, concept, chunk, pairs)
        for column, known in zip((result.value, result.counterfactual), both, strict=True):
            column[rows] = np.where(listed != 0, np.take_along_axis(known, order, axis=1), 0)
    return result


def _log_counts(
    setting: Setting, concept: int, cells: np.ndarray, pairs: Pairs
) -> tuple[np.ndarray, np.ndarray]:
    """Return log1p counts of cells and of their counterfactuals, whatever the model reads."""
    if setting.readout.model.unit == LOG1P:
        return pairs.expression, pairs.profiles.mean(axis=0)
    profiles = setting.counterfactual.profiles(concept, cells)
    return setting.population.log_counts(cells), profiles.mean(axis=0)


def no_cell_effects(n_genes: int) -> CellEffects:
    """Return what stands for a concept without attribution: no cell, no gene."""
    shape = (N_TOP_CELLS, min(N_LISTED_GENES, n_genes))
    return CellEffects(
        cell=np.full(N_TOP_CELLS, -1, np.int32),
        full_drop=np.full(N_TOP_CELLS, np.nan, np.float32),
        total=np.full(N_TOP_CELLS, np.nan, np.float32),
        gene=np.full(shape, -1, np.int32),
        effect=np.zeros(shape, np.float32),
        value=np.zeros(shape, np.float32),
        counterfactual=np.zeros(shape, np.float32),
    )
