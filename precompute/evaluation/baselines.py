"""Other ways to describe an embedding by so many units: what concepts have to beat."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import NMF, PCA, FastICA

from precompute.dictionary import Dictionary, activation_matrix

_MOST_STEPS = 500


@dataclass(frozen=True, eq=False)
class Units:
    """Units of some kind in some cells.

    Attributes
    ----------
    values : (n_cells, n_units), of either sign.
    rebuilt : (n_cells, d_embedding) the embeddings rebuilt from them.
    """

    values: np.ndarray
    rebuilt: np.ndarray


def activate_units(
    dictionary: Dictionary, embeddings: np.ndarray, n_units: int | None = None
) -> Units:
    """Return the latents of a dictionary as units; k of them are above 0 in a cell, at most.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding)
    n_units : keep so many, those of the largest sum of squared activations: directions have unit
        length, so these rebuild most. None keeps all.
    """
    indices, values = dictionary.activate(embeddings)
    dense = activation_matrix(indices, values, dictionary.n_latents).toarray()
    if n_units is None:
        return Units(dense, dictionary.reconstruct(indices, values))
    strength = np.square(dense, dtype=np.float64).sum(axis=0)
    kept = np.sort(np.argsort(-strength, kind="stable")[:n_units])
    values = np.where(np.isin(indices, kept), values, np.float32(0))
    return Units(dense[:, kept], dictionary.reconstruct(indices, values))


def count_directions(embeddings: np.ndarray) -> int:
    """Return in how many independent directions embeddings vary: there are no more linear units."""
    moved = np.asarray(embeddings, np.float64)
    return max(1, int(np.linalg.matrix_rank(moved - moved.mean(axis=0))))


def _neurons(embeddings: np.ndarray, n_units: int, seed: int) -> Units:
    """Return the dimensions of largest variance; the others are a linear function of them."""
    chosen = np.sort(np.argsort(-embeddings.var(axis=0), kind="stable")[:n_units])
    values = embeddings[:, chosen]
    center = embeddings.mean(axis=0)
    moved = values - values.mean(axis=0)
    weights = np.linalg.lstsq(moved, embeddings - center, rcond=None)[0]
    return Units(values, center + moved @ weights)


def _pca(embeddings: np.ndarray, n_units: int, seed: int) -> Units:
    return _fit(PCA(n_units, random_state=seed), embeddings)


def _ica(embeddings: np.ndarray, n_units: int, seed: int) -> Units:
    make = FastICA(n_units, random_state=seed, whiten="unit-variance", max_iter=_MOST_STEPS)
    return _fit(make, embeddings)


def _nmf(embeddings: np.ndarray, n_units: int, seed: int) -> Units:
    """Return NMF of the height above the least value of each dimension: embeddings have signs."""
    lowest = embeddings.min(axis=0)
    model = NMF(n_units, random_state=seed, init="nndsvda", max_iter=_MOST_STEPS)
    found = _fit(model, embeddings - lowest)
    return Units(found.values, found.rebuilt + lowest)


def _fit(model: Any, embeddings: np.ndarray) -> Units:
    values = model.fit_transform(embeddings)
    return Units(values, model.inverse_transform(values))


# Name -> title, what it is in a sentence, and how it is found.
BASELINES: dict[str, tuple[str, str, Callable[[np.ndarray, int, int], Units]]] = {
    "neurons": (
        "Neurons",
        "The dimensions of the embedding themselves, those of largest variance.",
        _neurons,
    ),
    "pca": ("PCA", "Principal components: no linear units explain more variance.", _pca),
    "ica": ("ICA", "Independent components of the same space (FastICA).", _ica),
    "nmf": (
        "NMF",
        "Non-negative factors of the height above the least value of each dimension.",
        _nmf,
    ),
}


def fit_baselines(
    embeddings: np.ndarray, n_units: int, seed: int = 0
) -> Iterator[tuple[str, Callable[[], Units]]]:
    """Yield each baseline's name and what finds its units, at most `n_units` of them.

    There are never more linear units than the embeddings have dimensions that vary. ICA and NMF
    that have not converged in 500 steps are taken as they are.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding)
    """
    embeddings = np.asarray(embeddings, np.float64)
    n_units = max(1, min(n_units, count_directions(embeddings)))

    def find(make: Callable[[np.ndarray, int, int], Units]) -> Callable[[], Units]:
        def run() -> Units:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return make(embeddings, n_units, seed)

        return run

    return ((name, find(make)) for name, (_, _, make) in BASELINES.items())
