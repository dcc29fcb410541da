"""Clusters the latents of several dictionaries. Decides which of them are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from precompute.dictionary.model import Dictionary
from precompute.dictionary.similarity import (
    activation_covariance,
    activation_matrix,
    activation_spread,
)

Member = tuple[int, int]


@dataclass(frozen=True, eq=False)
class LivingLatents:
    """The latents of all dictionaries that some cell activates, dictionary after dictionary.

    Attributes
    ----------
    owners : for each latent its (position of the dictionary, index in it).
    covariance : (n, n) covariance of activations over cells.
    cosine : (n, n) cosine of decoder rows.
    """

    owners: list[Member]
    covariance: np.ndarray
    cosine: np.ndarray

    @cached_property
    def dictionary_of(self) -> np.ndarray:
        """The position of each latent's dictionary, (n,)."""
        return np.array([position for position, _ in self.owners], np.int64)

    @cached_property
    def correlation(self) -> np.ndarray:
        """The correlation of activations over cells, (n, n)."""
        deviation = np.sqrt(np.diag(self.covariance))
        return self.covariance / np.outer(deviation, deviation)

    @cached_property
    def similarity(self) -> np.ndarray:
        """The smaller of `correlation` and `cosine`, (n, n)."""
        return np.minimum(self.correlation, self.cosine)

    def similarity_to(self, members: np.ndarray) -> np.ndarray:
        """Return how alike each latent and the mean of some latents are, (n,).

        The smaller of two: the correlation with the mean of their activations, and the cosine
        with the mean of their decoder rows.
        """
        return np.minimum(
            _toward_mean(self.covariance, members), _toward_mean(self.cosine, members)
        )

    def correlation_between(self, first: np.ndarray, second: np.ndarray) -> float:
        """Return the correlation of the mean activations of two groups of latents."""
        pairs = (first, second), (first, first), (second, second)
        shared, own, other = (self.covariance[np.ix_(*pair)].mean() for pair in pairs)
        return float(shared / np.sqrt(own * other))


def _toward_mean(products: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the cosines of all vectors with the mean of some, from their inner products."""
    length = np.sqrt(products[np.ix_(members, members)].mean())
    return products[members].mean(axis=0) / (np.sqrt(np.diag(products)) * length)


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
        living = np.flatnonzero(activation_spread(matrix) > 0)
        owners += [(position, int(latent)) for latent in living]
        activations.append(matrix[:, living])
        decoders.append(dictionary.decoder[living])
    stacked = sp.hstack(activations, format="csc")
    decoder = np.concatenate(decoders).astype(np.float64)
    return LivingLatents(owners, activation_covariance(stacked, stacked), decoder @ decoder.T)


def cluster_latents(
    latents: LivingLatents, cut: float, method: str = "average"
) -> list[np.ndarray]:
    """Return clusters of positions in `latents`, by average (or another) linkage.

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
    tree = linkage(squareform(distance, checks=False), method=method)
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
