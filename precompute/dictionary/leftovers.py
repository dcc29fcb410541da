"""The latents that belong to no concept: kept, with what they resemble and how often they recur."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from precompute.dictionary.clusters import LivingLatents, Member
from precompute.dictionary.model import Dictionary
from precompute.dictionary.similarity import activation_correlation, activation_matrix


@dataclass(frozen=True, eq=False)
class Leftovers:
    """Latents that some cell activates and no concept has as a member, in the order of `owners`.

    Attributes
    ----------
    owners : (n_latents, 2) int32, position of the dictionary and index in it.
    decoder : (n_latents, d_embedding) float32, rows of unit length.
    n_seeds : (n_latents,) int32, dictionaries that hold a latent as alike as `cut`, its own
        included.
    closest : (n_latents,) int32, the concept most alike.
    similarity : (n_latents,) float32 with it: the smaller of the correlation of activations
        over cells and the cosine of decoder rows.
    """

    owners: np.ndarray
    decoder: np.ndarray
    n_seeds: np.ndarray
    closest: np.ndarray
    similarity: np.ndarray


def gather_leftovers(
    dictionaries: Sequence[Dictionary],
    latents: LivingLatents,
    members: Sequence[Sequence[Member]],
    concepts: Dictionary,
    embeddings: np.ndarray,
    cut: float,
) -> Leftovers:
    """Return the living latents that are members of no concept.

    Parameters
    ----------
    dictionaries, embeddings : what `latents` was made of.
    members : for each concept its (position of the dictionary, latent) pairs.
    concepts : the dictionary of the concepts.
    cut : similarity from which two latents count as the same.
    """
    taken = {member for concept in members for member in concept}
    left = np.array([owner not in taken for owner in latents.owners], bool)
    owners = np.array(latents.owners, np.int32).reshape(-1, 2)[left]
    rows = [dictionaries[position].decoder[latent] for position, latent in owners]
    decoder = np.array(rows, np.float32).reshape(len(rows), concepts.d_embedding)
    activations = leftover_activations(dictionaries, owners, embeddings)
    of_concepts = activation_matrix(*concepts.activate(embeddings), concepts.n_latents)
    correlation = activation_correlation(activations, of_concepts)
    similarity = np.minimum(correlation, decoder @ concepts.decoder.T)
    closest = similarity.argmax(axis=1)
    return Leftovers(
        owners=owners,
        decoder=decoder,
        n_seeds=_count_dictionaries(latents, cut)[left],
        closest=closest.astype(np.int32),
        similarity=similarity[np.arange(len(owners)), closest].astype(np.float32),
    )


def join_leftovers(first: Leftovers, second: Leftovers, shift: int) -> Leftovers:
    """Return both, the dictionaries of the second counted from `shift`."""
    moved = second.owners + np.array([shift, 0], np.int32)
    return Leftovers(
        owners=np.concatenate([first.owners, moved]),
        decoder=np.concatenate([first.decoder, second.decoder]),
        n_seeds=np.concatenate([first.n_seeds, second.n_seeds]),
        closest=np.concatenate([first.closest, second.closest]),
        similarity=np.concatenate([first.similarity, second.similarity]),
    )


def leftover_activations(
    dictionaries: Sequence[Dictionary], owners: np.ndarray, embeddings: np.ndarray
) -> sp.csc_matrix:
    """Return the activations of some latents of several dictionaries, (n_cells, n_latents).

    Parameters
    ----------
    owners : (n_latents, 2), position of the dictionary (ascending) and index in it.
    """
    parts = []
    for position, dictionary in enumerate(dictionaries):
        matrix = activation_matrix(*dictionary.activate(embeddings), dictionary.n_latents)
        parts.append(matrix[:, owners[owners[:, 0] == position, 1]])
    return sp.hstack(parts, format="csc")


def _count_dictionaries(latents: LivingLatents, cut: float) -> np.ndarray:
    """Return in how many dictionaries there is a latent as alike as `cut`, for each latent."""
    alike = latents.similarity >= cut
    np.fill_diagonal(alike, True)
    starts = np.flatnonzero(np.diff(latents.dictionary_of, prepend=-1))
    return np.logical_or.reduceat(alike, starts, axis=1).sum(axis=1).astype(np.int32)
