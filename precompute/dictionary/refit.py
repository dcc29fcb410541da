"""Fits the decoder of a dictionary to its activations again, units kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from precompute.dictionary.model import Dictionary
from precompute.dictionary.similarity import activation_matrix

_RIDGE = 1e-3
_SHORTEST_ROW = 1e-6


def refit_decoder(dictionary: Dictionary, embeddings: np.ndarray) -> Dictionary:
    """Return the dictionary with the decoder that rebuilds the embeddings best.

    Ridge regression of the scaled embeddings on the activations, pulled towards the present
    decoder (so that a rare concept keeps its direction), by 0.1 % of the mean energy of a
    concept. Rows are brought back to unit length, and their lengths are multiplied into
    encoder and bias: pre-activations and activations stay in the units of the decoder.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding)
    """
    indices, values = dictionary.activate(embeddings)
    activations = activation_matrix(indices, values, dictionary.n_latents).astype(np.float64)
    scaled = (embeddings - dictionary.center) / dictionary.scale
    decoder = _ridge_around(dictionary.decoder.astype(np.float64), activations, scaled)
    lengths = np.linalg.norm(decoder, axis=1)
    # A row that vanished adds nothing: it keeps its direction and its units.
    kept = lengths > _SHORTEST_ROW
    lengths = np.where(kept, lengths, 1.0)
    decoder = np.where(kept[:, None], decoder / lengths[:, None], dictionary.decoder)
    return replace(
        dictionary,
        encoder=(dictionary.encoder * lengths[:, None]).astype(np.float32),
        encoder_bias=(dictionary.encoder_bias * lengths).astype(np.float32),
        decoder=decoder.astype(np.float32),
    )


def _ridge_around(start: np.ndarray, activations: sp.csc_matrix, target: np.ndarray) -> np.ndarray:
    """Minimise |target - activations @ D|^2 + ridge |D - start|^2 over D."""
    gram = (activations.T @ activations).toarray()
    energy = np.trace(gram) / len(gram)
    if energy == 0:
        return start
    gram[np.diag_indices_from(gram)] += _RIDGE * energy
    residual = target - activations @ start
    return start + np.linalg.solve(gram, activations.T @ residual)
