"""Which latents make up a concept: each dictionary names the one of its own that is closest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from precompute.dictionary.clusters import (
    LivingLatents,
    best_of_each_dictionary,
    cluster_latents,
    stability,
)

_PROPOSED = 0.5  # mean similarity of the pairs of a proposed group
_ROUNDS = 10
TWINS = 0.7  # concepts whose activations correlate so are one


def elect_members(latents: LivingLatents, cut: float, needed: int) -> list[np.ndarray]:
    """Return the members of each concept, positions in `latents`; one a dictionary at most.

    Average linkage proposes groups. Each dictionary then names its latent closest to the mean
    of the group, if it is alike enough, until nothing changes: two latents of noise differ more
    from each other than each does from their mean. The most stable concepts choose their
    members first; who has too few left, or equals one of them, is none.

    Parameters
    ----------
    cut : least similarity of a member to the mean of its concept.
    needed : dictionaries that a concept must have a member in.
    """
    n_dictionaries = int(latents.dictionary_of.max(initial=-1)) + 1
    found: dict[tuple[int, ...], float] = {}
    for cluster in cluster_latents(latents, min(cut, _PROPOSED)):
        members = _settle(best_of_each_dictionary(cluster, latents), latents, cut)
        if len(members) >= max(2, needed):
            found[tuple(members.tolist())] = stability(members, latents, n_dictionaries)
    chosen: list[np.ndarray] = []
    taken = np.zeros(len(latents.owners), bool)
    for candidate in sorted(found, key=lambda members: (-found[members], members)):
        members = np.array([latent for latent in candidate if not taken[latent]])
        if len(members) < max(2, needed) or _has_twin(members, chosen, latents):
            continue
        chosen.append(members)
        taken[members] = True
    return chosen


def _settle(members: np.ndarray, latents: LivingLatents, cut: float) -> np.ndarray:
    """Return the latents closest to the mean of a group, one a dictionary, until they stay."""
    for _ in range(_ROUNDS):
        if len(members) < 2:
            break
        closest = _vote(latents.similarity_to(members), latents, cut)
        if np.array_equal(closest, members):
            break
        members = closest
    return members


def _vote(closeness: np.ndarray, latents: LivingLatents, cut: float) -> np.ndarray:
    """Return the closest latent of each dictionary, the lower index of two, ascending."""
    ranked = np.lexsort((-closeness, latents.dictionary_of))
    first = np.unique(latents.dictionary_of[ranked], return_index=True)[1]
    best = ranked[first]
    return np.sort(best[closeness[best] >= cut])


def _has_twin(members: np.ndarray, chosen: Sequence[np.ndarray], latents: LivingLatents) -> bool:
    return any(latents.correlation_between(members, other) >= TWINS for other in chosen)
