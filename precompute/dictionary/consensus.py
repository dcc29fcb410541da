"""Concepts: the latents that recur in dictionaries trained from several seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from precompute.dictionary.checks import check_embeddings
from precompute.dictionary.clusters import (
    LivingLatents,
    Member,
    best_of_each_dictionary,
    cluster_latents,
    compare_latents,
    stability,
)
from precompute.dictionary.metrics import active_cells
from precompute.dictionary.model import Dictionary
from precompute.dictionary.refit import refit_decoder
from precompute.errors import InputError, fault


@dataclass(frozen=True, eq=False)
class Consensus:
    """Concepts of several dictionaries, and how surely each came back.

    Concepts stand in descending order of stability, then of the number of active cells. A
    latent of the dictionaries is a member of a concept, or counted in one of the `n_` fields
    (the members of dropped concepts in none).

    Attributes
    ----------
    dictionary : the concepts; k as in the dictionaries, or n_concepts where that is less.
    stability : (n_concepts,) float32 in [0, 1]: mean activation correlation over the pairs
        of members (0 if negative), times the share of the dictionaries that have a member.
    n_seeds : (n_concepts,) int32, dictionaries that have a member.
    members : for each concept its (position of the dictionary, latent) pairs.
    n_dead : latents no cell activates; they took no part.
    n_not_recurring : living latents in clusters of too few dictionaries.
    n_spare : living latents in the cluster of a concept, beside a closer one of their own
        dictionary.
    n_dropped : concepts that no cell activates any more after the refit.
    """

    dictionary: Dictionary
    stability: np.ndarray
    n_seeds: np.ndarray
    members: list[list[Member]]
    n_dead: int
    n_not_recurring: int
    n_spare: int
    n_dropped: int


def find_consensus(
    dictionaries: Sequence[Dictionary],
    embeddings: np.ndarray,
    min_share: float = 0.6,
    cut: float = 0.6,
) -> Consensus:
    """Return the concepts that recur in dictionaries of the same cells and other seeds.

    Latents are alike as far as both their decoder rows (cosine) and their activations
    (correlation over cells) are: the smaller of the two counts. Average linkage joins them;
    a cluster with latents of enough dictionaries is a concept, to which each dictionary
    gives its latent closest to the others. Encoder, bias and decoder of the concept are the
    means of its members', and the decoder is then fitted to the embeddings again. In the
    way of consensus NMF (Kotliar et al. 2019).

    Parameters
    ----------
    dictionaries : two or more, trained on the same embeddings with different seeds.
    embeddings : (n_cells, d_embedding), those cells.
    min_share : share of the dictionaries a concept must recur in; two at the least.
    cut : clusters are joined while their mean similarity is at least this.

    Raises
    ------
    InputError
        Fewer than two dictionaries, dictionaries of different embeddings, settings outside
        0..1, or no latent that recurs.
    """
    embeddings = check_embeddings(embeddings)
    _check(dictionaries, min_share, cut)
    latents = compare_latents(dictionaries, embeddings)
    # 0.6 x 5 is a little more than 3 in floating point.
    needed = max(2, math.ceil(min_share * len(dictionaries) - 1e-9))
    clusters = _recurring(latents, cut, needed)
    if not clusters:
        raise _nothing_recurs(len(latents.owners), len(dictionaries))
    members = [best_of_each_dictionary(cluster, latents) for cluster in clusters]
    owners = [[latents.owners[latent] for latent in member] for member in members]
    concepts = refit_decoder(_mean_dictionary(dictionaries, owners), embeddings)
    recurrence = np.array([stability(m, latents, len(dictionaries)) for m in members], np.float32)
    n_active = active_cells(concepts.activate(embeddings)[0], concepts.n_latents)
    order = np.lexsort((-n_active, -recurrence))
    order = order[n_active[order] > 0]
    in_concepts = sum(map(len, clusters))
    return Consensus(
        dictionary=_chosen(concepts, order),
        stability=recurrence[order],
        n_seeds=np.array([len(owners[concept]) for concept in order], np.int32),
        members=[owners[concept] for concept in order],
        n_dead=sum(dictionary.n_latents for dictionary in dictionaries) - len(latents.owners),
        n_not_recurring=len(latents.owners) - in_concepts,
        n_spare=in_concepts - sum(map(len, members)),
        n_dropped=len(members) - len(order),
    )


def _recurring(latents: LivingLatents, cut: float, needed: int) -> list[np.ndarray]:
    """Return the clusters with latents of at least `needed` dictionaries."""
    return [
        cluster
        for cluster in cluster_latents(latents, cut)
        if len({latents.owners[latent][0] for latent in cluster}) >= needed
    ]


def _mean_dictionary(dictionaries: Sequence[Dictionary], members: list[list[Member]]) -> Dictionary:
    """Return the dictionary whose latents are the means of the members of each concept."""

    def means(name: str) -> np.ndarray:
        return np.stack(
            [
                np.mean([getattr(dictionaries[d], name)[latent] for d, latent in concept], axis=0)
                for concept in members
            ]
        )

    decoder = means("decoder")
    first = dictionaries[0]
    return Dictionary(
        encoder=means("encoder"),
        encoder_bias=means("encoder_bias"),
        decoder=decoder / np.linalg.norm(decoder, axis=1, keepdims=True),
        center=first.center,
        scale=first.scale,
        k=min(first.k, len(members)),
    )


def _chosen(concepts: Dictionary, order: np.ndarray) -> Dictionary:
    return replace(
        concepts,
        encoder=concepts.encoder[order],
        encoder_bias=concepts.encoder_bias[order],
        decoder=concepts.decoder[order],
        k=min(concepts.k, len(order)),
    )


def _check(dictionaries: Sequence[Dictionary], min_share: float, cut: float) -> None:
    if len(dictionaries) < 2:
        raise fault(
            "consensus", f"found {len(dictionaries)} dictionaries", "2 or more", "Add seeds."
        )
    if not (0 <= min_share <= 1 and 0 <= cut <= 1):
        raise fault(
            "consensus", f"min_share = {min_share}, cut = {cut}", "both in 0..1", "Change them."
        )
    first = dictionaries[0]
    for position, other in enumerate(dictionaries):
        same_cells = np.array_equal(first.center, other.center) and first.scale == other.scale
        if not same_cells or first.k != other.k:
            raise fault(
                f"consensus, dictionary {position}",
                "its k or the embeddings it was trained on differ from those of dictionary 0",
                "dictionaries that differ in their seed only",
                "Train them together with `train_seeds`.",
            )


def _nothing_recurs(n_living: int, n_dictionaries: int) -> InputError:
    return fault(
        "consensus",
        f"none of {n_living} living latents recurs in enough of {n_dictionaries} dictionaries",
        "latents that come back under other seeds",
        "Lower k or the number of latents, train for more epochs, or use more cells.",
    )
