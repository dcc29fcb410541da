"""Two levels of concepts: choice by level, what joins, and what is left over."""

import numpy as np
import pytest

from precompute.dictionary import (
    Dictionary,
    activation_correlation,
    activation_matrix,
    add_detail,
    explained_variance,
    find_consensus,
    find_parents,
    load_dictionary,
    save_dictionary,
)
from precompute.errors import InputError

N_TYPES = 6


def arms(n_general: int | None, k: int = 1, k_detail: int = 1) -> Dictionary:
    """Pre-activations of (x, y) are x, y, -x, -y."""
    rows = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
    zeros = np.zeros(4, np.float32)
    return Dictionary(rows, zeros, rows, np.zeros(2, np.float32), 1.0, k, None, n_general, k_detail)


def test_each_level_chooses_its_own():
    # (3, -2): x = 3, y = -2, -x = -3, -y = 2. One level keeps the x of all four; of two levels
    # the first keeps x of (x, y), the second -y of (-x, -y). (-1, -5): the first has none.
    cells = np.array([[3.0, -2.0], [-1.0, -5.0]])
    indices, values = arms(None).activate(cells)
    assert indices.tolist() == [[0], [3]]
    indices, values = arms(2).activate(cells)
    assert indices.tolist() == [[0, 3], [3, -1]]
    assert values.tolist() == [[3.0, 2.0], [5.0, 0.0]]


def test_levels_have_a_k_each():
    dictionary = arms(1, k_detail=3)
    assert dictionary.most_active == 1 + 3
    indices, _ = dictionary.activate(np.array([[1.0, 2.0]]))
    assert indices.tolist() == [[1, 0, -1, -1]]
    assert dictionary.levels == [(slice(0, 1), 1), (slice(1, 4), 3)]


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ({"n_general": 0}, "n_general.*found 0.*1..3"),
        ({"n_general": 4}, "n_general.*found 4.*1..3"),
        ({"n_general": 1, "k": 2}, "k"),
        ({"n_general": 3, "k_detail": 2}, "k"),
    ],
)
def test_levels_that_do_not_fit_are_refused(levels, words):
    with pytest.raises(InputError, match=words):
        arms(**levels)


def test_levels_survive_the_file(tmp_path):
    save_dictionary(arms(2, k_detail=2), tmp_path / "two.safetensors")
    save_dictionary(arms(None), tmp_path / "one.safetensors")
    assert load_dictionary(tmp_path / "two.safetensors").levels == arms(2, k_detail=2).levels
    assert load_dictionary(tmp_path / "one.safetensors").n_general is None


def dictionary_of(rows: np.ndarray, biases: np.ndarray, seed: int) -> Dictionary:
    """A dictionary of these directions, a little off as another seed would have them."""
    decoder = rows + 0.02 * np.random.default_rng(seed).normal(size=rows.shape)
    decoder = (decoder / np.linalg.norm(decoder, axis=1, keepdims=True)).astype(np.float32)
    biases = biases.astype(np.float32)
    return Dictionary(decoder, biases, decoder, np.zeros(24, np.float32), 1.0, k=2)


@pytest.fixture(scope="module")
def levels():
    """Cells of six types, a third of each with a response that differs a little by type.

    The small dictionaries hold the types and the response as a whole; the large ones the types
    and the response of each type, as larger autoencoders come to do.
    """
    rng = np.random.default_rng(3)
    kind = np.arange(900) % N_TYPES
    responds = rng.random(900) < 0.3
    directions = np.linalg.qr(rng.normal(size=(24, 24)))[0]
    types, shared = directions[:N_TYPES], directions[N_TYPES]
    own = directions[N_TYPES + 1 : 2 * N_TYPES + 1]
    cells = 4 * types[kind] + responds[:, None] * (4 * shared + 2 * own[kind])
    cells = (cells + 0.15 * rng.normal(size=cells.shape)).astype(np.float32)
    particular = types + shared + own
    wide, narrow = np.vstack([types, shared]), np.vstack([types, particular])
    # A cell of a type that responds has 10 / sqrt(3) on its own direction, one of another type or
    # without response 4 / sqrt(3).
    thresholds = np.repeat([-1.0, -4.0], N_TYPES)
    small = [dictionary_of(wide, np.full(len(wide), -1.0), seed) for seed in range(3)]
    large = [dictionary_of(narrow, thresholds, seed) for seed in range(3, 6)]
    return cells, responds, small, large


def test_general_and_specific_stand_together(levels):
    cells, responds, small, large = levels
    general, fine = find_consensus(small, cells), find_consensus(large, cells)
    both = add_detail(general, fine, (small, large), cells)
    n_general = general.dictionary.n_latents
    assert both.dictionary.n_general == n_general == N_TYPES + 1
    assert both.dictionary.n_latents == 2 * N_TYPES + 1
    # About a third of the cells activate one of the finer concepts: one place is enough.
    assert (both.dictionary.k, both.dictionary.k_detail) == (2, 1)
    activations = activation_matrix(*both.dictionary.activate(cells), both.dictionary.n_latents)
    dense = activations.toarray()
    # The response of all types is one general concept, and what a type adds to it is part of it.
    whole = np.array([np.corrcoef(column, responds)[0, 1] for column in dense.T])
    response = int(whole.argmax())
    assert response < n_general and whole[response] > 0.9
    parts = np.flatnonzero(find_parents(activations) == response)
    assert parts.tolist() == list(range(n_general, both.dictionary.n_latents))
    # No fine concept is a general one again, and both explain more than the general alone.
    fine_ones = activations[:, n_general:]
    assert activation_correlation(fine_ones, activations[:, :n_general]).max() < 0.75
    alone = general.dictionary
    assert explained_variance(
        cells, both.dictionary.reconstruct(*both.dictionary.activate(cells))
    ) > 0.02 + explained_variance(cells, alone.reconstruct(*alone.activate(cells)))


def test_every_latent_is_accounted_for(levels):
    cells, _, small, large = levels
    general, fine = find_consensus(small, cells), find_consensus(large, cells)
    both = add_detail(general, fine, (small, large), cells)
    members = {member for concept in both.members for member in concept}
    owners = {tuple(owner) for owner in both.leftovers.owners.tolist()}
    assert not members & owners
    assert {position for position, _ in members} <= set(range(6))
    assert len(both.members) == len(both.stability) == both.dictionary.n_latents
    n_all = sum(d.n_latents for d in (*small, *large))
    counted = both.n_dead + both.n_not_recurring + both.n_spare + len(members)
    assert counted + (0 if not both.n_dropped else np.inf) == n_all
    assert both.leftovers.closest.max() < both.dictionary.n_latents
    assert both.leftovers.n_seeds.max() <= 3


def test_nothing_new_leaves_one_level(levels):
    cells, _, small, _ = levels
    general = find_consensus(small, cells)
    again = add_detail(general, general, (small, small), cells)
    assert again.dictionary.n_general is None
    assert again.dictionary.n_latents == general.dictionary.n_latents
    assert again.n_spare == 2 * general.n_spare + sum(map(len, general.members))
