"""Dictionary: top k, reconstruction, metrics, and what is refused."""

import numpy as np
import pytest

from precompute.dictionary import (
    Dictionary,
    active_cells,
    dead_latents,
    explained_variance,
    mean_active,
)
from precompute.errors import InputError


def random_dictionary(n_latents=12, d_embedding=5, k=3, seed=0) -> Dictionary:
    rng = np.random.default_rng(seed)
    decoder = rng.normal(size=(n_latents, d_embedding))
    return Dictionary(
        encoder=rng.normal(size=(n_latents, d_embedding)).astype(np.float32),
        encoder_bias=rng.normal(size=n_latents).astype(np.float32),
        decoder=(decoder / np.linalg.norm(decoder, axis=1, keepdims=True)).astype(np.float32),
        center=rng.normal(size=d_embedding).astype(np.float32),
        scale=1.7,
        k=k,
    )


def small_dictionary(k=2) -> Dictionary:
    """Pre-activations of (x, y) are x, y, -x, -y: one latent an arm of the axes."""
    arms = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
    return Dictionary(arms, np.zeros(4, np.float32), arms, np.zeros(2, np.float32), 1.0, k)


def test_activate_best_first_and_padded():
    indices, values = small_dictionary(k=3).activate(np.array([[1.0, -2.0], [0.0, 0.5]]))
    assert indices.tolist() == [[3, 0, -1], [1, -1, -1]]
    assert values.tolist() == [[2.0, 1.0, 0.0], [0.5, 0.0, 0.0]]
    assert indices.dtype == np.int32
    assert values.dtype == np.float32


def test_activate_breaks_ties_by_index():
    indices, _ = small_dictionary(k=2).activate(np.array([[-1.0, 1.0], [1.0, 1.0]]))
    assert indices.tolist() == [[1, 2], [0, 1]]


def test_many_ties_stay_in_the_order_of_their_index():
    levels = np.random.default_rng(0).integers(1, 4, 64).astype(np.float32)[:, None]
    dictionary = Dictionary(
        levels, np.zeros(64, np.float32), np.ones_like(levels), np.zeros(1, np.float32), 1.0, 64
    )
    indices, _ = dictionary.activate(np.ones((1, 1)))
    assert np.array_equal(indices[0], np.argsort(-levels[:, 0], kind="stable"))


def test_activate_equals_a_full_sort_in_every_chunk(monkeypatch):
    monkeypatch.setattr("precompute.dictionary.model._VALUES_PER_CHUNK", 12 * 7)
    dictionary = random_dictionary()
    embeddings = np.random.default_rng(1).normal(size=(50, 5)).astype(np.float32)
    indices, values = dictionary.activate(embeddings)
    scaled = (embeddings - dictionary.center) / 1.7
    for cell in range(50):
        z = dictionary.encoder @ scaled[cell] + dictionary.encoder_bias
        expected = [latent for latent in np.argsort(-z) if z[latent] > 0][:3]
        assert [latent for latent in indices[cell] if latent >= 0] == expected
        assert np.allclose(values[cell, : len(expected)], z[expected], atol=1e-5)


def test_reconstruct_adds_decoder_rows():
    dictionary = random_dictionary()
    indices = np.array([[2, 7, -1], [-1, -1, -1]], np.int32)
    values = np.array([[0.5, 2.0, 0.0], [0, 0, 0]], np.float32)
    rebuilt = dictionary.reconstruct(indices, values)
    mixed = 0.5 * dictionary.decoder[2] + 2.0 * dictionary.decoder[7]
    assert np.allclose(rebuilt[0], dictionary.center + 1.7 * mixed, atol=1e-5)
    assert np.array_equal(rebuilt[1], dictionary.center)


def test_metrics_by_hand():
    # Around the mean (1, 0) the total is 1 + 1 = 2; the residual is 0.5**2 = 0.25.
    embeddings = np.array([[0.0, 0.0], [2.0, 0.0]])
    assert explained_variance(embeddings, np.array([[0.0, 0.5], [2.0, 0.0]])) == 1 - 0.25 / 2
    assert explained_variance(embeddings, np.array([[1.0, 0.0], [1.0, 0.0]])) == 0
    indices = np.array([[0, 2], [2, -1]])
    assert active_cells(indices, 4).tolist() == [1, 0, 2, 0]
    assert dead_latents(indices, 4).tolist() == [1, 3]
    assert mean_active(indices) == 1.5


@pytest.mark.parametrize(
    ("embeddings", "words"),
    [
        (np.zeros(4), "shape"),
        (np.zeros((3, 4)), "length 4"),
        (np.array([[0.0, 1.0], [np.nan, 0.0], [0.0, np.inf]]), "2 of 3 rows.*first: row 1"),
    ],
)
def test_activate_refuses(embeddings, words):
    with pytest.raises(InputError, match=words):
        small_dictionary().activate(embeddings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": 0}, "k = 0"),
        ({"k": 13}, "k = 13"),
        ({"scale": 0.0}, "scale"),
        ({"encoder": np.zeros(12, np.float32)}, "encoder"),
        ({"encoder_bias": np.zeros(11, np.float32)}, "encoder_bias"),
        ({"decoder": np.full((12, 5), np.nan, np.float32)}, "decoder.*NaN"),
    ],
)
def test_dictionary_refuses_misfits(change, words):
    fields = vars(random_dictionary())
    with pytest.raises(InputError, match=words):
        Dictionary(**(fields | change))


def test_explained_variance_refuses():
    with pytest.raises(InputError, match="equal shapes"):
        explained_variance(np.zeros((2, 2)), np.zeros((2, 3)))
    with pytest.raises(InputError, match="without variance"):
        explained_variance(np.ones((2, 2)), np.zeros((2, 2)))
