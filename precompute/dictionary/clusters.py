"""Clusters the latents of several dictionaries. Decides which of them are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from precompute.dictionary.model import Dictionary
from precompute.dictionary.similarity import activation_correlation, activation_matrix

Member = tuple[int, int]


@dataclass(frozen=True, eq=False)
class LivingLatents:
    """The latents of all dictionaries that some cell activates, dictionary after dictionary.

    Attributes
    ----------
    owners : for each latent its (position of the dictionary, index in it).
    correlation : (n, n) correlation of activations over cells.
    similarity : (n, n) the smaller of `correlation` and the cosine of decoder rows.
    """

    owners: list[Member]
    correlation: np.ndarray
    similarity: np.ndarray


def compare_latents(dictionaries: Sequence[Dictionary], embeddings: np.ndarray) -> LivingLatents:
    """Return the living latents of the dictionaries and how alike they are.

    Parameters
    ----------
    dictionaries : all of the same d_embedding.
    embeddings : (n_cells, d_embedding)
    """
    owners: list[Member] = []
    activations, decoders = [], []
    for position, dictionary in enumerate(dictionaries):
        matrix = activation_matrix(*dictionary.activate(embeddings), dictionary.n_latents)
        living = np.flatnonzero(np.diff(matrix.indptr))
        owners += [(position, int(latent)) for latent in living]
        activations.append(matrix[:, living])
        decoders.append(dictionary.decoder[living])
    stacked = sp.hstack(activations, format="csc")
    decoder = np.concatenate(decoders).astype(np.float64)
    correlation = activation_correlation(stacked, stacked)
    return LivingLatents(owners, correlation, np.minimum(correlation, decoder @ decoder.T))


def cluster_latents(latents: LivingLatents, cut: float) -> list[np.ndarray]:
    """Return clusters of positions in `latents`, by average linkage.

    Parameters
    ----------
    cut : clusters are joined while their mean similarity is at least this.
    """
    n_latents = len(latents.owners)
    if n_latents < 2:
        return [np.arange(n_latents)][:n_latents]
    distance = np.clip(1 - latents.similarity, 0, 2)
    distance = (distance + distance.T) / 2  # exact symmetry, which rounding does not promise
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), method="average")
    labels = fcluster(tree, t=1 - cut, criterion="distance")
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def best_of_each_dictionary(cluster: np.ndarray, latents: LivingLatents) -> np.ndarray:
    """Return the cluster with one latent for each dictionary in it: the closest to the others.

    Closest: the highest mean similarity to the latents of the other dictionaries, the lower
    index where two are equal.
    """
    owner = np.array([latents.owners[latent][0] for latent in cluster])
    others = owner[:, None] != owner[None, :]
    similarity = np.where(others, latents.similarity[np.ix_(cluster, cluster)], 0)
    closeness = similarity.sum(axis=1) / np.maximum(others.sum(axis=1), 1)
    ranked = np.lexsort((cluster, -closeness, owner))
    first = np.unique(owner[ranked], return_index=True)[1]
    return cluster[ranked[first]]


def stability(members: np.ndarray, latents: LivingLatents, n_dictionaries: int) -> float:
    """Return the mean activation correlation of the pairs of members x share of dictionaries.

    In [0, 1]; a negative mean counts as 0. `members` are at least two positions in
    `latents`, one a dictionary.
    """
    pairs = latents.correlation[np.ix_(members, members)][np.triu_indices(len(members), 1)]
    return max(0.0, float(pairs.mean())) * len(members) / n_dictionaries
