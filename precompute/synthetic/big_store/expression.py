"""Draws the counts of synthetic genes, gene by gene, and keeps the cells that tables need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from precompute.synthetic.big_store.cells import SyntheticCells, chunks
from precompute.synthetic.big_store.concepts import Concepts
from precompute.synthetic.big_store.design import D_EMBEDDING, StoreDesign
from scconcepts_app.store.payload import encode_payload

N_PLANTED, N_SETS = 48, 240
_SIZES = (10, 15, 20, 30, 40)
_OUTSIDE_MODEL = 0.02  # genes that the model does not read
_GENES_AT_ONCE = 8
# A concept's pre-activation moves by so much when a gene that points its way rises by 1 (log1p).
_GAIN = 0.15


@dataclass(frozen=True)
class Genes:
    """Genes and gene sets, with how genes go with the embedding.

    Attributes
    ----------
    loadings : (n_genes, d) change in log rate per unit of the standardised embedding.
    baseline : (n_genes,) log of the rate at the mean embedding, per 10,000 counts.
    in_model : (n_genes,) bool.
    sets : for each gene set its genes, ascending; the first `N_PLANTED` share a direction.
    """

    loadings: np.ndarray
    baseline: np.ndarray
    in_model: np.ndarray
    sets: list[np.ndarray]

    def weights(self, concepts: Concepts) -> np.ndarray:
        """Return the planted change of each concept's pre-activation per log1p count of a gene."""
        found = _GAIN * concepts.encoder @ self.loadings.T
        found[:, ~self.in_model] = np.nan
        return found.astype(np.float32)


def draw_genes(design: StoreDesign, cells: SyntheticCells) -> Genes:
    """Draw genes: each set of the planted ones follows a type, a state or a response."""
    rng = np.random.default_rng([design.seed, 3])
    n = design.n_genes
    axes = cells.axes
    known = np.concatenate([axes.types, axes.states.reshape(-1, D_EMBEDDING), [axes.response]])
    known = known / np.linalg.norm(known, axis=1, keepdims=True)
    chosen = known[rng.permutation(len(known))[:N_PLANTED]]
    loadings = rng.normal(0, 0.25 / np.sqrt(D_EMBEDDING), (n, D_EMBEDDING))
    sets = []
    for i in range(N_SETS):
        size = min(int(rng.choice(_SIZES)), n // 4)
        members = np.sort(rng.choice(n, size, replace=False))
        sets.append(members)
        if i < N_PLANTED:
            loadings[members] += rng.uniform(0.25, 0.7, (size, 1)) * chosen[i]
    in_model = np.ones(n, bool)
    in_model[n - int(_OUTSIDE_MODEL * n) :] = False
    return Genes(loadings, rng.normal(-0.3, 1.3, n), in_model, sets)


def draw_expression(
    design: StoreDesign, cells: SyntheticCells, genes: Genes, kept: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the browser's payload of each gene, and its values in the cells `kept`.

    Counts are Poisson around library size x rate; values are log1p of counts per 10,000.
    """
    library = cells.library_size
    for part in chunks(design.n_genes, _GENES_AT_ONCE):
        rates = np.empty((part.stop - part.start, design.n_cells), np.float32)
        for rows in chunks(design.n_cells):
            log_rate = cells.standardise(rows) @ genes.loadings[part].T + genes.baseline[part]
            rates[:, rows] = (np.exp(np.minimum(log_rate, 6)) * (library[rows, None] / 1e4)).T
        for gene, rate in zip(range(part.start, part.stop), rates, strict=True):
            rng = np.random.default_rng([design.seed, 4, gene])
            counts = rng.poisson(rate)
            found = np.flatnonzero(counts)
            values = np.log1p(counts[found] * (1e4 / library[found])).astype(np.float32)
            in_kept = np.log1p(counts[kept] * (1e4 / library[kept])).astype(np.float32)
            yield encode_payload(found, values), in_kept


def name_sets() -> list[str]:
    """Return the names of the gene sets; they say which ones were planted."""
    return [
        f"SYNTHETIC planted set {i + 1:03d}" if i < N_PLANTED else f"SYNTHETIC random set {i:03d}"
        for i in range(N_SETS)
    ]
