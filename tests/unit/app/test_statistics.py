"""Counting tests against values worked out by hand, and against scipy."""

import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control, hypergeom, norm

from scconcepts_app.views.statistics import (
    false_discovery_rate,
    hypergeometric_tails,
    log_choose,
    log_factorial,
    normal_two_sided,
)


def test_log_factorial_is_that_of_the_standard_library():
    n = np.array([0, 1, 2, 15, 16, 17, 100, 12345, 1_000_000])
    wanted = [math.lgamma(int(value) + 1) for value in n]
    assert log_factorial(n) == pytest.approx(wanted, rel=1e-14, abs=1e-13)


def test_choose():
    assert np.exp(log_choose(np.array([5, 10]), np.array([2, 10]))) == pytest.approx([10, 1])


def test_tails_by_hand():
    # 10 things, 4 marked, 3 drawn: 120 draws. 2 hits: 6 * 6 = 36, 3: 4, 1: 4 * 15 = 60, 0: 20.
    over, under = hypergeometric_tails(np.array([2, 0, 3]), 4, 3, 10)
    assert over == pytest.approx([40 / 120, 1, 4 / 120])
    assert under == pytest.approx([116 / 120, 20 / 120, 1])


def test_tails_are_scipys_however_small():
    rng = np.random.default_rng(0)
    n_all, n_drawn = 50_000, 700
    marked = rng.integers(1, 20_000, 300)
    hits = rng.hypergeometric(marked, n_all - marked, n_drawn) + rng.integers(-30, 200, 300)
    hits = np.clip(hits, 0, np.minimum(marked, n_drawn))
    over, under = hypergeometric_tails(hits, marked, n_drawn, n_all)
    for mine, theirs in (
        (over, hypergeom.sf(hits - 1, n_all, marked, n_drawn)),
        (under, hypergeom.cdf(hits, n_all, marked, n_drawn)),
    ):
        kept = theirs > 1e-290
        assert kept.sum() > 200
        assert np.log(mine[kept]) == pytest.approx(np.log(theirs[kept]), abs=1e-6)
    assert over.min() < 1e-20


def test_tails_at_the_ends_of_what_is_possible():
    # All marked, none marked, all drawn, none drawn.
    over, under = hypergeometric_tails(
        np.array([3, 0, 4, 0]), np.array([10, 0, 4, 4]), np.array([3, 3, 10, 0]), 10
    )
    assert over == pytest.approx([1, 1, 1, 1])
    assert under == pytest.approx([1, 1, 1, 1])


def test_false_discovery_rates_by_hand_and_with_gaps():
    # Sorted .01 .02 .04 -> times 3/1, 3/2, 3/3: .03 .03 .04.
    q = false_discovery_rate(np.array([0.04, np.nan, 0.01, 0.02]))
    assert q == pytest.approx([0.04, np.nan, 0.03, 0.03], nan_ok=True)


def test_false_discovery_rates_are_scipys():
    p = np.random.default_rng(1).uniform(size=200) ** 3
    assert false_discovery_rate(p) == pytest.approx(false_discovery_control(p))


def test_two_sided_normal():
    z = np.array([0, 1.959963985, -3.0, 12.0])
    assert normal_two_sided(z) == pytest.approx(2 * norm.sf(np.abs(z)), rel=1e-12)
