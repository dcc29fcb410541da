"""The cells counterfactuals are drawn from: profiles, and who activates what. Chooses no cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp

from precompute.dictionary import activation_matrix
from precompute.errors import InputError, fault


@dataclass(frozen=True, eq=False)
class Population:
    """Cells with their counts, embeddings and activations; build it with `make_population`.

    Attributes
    ----------
    counts : (n_cells, n_genes) float32, raw.
    library_size : (n_cells,) float32, total counts of a cell, genes the model does not see
        included.
    embeddings : (n_cells, d_embedding) float32.
    activations : (n_cells, n_concepts) float32, sparse.
    donors : (n_cells,) int64 codes from 0, or None.
    match : what counterfactual cells share with a cell where enough of them do: names of
        columns, the most important first, to (n_cells,) int64 codes, -1 for missing.
    cell_ids : (n_cells,) names of the cells, which some models draw tokens by, or None.
    """

    counts: sp.csr_matrix
    library_size: np.ndarray
    embeddings: np.ndarray
    activations: sp.csc_matrix
    donors: np.ndarray | None
    match: dict[str, np.ndarray]
    cell_ids: np.ndarray | None = None

    @property
    def n_concepts(self) -> int:
        """Number of concepts."""
        return self.activations.shape[1]

    @property
    def n_genes(self) -> int:
        """Number of genes the model reads."""
        return self.counts.shape[1]

    @cached_property
    def match_groups(self) -> list[np.ndarray]:
        """Groups of cells that share the first 0, 1, 2, ... columns of `match`.

        Each is (n_cells,) int64 codes; -1 where one of the columns is missing.
        """
        groups = [np.zeros(len(self.library_size), np.int64)]
        for codes in self.match.values():
            both = np.stack([groups[-1], codes], axis=1)
            _, finer = np.unique(both, axis=0, return_inverse=True)
            groups.append(np.where((both < 0).any(axis=1), -1, finer.ravel()))  # numpy 2.0: 2-D
        return groups

    def take(self, cells: np.ndarray) -> Population:
        """Return the population of some of the cells, in that order."""
        activations = self.activations[cells]
        activations.sort_indices()
        return replace(
            self,
            counts=self.counts[cells],
            library_size=self.library_size[cells],
            embeddings=self.embeddings[cells],
            activations=activations,
            donors=None if self.donors is None else self.donors[cells],
            match={name: codes[cells] for name, codes in self.match.items()},
            cell_ids=None if self.cell_ids is None else self.cell_ids[cells],
        )

    def ids(self, cells: np.ndarray) -> list[str] | None:
        """Return the names of cells, None where they have none."""
        return None if self.cell_ids is None else [str(name) for name in self.cell_ids[cells]]

    def active(self, concept: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells that activate a concept, ascending, and their activations."""
        entries = slice(*self.activations.indptr[concept : concept + 2])
        return self.activations.indices[entries], self.activations.data[entries]

    def inactive(self, concept: int) -> np.ndarray:
        """Return the cells that do not activate a concept, ascending."""
        silent = np.ones(len(self.library_size), bool)
        silent[self.active(concept)[0]] = False
        return np.flatnonzero(silent)

    def log_counts(self, cells: np.ndarray) -> np.ndarray:
        """Return log1p counts of cells, (n, n_genes) float32."""
        return np.log1p(self.counts[cells].toarray())

    def log_counts_scaled(self, sources: np.ndarray, targets: np.ndarray) -> sp.csr_matrix:
        """Return log1p of the counts of each source at the library size of its target.

        Parameters
        ----------
        sources, targets : (n,) cells.

        Returns
        -------
        (n, n_genes) float32, sparse.
        """
        return self.log_counts_at(sources, self.library_size[targets])

    def log_counts_at(self, sources: np.ndarray, library_size: np.ndarray) -> sp.csr_matrix:
        """Return log1p of the counts of cells brought to other library sizes.

        Parameters
        ----------
        sources : (n,) cells.
        library_size : (n,) what the total of each becomes.

        Returns
        -------
        (n, n_genes) float32, sparse.
        """
        rows = self.counts[sources]
        factor = library_size / self.library_size[sources]
        rows.data = np.log1p(rows.data * np.repeat(factor, np.diff(rows.indptr)))
        return rows


def make_population(
    counts: sp.csr_matrix,
    library_size: np.ndarray,
    embeddings: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    n_concepts: int,
    donors: np.ndarray | None = None,
    match: Mapping[str, np.ndarray] | None = None,
    cell_ids: Sequence[str] | None = None,
) -> Population:
    """Return a checked `Population`.

    Parameters
    ----------
    counts : (n_cells, n_genes), raw counts of the genes the model reads.
    library_size : (n_cells,) total counts of each cell.
    embeddings : (n_cells, d_embedding)
    indices, values : (n_cells, k) activations, as `Dictionary.activate` returns them.
    n_concepts : concepts of the dictionary.
    donors : (n_cells,) label of the donor (or batch) of each cell, or None.
    match : columns that counterfactual cells share with a cell, the most important first,
        each (n_cells,) labels; None for the donor where it is known.
    cell_ids : names of the cells, for models that draw tokens by them.

    Raises
    ------
    InputError
        Numbers of cells differ, a count is negative or not finite, a library size is not
        positive, or a donor is missing.
    """
    counts = sp.csr_matrix(counts, dtype=np.float32)
    library_size = np.asarray(library_size, np.float32)
    columns = {"library_size": library_size, "embeddings": embeddings, "indices": indices}
    if match is None:
        match = {} if donors is None else {"donor": donors}
    names = None if cell_ids is None else np.asarray(cell_ids, str)
    columns |= {} if names is None else {"cell_ids": names}
    columns |= {"values": values} | ({} if donors is None else {"donors": donors}) | dict(match)
    for name, column in columns.items():
        if len(column) != counts.shape[0]:
            raise _fault(f"{len(column)} {name} for {counts.shape[0]} cells", "one a cell")
    if counts.data.size and not (np.isfinite(counts.data).all() and counts.data.min() >= 0):
        raise _fault("negative counts, NaN or infinity", "raw counts, 0 or above")
    empty = np.flatnonzero(~(np.isfinite(library_size) & (library_size > 0)))
    if empty.size:
        raise _fault(
            f"{empty.size} cells without a positive library size (first: row {empty[0]})",
            "a positive total of counts in each cell",
        )
    activations = activation_matrix(indices, values, n_concepts)
    activations.sort_indices()
    embeddings = np.asarray(embeddings, np.float32)
    matched = {name: _factorise(labels) for name, labels in match.items()}
    return Population(counts, library_size, embeddings, activations, _codes(donors), matched, names)


def _codes(donors: np.ndarray | None) -> np.ndarray | None:
    if donors is None:
        return None
    codes = _factorise(donors)
    if (codes < 0).any():
        raise _fault(f"{(codes < 0).sum()} cells without a donor", "a label in each cell")
    return codes


def _factorise(labels: np.ndarray) -> np.ndarray:
    codes, _ = pd.factorize(np.asarray(labels), sort=True)
    return codes.astype(np.int64)


def _fault(found: str, expected: str) -> InputError:
    return fault("attribution", found, expected, "Mend or remove these cells.")
