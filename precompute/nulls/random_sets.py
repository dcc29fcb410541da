"""Random gene sets with the sizes and overlaps of the real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

N_BINS = 20


def bin_genes(detection: np.ndarray, n_bins: int = N_BINS) -> list[np.ndarray]:
    """Return bins of genes that about as many cells express, each of indices.

    Parameters
    ----------
    detection : (n_genes,) share or number of the cells that express each gene.
    """
    order = np.argsort(detection, kind="stable")
    return [found for found in np.array_split(order, n_bins) if len(found)]


def relabel_sets(
    members: Sequence[np.ndarray], bins: Sequence[np.ndarray], rng: np.random.Generator
) -> list[np.ndarray]:
    """Return the sets after the genes of each bin have swapped places at random.

    Sets keep their sizes, what they share with each other, and how many genes of each bin they
    have. One bin of all genes makes them random in every other respect.

    Parameters
    ----------
    members : for each set indices of its genes.
    bins : every gene in one of them.
    """
    name = np.empty(sum(map(len, bins)), np.int64)
    for found in bins:
        name[found] = rng.permutation(found)
    return [np.sort(name[genes]) for genes in members]
