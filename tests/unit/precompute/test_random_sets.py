"""Strata of genes, random sets drawn from them, and the Monte Carlo test against these."""

from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from precompute.attribution import make_population
from precompute.attribution.monte_carlo import compare
from precompute.attribution.random_sets import (
    draw_matched,
    make_strata,
    match_strata,
    population_strata,
)

RNG = np.random.default_rng(0)
SIX = make_strata(np.repeat([0, 1, 2], [6, 1, 40]))


def add_up(values):
    return lambda flat: np.add.reduceat(values[flat.genes], flat.offsets[:-1])


@settings(max_examples=60, deadline=None)
@given(n_genes=st.integers(1, 400), smallest=st.integers(1, 50), seed=st.integers(0, 99))
def test_every_stratum_is_large_enough_and_of_like_mean(n_genes, smallest, seed):
    rng = np.random.default_rng(seed)
    mean, detection = rng.integers(0, 30, n_genes) / 10, rng.random(n_genes)
    strata = match_strata(mean, detection, smallest)
    assert strata.size.sum() == n_genes
    assert strata.size.min() >= min(smallest, n_genes)
    assert np.array_equal(np.sort(strata.genes), np.arange(n_genes))
    parts = np.split(strata.genes, strata.start[1:])
    assert all((strata.of_gene[part] == i).all() for i, part in enumerate(parts))
    # Strata of one bin overlap in the mean; bins do not, so ranges never nest backwards.
    highest = [mean[part].max() for part in parts]
    assert all(mean[part].min() >= max(highest[i + 3 :], default=0) for i, part in enumerate(parts))


def test_bins_are_small_where_expression_is_high_and_split_by_detection():
    mean = np.linspace(0, 1, 160)
    detection = np.tile([0.1, 0.9], 80)
    strata = match_strata(mean, detection, smallest=20, growth=2)
    # Bins of 20, 40 and, with the rest that is too small for a bin of its own, 100.
    assert strata.size.tolist() == [20, 20, 20, 34, 33, 33]
    assert strata.of_gene[140:].tolist() == [0] * 20
    assert strata.of_gene[100:140].tolist() == [1, 2] * 20


def test_strata_of_a_population_are_of_log1p_at_one_library_size():
    counts = RNG.poisson(RNG.gamma(0.4, 2, 200), (50, 200)).astype(np.float32)
    library_size = counts.sum(axis=1) * RNG.uniform(1, 50, 50)
    stored = sp.csr_matrix(counts)
    cells = np.repeat(np.arange(50), np.diff(stored.indptr))
    stored.data[(cells < 25) & (stored.indices < 100)] = 0  # zeros that are written out
    none = np.full((50, 1), -1), np.zeros((50, 1))
    population = make_population(stored, library_size, np.zeros((50, 2)), *none, 1)
    counts = stored.toarray()
    scaled = counts * (np.median(library_size) / library_size)[:, None]
    expected = match_strata(np.log1p(scaled).mean(axis=0), (counts > 0).mean(axis=0))
    assert expected.size.tolist() == [30, 37, 46, 44, 43]
    assert np.array_equal(population_strata(population).of_gene, expected.of_gene)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 9999), share=st.floats(0, 1), n_draws=st.integers(0, 30))
def test_random_sets_match_gene_by_gene(seed, share, n_draws):
    rng = np.random.default_rng(seed)
    strata = make_strata(rng.integers(0, 4, 60))
    genes = np.flatnonzero(rng.random(60) < share)
    drawn = draw_matched(genes, strata, n_draws, rng)
    assert drawn.shape == (n_draws, len(genes))
    assert drawn.dtype == np.int32
    wanted = np.bincount(strata.of_gene[genes], minlength=4)
    for row in drawn:
        assert len(np.unique(row)) == len(genes)
        assert np.bincount(strata.of_gene[row], minlength=4).tolist() == wanted.tolist()


@pytest.mark.parametrize("n", [2, 3, 4])
def test_every_sample_of_a_stratum_is_as_likely(n):
    """Of 6 genes: with 4 the stratum is crowded and drawn another way than with 2 or 3."""
    drawn = np.sort(draw_matched(np.arange(n), SIX, 30_000, RNG), axis=1)
    times = np.array(list(Counter(map(tuple, drawn.tolist())).values()))
    n_samples = {2: 15, 3: 20, 4: 15}[n]
    expected = 30_000 / n_samples
    assert len(times) == n_samples
    # Chi-square: mean n_samples - 1, standard deviation sqrt(2 (n_samples - 1)).
    assert (np.square(times - expected) / expected).sum() < n_samples + 5 * np.sqrt(2 * n_samples)


def test_a_set_that_is_its_whole_stratum_is_its_own_random_set():
    drawn = draw_matched(np.arange(7), SIX, 50, RNG)
    assert (np.sort(drawn, axis=1) == np.arange(7)).all()
    values = RNG.normal(size=47)
    result = compare([(add_up(values), 99)], [np.arange(7), np.array([6])], SIX, RNG)
    assert result.p.tolist() == [1, 1]
    assert np.isnan(result.z).all()
    assert np.allclose(result.distance, 0, atol=1e-5)


def test_p_counts_what_lies_as_far_from_the_common_mean():
    """The set has 1, its random sets 1, 0 and 0: the common mean is .5, and all are as far."""
    answers = iter([np.array([1.0]), np.array([1.0, 0.0, 0.0])])
    result = compare([(lambda flat: next(answers), 3)], [np.array([0])], SIX, RNG)
    assert result.p.tolist() == [1]
    assert result.distance[0] == pytest.approx(2 / 3)
    assert result.z[0] == pytest.approx((2 / 3) / np.sqrt(1 / 3))
    assert result.n_random.tolist() == [3]


def test_p_of_a_set_that_stands_out():
    answers = iter([np.array([9.0]), np.array([1.0, -2.0, 1.0, 10.0])])
    result = compare([(lambda flat: next(answers), 4)], [np.array([0])], SIX, RNG)
    # The common mean is 3.8: 10 is further from it than 9, and -2 too.
    assert result.p.tolist() == [3 / 5]


@pytest.mark.parametrize(("as_far", "total"), [(9, 40), (10, 20)])
def test_a_set_draws_on_while_fewer_than_ten_are_as_far(as_far, total):
    far = np.repeat([5.0, -5.0, 0.0], [1 + as_far // 2, as_far - as_far // 2, 20 - as_far])
    answers = iter([far[:1], far[1:], far[:1], np.zeros(20)])

    def statistic(flat):
        return next(answers)

    result = compare([(statistic, 20), (statistic, 40)], [np.array([0])], SIX, RNG)
    assert result.n_random.tolist() == [total]


def test_only_sets_that_stand_out_draw_on():
    values = np.linspace(0, 1, 40)
    strata = make_strata(np.zeros(40, np.int64))
    low, middle, top = np.array([10, 11, 12]), np.array([5, 20, 33]), np.array([37, 38, 39])
    calls = Counter()

    def statistic(name):
        def add(flat):
            calls[name] += len(flat.offsets) - 1
            return add_up(values)(flat)

        return add

    first, later = statistic("first"), statistic("later")
    stages = [(first, 99), (later, 199), (later, 999), (later, 9999)]
    result = compare(stages, [low, middle, top], strata, RNG)
    assert result.n_random.tolist()[1:] == [99, 9999]
    # 1 of 40 * 39 * 38 / 6 = 9,880 sets is the top, and 1 the bottom, which lies as far out.
    assert 1 / 10_000 <= result.p[2] < 9 / 10_000
    assert calls["first"] == 3 * 99 + 3
    # Each total counts the sets again; random sets of the same statistic are kept.
    assert calls["later"] == 9999 + 3 + (result.n_random[0] > 99) * (result.n_random[0] + 1)


@pytest.mark.parametrize("share", [0.05, 0.25])
def test_sets_drawn_at_random_have_uniform_p(share):
    """A fourth of each stratum in the set: it would fail if its genes were kept from the draws."""
    rng = np.random.default_rng(7)
    strata = make_strata(np.repeat(np.arange(5), 40))
    values = rng.standard_t(3, 200)
    genes = np.concatenate([np.arange(int(40 * share)) + 40 * i for i in range(5)])
    sets = list(draw_matched(genes, strata, 1500, rng))
    p = compare([(add_up(values), 99)], sets, strata, rng).p
    # Standard error of a share of .05 in 1,500: .0056.
    assert 0.03 < (p <= 0.05).mean() < 0.07
    assert 0.46 < (p <= 0.5).mean() < 0.54


def test_p_stays_calibrated_when_few_draw_on():
    rng = np.random.default_rng(8)
    strata = make_strata(np.repeat(np.arange(4), 50))
    values = rng.gamma(0.3, size=200)
    noisy = values + rng.normal(0, 0.1, 200)
    sets = list(draw_matched(np.arange(0, 200, 10), strata, 3000, rng))
    stages = [(add_up(noisy), 99), (add_up(values), 499), (add_up(values), 1999)]
    p = compare(stages, sets, strata, rng).p
    for level in (0.005, 0.02, 0.05, 0.1, 0.5):
        error = np.sqrt(level * (1 - level) / 3000)
        assert (p <= level).mean() < level + 3 * error
    assert (p <= 0.05).mean() > 0.03


def test_draws_follow_the_generator():
    first, again = (draw_matched(np.arange(9), SIX, 5, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, again)
    other = draw_matched(np.arange(9), SIX, 5, np.random.default_rng(4))
    assert not np.array_equal(first, other)
