"""The auxiliary loss that gives dead latents something to learn. Knows arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from precompute.dictionary.autoencoder import Autoencoder


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """Gradients of the auxiliary loss, of the dead latents only.

    Attributes
    ----------
    place : (n_latents,) int64, the row of a latent in the gradients, -1 for the living.
    gradients : of encoder and decoder (n_dead, d_embedding) and bias (n_dead, 1).
    """

    place: np.ndarray
    gradients: tuple[np.ndarray, np.ndarray, np.ndarray]


def no_auxiliary(model: Autoencoder) -> Auxiliary:
    """Return the gradients of a step without dead latents."""
    encoder, decoder, bias = (weight[:0].copy() for weight in model.weights)
    return Auxiliary(np.full(len(model.encoder), -1), (encoder, decoder, bias))


def auxiliary_gradients(
    model: Autoencoder, x: np.ndarray, miss: np.ndarray, dead: np.ndarray, weight: float
) -> Auxiliary:
    """Let dead latents rebuild what the others miss.

    The loss is ``weight`` times the mean over cells of |e_hat - e|^2: e is what a cell's active
    latents leave out, held fixed, and e_hat is rebuilt from its largest positive dead latents,
    half as many as there are dimensions (Gao et al. 2024, appendix A.2). All products are dense:
    few latents are dead, and many of them take part in each cell.

    Parameters
    ----------
    x : (n_cells, d_embedding)
    miss : (n_cells, d_embedding), x_hat - x of the active latents.
    dead : ascending indices of the dead latents.
    """
    encoder, decoder, bias = (array[dead] for array in model.weights)
    codes = keep_largest(x @ encoder.T + bias[:, 0], max(1, x.shape[1] // 2))
    gap = codes @ decoder + miss
    factor = codes.dtype.type(2 * weight / len(x))
    slopes = (gap @ decoder.T) * (codes > 0) * factor
    place = np.full(len(model.encoder), -1)
    place[dead] = np.arange(len(dead))
    return Auxiliary(place, (slopes.T @ x, codes.T @ (gap * factor), slopes.sum(axis=0)[:, None]))


def keep_largest(pre_activations: np.ndarray, k: int) -> np.ndarray:
    """Return the k largest positive values of each row, and 0 elsewhere; changes its argument."""
    n_out = pre_activations.shape[1] - k
    if n_out > 0:
        out = np.argpartition(pre_activations, n_out - 1, axis=1)[:, :n_out]
        np.put_along_axis(pre_activations, out, 0, axis=1)
    return np.maximum(pre_activations, 0, out=pre_activations)
