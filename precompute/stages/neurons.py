"""Neurons in the place of concepts: dimensions of the embedding, attributed and ranked alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from precompute.dictionary import Dictionary, activation_matrix
from precompute.run import Run
from precompute.stages.units import rank_units


def rank_neurons(run: Run) -> dict[str, np.ndarray]:
    """Return the rankings of as many neurons as there are concepts, by name, in the same cells."""
    neurons = make_neurons(run.embeddings, run.dictionary.n_latents, run.dictionary.most_active)
    activations = activation_matrix(*neurons.activate(run.embeddings), neurons.n_latents)
    activations.sort_indices()
    population = replace(run.population, activations=activations)
    return rank_units(run, population, neurons, run.covariates, "nulls, attribution of neurons")


def make_neurons(embeddings: np.ndarray, n_units: int, most_active: int) -> Dictionary:
    """Return a dictionary whose latents are single dimensions of the embedding, of either sign.

    The dimensions of largest variance, each once upwards and once downwards from its mean, in its
    standard deviations: a cell keeps its `most_active` largest, as it does of the concepts, so
    that a neuron too is active in some cells and has others to be compared with.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding)
    n_units : how many; never more than two for each dimension that varies.
    """
    center, spread = embeddings.mean(axis=0), embeddings.std(axis=0)
    order = np.argsort(-spread, kind="stable")
    order = order[spread[order] > 0]
    dimensions = np.repeat(order, 2)[:n_units]
    signs = np.tile([1.0, -1.0], len(order))[:n_units]
    decoder = np.zeros((len(dimensions), embeddings.shape[1]), np.float32)
    decoder[np.arange(len(dimensions)), dimensions] = signs
    return Dictionary(
        encoder=decoder / spread[dimensions].astype(np.float32)[:, None],
        encoder_bias=np.zeros(len(dimensions), np.float32),
        decoder=decoder,
        center=center.astype(np.float32),
        scale=1.0,
        k=min(most_active, len(dimensions)),
    )
