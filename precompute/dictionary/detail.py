"""Two levels of concepts: general ones, and the finer ones of larger dictionaries beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from precompute.dictionary.clusters import compare_latents
from precompute.dictionary.consensus import Consensus
from precompute.dictionary.leftovers import Leftovers, gather_leftovers, join_leftovers
from precompute.dictionary.metrics import active_cells
from precompute.dictionary.model import Dictionary
from precompute.dictionary.refit import refit_decoder
from precompute.dictionary.similarity import activation_correlation, activation_matrix
from precompute.dictionary.voting import TWINS


def add_detail(
    general: Consensus,
    fine: Consensus,
    trained: tuple[Sequence[Dictionary], Sequence[Dictionary]],
    embeddings: np.ndarray,
    cut: float = 0.6,
) -> Consensus:
    """Return the concepts of both, as two levels that a cell chooses from separately.

    A cell has room for k concepts. In small dictionaries they are general, such as a response
    that all cell types share; in larger ones the same cells spend them on what is particular,
    and the general concept is lost. So the finer concepts that no general one already is
    (activation correlation below .7) stand beside them as a level of their own, and the decoder
    is fitted again over both. A cell chooses as many of them as it had of them on average where
    they competed with the others, rounded up: with k of them they would spread to cells that
    activated others. Which is part of which is then a matter of the cells that activate them
    (`find_parents`).

    Parameters
    ----------
    general, fine : concepts of smaller and of larger dictionaries of these cells.
    trained : the dictionaries that the two were made of.
    embeddings : (n_cells, d_embedding)
    cut : that of `find_consensus`, for what the latents that are left over resemble.

    Returns
    -------
    Consensus
        The general concepts first. Positions of members go on counting over both lists of
        `trained`. Members of finer concepts that a general one already is are among `n_spare`.
    """
    is_new = _is_new(general.dictionary, fine.dictionary, embeddings)
    n_general, n_first = general.dictionary.n_latents, len(trained[0])
    new = np.flatnonzero(is_new)
    both = refit_decoder(_stack(general.dictionary, fine.dictionary, new, embeddings), embeddings)
    living = active_cells(both.activate(embeddings)[0], both.n_latents) > 0
    concepts = _keep(both, living, n_general)
    shifted = [[(p + n_first, latent) for p, latent in members] for members in fine.members]
    members = [*general.members, *(shifted[concept] for concept in new)]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(general, name), getattr(fine, name)[new]])[living]

    return Consensus(
        dictionary=concepts,
        stability=joined("stability"),
        stability_low=joined("stability_low"),
        stability_high=joined("stability_high"),
        n_seeds=joined("n_seeds"),
        members=[members[concept] for concept in np.flatnonzero(living)],
        n_dead=general.n_dead + fine.n_dead,
        n_not_recurring=general.n_not_recurring + fine.n_not_recurring,
        n_spare=general.n_spare
        + fine.n_spare
        + sum(len(m) for m, new in zip(fine.members, is_new, strict=True) if not new),
        n_dropped=general.n_dropped + fine.n_dropped + int((~living).sum()),
        needed=general.needed,
        leftovers=_gather(general, fine, trained, concepts, embeddings, cut),
    )


def _is_new(general: Dictionary, fine: Dictionary, embeddings: np.ndarray) -> np.ndarray:
    """Return which fine concepts no general one already is, (n_fine,) bool."""
    wide, narrow = (
        activation_matrix(*d.activate(embeddings), d.n_latents) for d in (general, fine)
    )
    return activation_correlation(narrow, wide).max(axis=1) < TWINS


def _stack(
    general: Dictionary, fine: Dictionary, new: np.ndarray, embeddings: np.ndarray
) -> Dictionary:
    if not len(new):
        return general
    n_active = np.isin(fine.activate(embeddings)[0], new).sum() / len(embeddings)
    return replace(
        general,
        encoder=np.concatenate([general.encoder, fine.encoder[new]]),
        encoder_bias=np.concatenate([general.encoder_bias, fine.encoder_bias[new]]),
        decoder=np.concatenate([general.decoder, fine.decoder[new]]),
        n_general=general.n_latents,
        k_detail=max(1, math.ceil(n_active)),
    )


def _keep(both: Dictionary, living: np.ndarray, n_general: int) -> Dictionary:
    """Return the dictionary of the living concepts; one level where the other one died."""
    n_left, n_fine = int(living[:n_general].sum()), int(living[n_general:].sum())
    has_two = n_left > 0 and n_fine > 0
    k = both.k if n_left else both.k_detail
    return replace(
        both,
        encoder=both.encoder[living],
        encoder_bias=both.encoder_bias[living],
        decoder=both.decoder[living],
        k=min(k, n_left or n_fine),
        n_general=n_left if has_two else None,
        k_detail=min(both.k_detail, n_fine) if has_two else 0,
    )


def _gather(
    general: Consensus,
    fine: Consensus,
    trained: tuple[Sequence[Dictionary], Sequence[Dictionary]],
    concepts: Dictionary,
    embeddings: np.ndarray,
    cut: float,
) -> Leftovers:
    """Return what neither level holds; n_seeds counts dictionaries of the same size alone."""

    def gather(consensus: Consensus, dictionaries: Sequence[Dictionary]) -> Leftovers:
        latents = compare_latents(dictionaries, embeddings)
        return gather_leftovers(dictionaries, latents, consensus.members, concepts, embeddings, cut)

    first, second = gather(general, trained[0]), gather(fine, trained[1])
    return join_leftovers(first, second, shift=len(trained[0]))
