"""Concepts: the latents that recur in dictionaries trained from several seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from precompute.dictionary.checks import check_embeddings
from precompute.dictionary.clusters import LivingLatents, Member, compare_latents, stability
from precompute.dictionary.interval import stability_interval
from precompute.dictionary.leftovers import Leftovers, gather_leftovers
from precompute.dictionary.metrics import active_cells
from precompute.dictionary.model import Dictionary
from precompute.dictionary.refit import refit_decoder
from precompute.dictionary.voting import elect_members
from precompute.errors import InputError, fault


class NothingRecursError(InputError):
    """Dictionaries of other seeds agree on nothing."""


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
    stability_low, stability_high : (n_concepts,) float32, a 90 % interval of it; see
        `stability_interval`.
    n_seeds : (n_concepts,) int32, dictionaries that have a member.
    members : for each concept its (position of the dictionary, latent) pairs.
    n_dead : latents no cell activates; they took no part.
    n_not_recurring : living latents that are alike to no concept.
    n_spare : living latents alike to a concept, beside a closer one of their own dictionary.
    n_dropped : concepts that no cell activates any more after the refit.
    needed : dictionaries that a concept must have a member in.
    leftovers : the living latents that are no members, of dropped concepts too.
    """

    dictionary: Dictionary
    stability: np.ndarray
    stability_low: np.ndarray
    stability_high: np.ndarray
    n_seeds: np.ndarray
    members: list[list[Member]]
    n_dead: int
    n_not_recurring: int
    n_spare: int
    n_dropped: int
    needed: int
    leftovers: Leftovers


def find_consensus(
    dictionaries: Sequence[Dictionary],
    embeddings: np.ndarray,
    min_share: float = 0.8,
    cut: float = 0.6,
    finish: Callable[[Dictionary], Dictionary] | None = None,
) -> Consensus:
    """Return the concepts that recur in dictionaries of the same cells and other seeds.

    Latents are alike as far as both their decoder rows (cosine) and their activations
    (correlation over cells) are: the smaller of the two counts. Average linkage proposes
    groups; each dictionary then names its latent closest to the mean of a group, until nothing
    changes, and a group that enough dictionaries have a latent in is a concept
    (`elect_members`). Encoder, bias and decoder of the concept are the means of its members',
    and the decoder is then fitted to the embeddings again. In the way of consensus NMF
    (Kotliar et al. 2019).

    Parameters
    ----------
    dictionaries : two or more, trained on the same embeddings with different seeds.
    embeddings : (n_cells, d_embedding), those cells.
    min_share : share of the dictionaries a concept must recur in; two at the least.
    cut : least similarity of a member to the mean of its concept.
    finish : what is done with the dictionary of the concepts before it is measured, such as
        `polish`; it keeps their number and order.

    Raises
    ------
    InputError
        Fewer than two dictionaries, dictionaries of different embeddings, or settings outside
        0..1; `NothingRecursError` where no latent recurs.
    """
    embeddings = check_embeddings(embeddings)
    _check(dictionaries, min_share, cut)
    latents = compare_latents(dictionaries, embeddings)
    # 0.6 x 5 is a little more than 3 in floating point.
    needed = max(2, math.ceil(min_share * len(dictionaries) - 1e-9))
    members = elect_members(latents, cut, needed)
    if not members:
        raise _nothing_recurs(len(latents.owners), len(dictionaries))
    owners = [[latents.owners[latent] for latent in member] for member in members]
    concepts = merge_members(dictionaries, owners, embeddings)
    if finish:
        concepts = finish(concepts)
    recurrence = np.array([stability(m, latents, len(dictionaries)) for m in members], np.float32)
    n_active = active_cells(concepts.activate(embeddings)[0], concepts.n_latents)
    order = np.lexsort((-n_active, -recurrence))
    order = order[n_active[order] > 0]
    chosen, owners = _chosen(concepts, order), [owners[concept] for concept in order]
    intervals = [stability_interval(members[c], latents, len(dictionaries)) for c in order]
    n_spare = _count_spare(members, latents, cut)
    return Consensus(
        dictionary=chosen,
        stability=recurrence[order],
        stability_low=np.array([low for low, _ in intervals], np.float32),
        stability_high=np.array([high for _, high in intervals], np.float32),
        n_seeds=np.array([len(concept) for concept in owners], np.int32),
        members=owners,
        n_dead=sum(dictionary.n_latents for dictionary in dictionaries) - len(latents.owners),
        n_not_recurring=len(latents.owners) - sum(map(len, members)) - n_spare,
        n_spare=n_spare,
        n_dropped=len(members) - len(order),
        needed=needed,
        leftovers=gather_leftovers(dictionaries, latents, owners, chosen, embeddings, cut),
    )


def _count_spare(members: Sequence[np.ndarray], latents: LivingLatents, cut: float) -> int:
    """Return how many latents are alike to a concept without being members of one."""
    alike = np.any([latents.similarity_to(m) >= cut for m in members], axis=0)
    alike[np.concatenate(members)] = False
    return int(alike.sum())


def merge_members(
    dictionaries: Sequence[Dictionary], members: list[list[Member]], embeddings: np.ndarray
) -> Dictionary:
    """Return the means of the members of each concept, with the decoder fitted again."""
    return refit_decoder(_mean_dictionary(dictionaries, members), embeddings)


def _mean_dictionary(dictionaries: Sequence[Dictionary], members: list[list[Member]]) -> Dictionary:

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


def _nothing_recurs(n_living: int, n_dictionaries: int) -> NothingRecursError:
    return NothingRecursError(
        f"consensus: none of {n_living} living latents recurs in enough of {n_dictionaries} "
        "dictionaries. Expected latents that come back under other seeds. "
        "Lower k or the number of latents, train for more epochs, or use more cells."
    )
