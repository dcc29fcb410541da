"""The cells behind the statistics of a synthetic store: their values, and who is active in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from precompute.association import Association, associate
from precompute.obs import Column, Obs
from precompute.synthetic.big_store.cells import SyntheticCells, chunks
from precompute.synthetic.big_store.concepts import Activations
from precompute.synthetic.big_store.contrast import Contrast, compare


@dataclass(frozen=True)
class Sample:
    """Some cells.

    Attributes
    ----------
    obs : their columns.
    activations : (n_sample, n_concepts) CSR.
    values : (n_sample, n_genes) log1p counts per 10,000.
    """

    obs: Obs
    activations: sp.csr_matrix
    values: np.ndarray

    def contrast(self, rows: np.ndarray | slice = slice(None), detected: bool = False) -> Contrast:
        """Compare active with inactive cells among `rows`; `detected`: shares of cells instead."""
        values = self.values[rows]
        if detected:
            values = (values > 0).astype(np.float32)
        active = self.activations[rows].astype(bool).astype(np.float32)
        return compare(active, values, self.obs.columns[0].values[rows])

    def halves(self, of: str) -> tuple[Contrast, Contrast]:
        """Return the contrasts of two halves of the ``donors`` or of the ``cells``."""
        number = self.obs.columns[1].values if of == "donors" else np.arange(len(self.values))
        first, second = (np.flatnonzero((number >= 0) & (number % 2 == i)) for i in (0, 1))
        return self.contrast(first), self.contrast(second)


def take_sample(
    cells: SyntheticCells, found: Activations, values: np.ndarray, rows: np.ndarray
) -> Sample:
    """Return the sample of the cells `rows`, of which `values` are the genes' values."""
    columns = [
        Column(c.key, c.name, c.role, c.categories, c.values[rows]) for c in cells.obs.columns
    ]
    concept, value = found.concept[rows], found.value[rows]
    at, place = np.nonzero(concept >= 0)
    shape = (len(rows), len(found.counts))
    matrix = sp.csr_matrix((value[at, place], (at, concept[at, place])), shape=shape)
    return Sample(Obs(columns, ()), matrix, values)


def associate_cells(cells: SyntheticCells, found: Activations, sample: Sample) -> Association:
    """Compare concepts with obs columns: shares from all cells, other numbers from the sample."""
    estimated = associate(sample.activations.tocsc(), sample.obs)
    share = np.empty_like(estimated.share)
    for i, column in enumerate(cells.obs.columns):
        if column.categories is None:
            continue
        counts = np.zeros((len(found.counts), column.n_categories))
        for rows in chunks(len(found.concept)):
            concept = found.concept[rows]
            code = np.broadcast_to(column.values[rows, None], concept.shape)
            known = (concept >= 0) & (code >= 0)
            pair = concept[known] * column.n_categories + code[known]
            counts += np.bincount(pair, minlength=counts.size).reshape(counts.shape)
        share[:, estimated.levels[:, 0] == i] = counts / np.maximum(counts.sum(axis=1), 1)[:, None]
    return Association(
        estimated.levels,
        estimated.auroc,
        estimated.f1,
        share,
        estimated.numeric,
        estimated.rank_correlation,
    )
