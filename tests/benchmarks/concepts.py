"""Concepts by the rules of a run's default, for benchmarks that begin with embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from precompute.dictionary import (
    Consensus,
    Dictionary,
    Settings,
    choose_size,
    find_consensus,
    polish,
    train_seeds,
)

K, EPOCHS, WIDE = 4, 100, 2


def default_size(embeddings: np.ndarray) -> int:
    """Return the number of latents that the cells support."""
    return choose_size(embeddings, Settings(WIDE * embeddings.shape[1], K, EPOCHS))


def default_concepts(
    embeddings: np.ndarray, size: int, seeds: Sequence[int]
) -> tuple[Consensus, list[Dictionary]]:
    """Return the concepts of dictionaries of this size, polished, and the dictionaries."""
    trained = train_seeds(embeddings, size, K, seeds, EPOCHS)
    settings = Settings(size, K, EPOCHS)
    found = find_consensus(trained, embeddings, finish=lambda d: polish(d, embeddings, settings))
    return found, trained
