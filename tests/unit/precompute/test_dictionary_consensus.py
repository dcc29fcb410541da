"""Consensus: what recurs is kept, what does not is counted; similarity, refit and order."""

from dataclasses import replace

import numpy as np
import pytest

from precompute.dictionary import (
    Dictionary,
    activation_correlation,
    activation_matrix,
    active_cells,
    explained_variance,
    find_consensus,
    partner_share,
    train_seeds,
)
from precompute.dictionary.clusters import (
    LivingLatents,
    best_of_each_dictionary,
    cluster_latents,
    stability,
)
from precompute.dictionary.refit import refit_decoder
from precompute.errors import InputError

RNG = np.random.default_rng(0)
CELLS = RNG.normal(size=(400, 4)).astype(np.float32)


def axes(*latents, k=2) -> Dictionary:
    """One latent for each (axis, sign) given; (axis, 0) is a latent that never activates."""
    decoder = np.zeros((len(latents), 4), np.float32)
    bias = np.zeros(len(latents), np.float32)
    for row, (axis, sign) in enumerate(latents):
        decoder[row, axis] = sign or 1
        bias[row] = 0 if sign else -100
    return Dictionary(decoder, bias, decoder, np.zeros(4, np.float32), 1.0, min(k, len(latents)))


def test_members_counts_and_order():
    # Axis 0 stands in all three, axis 1 in two, axes 2 and 3 in one each; one latent is dead.
    dictionaries = [
        axes((0, 1), (1, 1), (2, 1)),
        axes((1, 1), (0, 1), (3, 0)),
        axes((3, 1), (0, 1), (2, -1)),
    ]
    found = find_consensus(dictionaries, CELLS, min_share=0.6)
    assert found.members == [[(0, 0), (1, 1), (2, 1)], [(0, 1), (1, 0)]]
    assert found.n_seeds.tolist() == [3, 2]
    assert (found.n_dead, found.n_not_recurring, found.n_spare, found.n_dropped) == (1, 3, 0, 0)
    assert found.stability[0] > 0.8
    assert 0.4 < found.stability[1] < 2 / 3 + 1e-6
    assert found.stability.dtype == np.float32
    assert found.dictionary.k == 2
    assert found.dictionary.decoder.argmax(axis=1).tolist() == [0, 1]
    assert np.allclose(np.linalg.norm(found.dictionary.decoder, axis=1), 1, atol=1e-6)


def test_asking_for_all_seeds_keeps_less():
    dictionaries = [axes((0, 1), (1, 1)), axes((0, 1), (1, 1)), axes((0, 1), (2, 1))]
    assert find_consensus(dictionaries, CELLS, min_share=1.0).members == [[(0, 0), (1, 0), (2, 0)]]


def test_identical_dictionaries_are_their_own_consensus():
    one = axes((0, 1), (1, 1), (2, 1), (3, 1), k=4)
    found = find_consensus([one, one, one], CELLS)
    assert np.allclose(found.stability, 1, atol=1e-6)
    assert found.dictionary.n_latents == 4
    n_active = active_cells(found.dictionary.activate(CELLS)[0], 4)
    assert np.array_equal(n_active, np.sort(active_cells(one.activate(CELLS)[0], 4))[::-1])
    assert len(set(n_active)) > 1


def test_twin_in_one_seed_is_spare():
    twice = axes((0, 1), (0, 1), (1, 1))
    twice.decoder[1] = twice.encoder[1] = [np.sqrt(0.99), 0, 0.1, 0]
    found = find_consensus([twice, axes((0, 1), (1, 1)), axes((0, 1), (1, 1))], CELLS)
    assert found.n_spare == 1
    assert [(0, 0), (1, 0), (2, 0)] in found.members


def test_clusters_equal_naive_average_linkage():
    rng = np.random.default_rng(3)
    noise = rng.uniform(0, 1, (9, 9))
    similarity = (noise + noise.T) / 2
    np.fill_diagonal(similarity, 1)
    clusters = [[i] for i in range(9)]
    while len(clusters) > 1:
        means = {
            (a, b): similarity[np.ix_(clusters[a], clusters[b])].mean()
            for a in range(len(clusters))
            for b in range(a)
        }
        (a, b), best = max(means.items(), key=lambda item: item[1])
        if best < 0.55:
            break
        clusters[b] += clusters.pop(a)
    latents = LivingLatents([(i, 0) for i in range(9)], similarity, similarity)
    found = {frozenset(c.tolist()) for c in cluster_latents(latents, cut=0.55)}
    assert found == {frozenset(c) for c in clusters}
    assert 1 < len(clusters) < 9


def test_best_of_each_dictionary_and_stability_by_hand():
    # Latents 0, 1, 2 belong to dictionary 0; 0 and 2 are close to each other, which must not
    # count: towards 3 and 4 the means are .6, .65 and .5.
    similarity = np.array(
        [
            [1.0, 0.3, 0.95, 0.6, 0.6],
            [0.3, 1.0, 0.3, 0.7, 0.6],
            [0.95, 0.3, 1.0, 0.5, 0.5],
            [0.6, 0.7, 0.5, 1.0, 0.9],
            [0.6, 0.6, 0.5, 0.9, 1.0],
        ]
    )
    latents = LivingLatents([(0, 0), (0, 1), (0, 2), (1, 0), (2, 0)], similarity, similarity)
    members = best_of_each_dictionary(np.arange(5), latents)
    assert members.tolist() == [1, 3, 4]
    # Pairs .7, .6, .9: mean .7333, in 3 of 5 dictionaries.
    assert stability(members, latents, 5) == pytest.approx(0.7333333 * 0.6)


@pytest.mark.parametrize("other", ["encoder", "decoder"])
def test_direction_and_activation_must_both_agree(other):
    one = axes((0, 1), (1, 1))
    turned = replace(one, **{other: getattr(one, other)[:, [2, 3, 0, 1]]})
    with pytest.raises(InputError, match="none of 4"):
        find_consensus([one, turned], CELLS)


def test_activation_correlation_equals_numpy():
    rng = np.random.default_rng(1)
    dense = rng.uniform(0, 2, (60, 5)) * (rng.random((60, 5)) < 0.3)
    dense[:, 4] = 0
    indices = np.where(dense > 0, np.arange(5), -1)
    matrix = activation_matrix(indices, dense, 5)
    assert np.allclose(matrix.toarray(), dense, atol=1e-6)
    correlation = activation_correlation(matrix, matrix[:, ::-1])
    expected = np.corrcoef(dense[:, :4].T)
    assert np.allclose(correlation[:4, ::-1][:, :4], expected, atol=1e-5)
    assert (correlation[4] == 0).all()
    assert partner_share(matrix[:, :4], matrix[:, :2]) == 0.5


def test_refit_is_least_squares_in_kept_units(monkeypatch):
    monkeypatch.setattr("precompute.dictionary.refit._RIDGE", 0.0)
    dictionary = axes((0, 1), (1, 1), (2, -1), k=3)
    dictionary.encoder_bias[:] = [0.3, -0.2, 0.1]
    tilted = CELLS @ np.array([[1, 0.5, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0.2], [0, 0, 0, 1.0]])
    before = activation_matrix(*dictionary.activate(tilted), 3).toarray()
    refitted = refit_decoder(dictionary, tilted)
    after = activation_matrix(*refitted.activate(tilted), 3).toarray()
    best = np.linalg.lstsq(before, tilted, rcond=None)[0]
    assert np.allclose(np.linalg.norm(refitted.decoder, axis=1), 1, atol=1e-6)
    assert np.allclose(after @ refitted.decoder, before @ best, atol=1e-3)


def test_refit_keeps_the_direction_of_a_dead_latent():
    dictionary = axes((0, 1), (3, 0))
    assert np.array_equal(refit_decoder(dictionary, CELLS).decoder[1], dictionary.decoder[1])


def planted_cells():
    rng = np.random.default_rng(5)
    directions = rng.normal(size=(12, 16))
    codes = rng.uniform(1, 3, (800, 12)) * (rng.random((800, 12)) < 0.15)
    return (codes @ directions + 0.1 * rng.normal(size=(800, 16))).astype(np.float32)


def test_consensus_of_trained_seeds_recurs_more_than_single_seeds():
    cells = planted_cells()
    ten = train_seeds(cells, n_latents=32, k=3, seeds=range(10), epochs=60, learning_rate=1e-2)
    left, right = find_consensus(ten[:5], cells), find_consensus(ten[5:], cells)

    def acts(dictionary):
        return activation_matrix(*dictionary.activate(cells), dictionary.n_latents)

    shared = partner_share(acts(left.dictionary), acts(right.dictionary))
    assert shared > 0.75
    assert shared > partner_share(acts(ten[0]), acts(ten[5])) + 0.1
    rebuilt = left.dictionary.reconstruct(*left.dictionary.activate(cells))
    assert explained_variance(cells, rebuilt) > 0.6
    assert (np.diff(left.stability) <= 0).all()
    assert ((left.stability >= 0) & (left.stability <= 1)).all()
    n_latents = sum(map(len, left.members)) + left.n_dead + left.n_not_recurring + left.n_spare
    assert n_latents == 5 * 32 or left.n_dropped > 0
    again = find_consensus(ten[:5], cells)
    assert again.members == left.members
    assert np.array_equal(again.dictionary.decoder, left.dictionary.decoder)


def test_refuses():
    one, other = axes((0, 1), (1, 1)), axes((2, 1), (3, 1))
    with pytest.raises(InputError, match="none of 4 living latents.*Lower k"):
        find_consensus([one, other], CELLS)
    with pytest.raises(InputError, match="none of 0 living"):
        find_consensus([axes((0, 0)), axes((0, 0))], CELLS)
    with pytest.raises(InputError, match="2 or more"):
        find_consensus([one], CELLS)
    with pytest.raises(InputError, match="cut = 2"):
        find_consensus([one, one], CELLS, cut=2)
    with pytest.raises(InputError, match="dictionary 1"):
        find_consensus([one, replace(one, scale=2.0)], CELLS)
    with pytest.raises(InputError, match="length 3"):
        find_consensus([one, one], CELLS[:, :3])
