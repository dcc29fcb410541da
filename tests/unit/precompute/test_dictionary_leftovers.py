"""What a consensus says beyond its concepts: intervals, parents, latents left over, size."""

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.dictionary import (
    Dictionary,
    Settings,
    choose_size,
    explained_variance,
    find_consensus,
    find_parents,
    leftover_activations,
    offer_sizes,
    polish,
    train_seeds,
)
from precompute.dictionary.clusters import LivingLatents, cluster_latents
from precompute.dictionary.interval import stability_interval
from precompute.dictionary.voting import elect_members

CELLS = np.random.default_rng(0).normal(size=(400, 4)).astype(np.float32)


def plant(n_cells: int) -> np.ndarray:
    """Return cells (n_cells, 16) of eight directions, and noise."""
    rng = np.random.default_rng(5)
    directions = rng.normal(size=(8, 16))
    codes = rng.uniform(1, 3, (n_cells, 8)) * (rng.random((n_cells, 8)) < 0.15)
    return (codes @ directions + 0.3 * rng.normal(size=(n_cells, 16))).astype(np.float32)


@pytest.fixture(scope="module")
def planted():
    """Cells of eight directions, and five dictionaries of twelve latents."""
    cells = plant(600)
    return cells, train_seeds(cells, 12, 2, range(5), 40, learning_rate=1e-2)


def axes(*latents, k=2) -> Dictionary:
    decoder = np.zeros((len(latents), 4), np.float32)
    for row, (axis, sign) in enumerate(latents):
        decoder[row, axis] = sign
    zeros = np.zeros(len(latents), np.float32)
    return Dictionary(decoder, zeros, decoder, np.zeros(4, np.float32), 1.0, k)


def latents_of(owners, similarity) -> LivingLatents:
    return LivingLatents([(owner, 0) for owner in owners], similarity, similarity)


def test_interval_by_hand():
    # Pairs .9, .8, .7 in all of three dictionaries: stability .8. Without dictionary 0 the pair
    # .7 is left, without 1 .8, without 2 .9, in two of two. Mean .8, squares .02: the error is
    # sqrt(2 / 3 x .02) = .1155; t of .95 with 2 degrees of freedom is 2.920.
    similarity = np.array([[1, 0.9, 0.8], [0.9, 1, 0.7], [0.8, 0.7, 1]])
    low, high = stability_interval(np.arange(3), latents_of([0, 1, 2], similarity), 3)
    assert low == pytest.approx(0.8 - 2.920 * 0.11547, abs=1e-3)
    assert high == 1.0


def test_interval_counts_a_seed_without_a_member():
    # Members in 2 of 3, correlation .9: .6. Without the third dictionary it is .9, without one of
    # the others no pair is left: 0.
    similarity = np.array([[1, 0.9], [0.9, 1]])
    low, high = stability_interval(np.arange(2), latents_of([0, 1], similarity), 3)
    assert (low, high) == (0.0, 1.0)


def test_two_dictionaries_tell_nothing_of_the_spread():
    assert stability_interval(np.arange(2), latents_of([0, 1], np.eye(2)), 2) == (0.0, 1.0)


def test_perfect_agreement_has_no_spread():
    assert stability_interval(np.arange(4), latents_of(range(4), np.ones((4, 4))), 4) == (1, 1)


def test_votes_unite_what_pairs_do_not():
    # Six noisy copies of one latent: pairs correlate by .55, each with their mean by .79.
    similarity = np.full((6, 6), 0.55)
    np.fill_diagonal(similarity, 1)
    latents = latents_of(range(6), similarity)
    assert latents.similarity_to(np.arange(6)) == pytest.approx(np.sqrt((1 + 5 * 0.55) / 6))
    assert len(cluster_latents(latents, 0.6)) == 6
    (members,) = elect_members(latents, cut=0.6, needed=5)
    assert members.tolist() == list(range(6))
    assert elect_members(latents, cut=0.8, needed=5) == []


def test_leftovers_are_the_living_latents_of_no_concept():
    dictionaries = [axes((0, 1), (1, 1)), axes((0, 1), (2, 1)), axes((3, 1), (0, 1))]
    found = find_consensus(dictionaries, CELLS)
    left = found.leftovers
    assert found.members == [[(0, 0), (1, 0), (2, 1)]]
    assert left.owners.tolist() == [[0, 1], [1, 1], [2, 0]]
    assert left.decoder.argmax(axis=1).tolist() == [1, 2, 3]
    assert left.n_seeds.tolist() == [1, 1, 1]
    assert left.closest.tolist() == [0, 0, 0]
    assert (np.abs(left.similarity) < 0.3).all()
    active = leftover_activations(dictionaries, left.owners, CELLS)
    indices, values = dictionaries[1].activate(CELLS)
    assert np.allclose(active[:, 1].toarray()[:, 0], np.where(indices == 1, values, 0).sum(axis=1))


def test_no_leftovers():
    found = find_consensus([axes((0, 1), (1, 1))] * 3, CELLS)
    assert found.leftovers.owners.shape == (0, 2)
    assert found.leftovers.decoder.shape == (0, 4)


def test_parents_by_hand():
    # 0 in cells 0-11, 1 in 0-5 (all within 0), 2 in 8-15 (half within 0, by chance nearly so),
    # 3 in 0-2 (within 0 and 1: all of its cells in both, 0 is the wider).
    spans = [(0, 12), (0, 6), (8, 16), (0, 3)]
    active = np.zeros((40, 4))
    for concept, (start, stop) in enumerate(spans):
        active[start:stop, concept] = 1 + concept
    assert find_parents(sp.csc_matrix(active)).tolist() == [-1, 0, -1, 0]


def test_a_part_that_chance_explains_has_no_parent():
    # 0 in 12 of 20 cells. Of the 5 of concept 1 three are among them, as by chance; of the 5 of
    # concept 2 four: (.8 - .6) / (1 - .6) = .5.
    active = np.zeros((20, 3))
    active[:12, 0] = active[9:14, 1] = active[8:13, 2] = 1
    assert find_parents(sp.csc_matrix(active[:, :2])).tolist() == [-1, -1]
    assert find_parents(sp.csc_matrix(active[:, [0, 2]])).tolist() == [-1, 0]


def test_a_concept_of_most_cells_can_be_a_parent():
    active = np.zeros((20, 2))
    active[:16, 0] = active[:8, 1] = 1
    assert find_parents(sp.csc_matrix(active)).tolist() == [-1, 0]


def test_a_concept_of_all_cells_is_no_parent():
    active = np.ones((20, 2))
    active[5:, 1] = 0
    assert find_parents(sp.csc_matrix(active)).tolist() == [-1, -1]


def test_polish_rebuilds_better_and_stays_near(planted):
    cells, seeds = planted
    rough = find_consensus(seeds, cells).dictionary
    settings = Settings(12, 2, 40)
    found = find_consensus(seeds, cells, finish=lambda d: polish(d, cells, settings)).dictionary
    before, after = (
        explained_variance(cells, d.reconstruct(*d.activate(cells))) for d in (rough, found)
    )
    assert after > before
    assert np.allclose(np.linalg.norm(found.decoder, axis=1), 1, atol=1e-5)
    assert (np.abs(found.decoder @ rough.decoder.T).max(axis=1) > 0.9).all()
    again = polish(rough, cells, settings)
    assert np.array_equal(again.encoder, polish(rough, cells, settings).encoder)


def test_sizes_on_offer():
    assert offer_sizes(32, 4, 2000) == [8, 10, 13, 16, 20, 25, 32, 40, 51, 64]
    assert offer_sizes(32, 4, 30) == [8, 10, 13, 16, 20, 25]
    assert offer_sizes(32, 8, 2000)[0] == 16
    assert offer_sizes(2, 4, 2000) == [4]


def test_size_is_about_the_number_of_planted_directions():
    cells, steps = plant(1200), []
    settings = Settings(32, 2, 40, learning_rate=1e-2)
    size = choose_size(cells, settings, progress=lambda done, total: steps.append((done, total)))
    assert 8 <= size <= 13
    assert size == choose_size(cells, settings)
    n_sizes = len(offer_sizes(16, 2, 1200))
    assert steps == [(i, n_sizes - 1) for i in range(1, len(steps) + 1)]
