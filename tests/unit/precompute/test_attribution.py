"""The whole attribution: planted drivers are found through an MLP, edges have an outcome."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from precompute.attribution import COUNTERFACTUALS, METHODS, FromCells, attribute
from precompute.errors import InputError
from tests.unit.precompute.attribution_case import (
    N_CELLS,
    N_GENES,
    N_PROGRAMMES,
    Mlp,
    arguments,
    drivers,
    mlp,
)


def assert_finds_the_drivers(found) -> None:
    for programme, planted in enumerate(drivers()):
        top = np.argsort(-found.presence[programme])[: planted.sum()]
        by_chance = planted.mean()
        assert planted[top].mean() > 0.6 > 5 * by_chance


@pytest.mark.parametrize("counterfactual", sorted(set(COUNTERFACTUALS) - {"permuted"}))
def test_planted_drivers_come_first_and_effects_rank_like_exact_ones(counterfactual):
    found = attribute(**arguments(counterfactual=counterfactual))
    assert_finds_the_drivers(found)
    assert found.reason == [""] * N_PROGRAMMES
    # Of 20 genes of nearly the same effect a few change places.
    assert found.rank_top.min() > 0.8
    assert found.sign_top.min() > 0.9
    assert found.completeness.min() > 0.99
    assert (found.n_cells_used == 80).all()
    # Several cells are asked for, and a donor has a quarter of them.
    if issubclass(COUNTERFACTUALS[counterfactual], FromCells):
        assert (found.match_rate > 0.9).all()
    else:
        assert (found.match_rate == 0).all()
    assert np.allclose(found.match_levels.sum(axis=1), 1)
    assert np.array_equal(found.match_levels[:, -1], found.match_rate)
    assert set(found.bootstrap_unit) == {"donor"}
    assert found.counterfactual == counterfactual


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("split", [False, True], ids=["whole", "taken apart"])
def test_every_method_finds_the_drivers(method, split):
    found = attribute(**arguments(model=mlp(split), method=method, max_cells=20))
    assert_finds_the_drivers(found)
    assert found.method == method
    if method == "exact_swap":  # the same swaps on the same cells
        verified = ~np.isnan(found.exact)
        assert np.allclose(found.exact[verified], found.effect[verified], atol=1e-5)
        assert (found.rank_top == 1).all() and (found.sign_random == 1).all()
    assert found.rank_top.min() > 0.85


def test_without_a_contrast_little_is_left():
    null = attribute(**arguments(counterfactual="permuted"))
    contrast = attribute(**arguments(counterfactual="random_matched"))
    assert null.counterfactual == "permuted"
    assert (np.abs(null.effect).max(axis=1) < 0.5 * np.abs(contrast.effect).max(axis=1)).all()


def test_relations_between_the_arrays():
    found = attribute(**arguments())
    assert np.allclose(found.effect, found.presence + found.absence, atol=1e-6)
    assert not (found.presence * found.absence).any()
    assert np.allclose(found.share.sum(axis=1), 1, atol=1e-5)
    # 80 cells, of which 64 are verified: close to the mean over all.
    error = np.abs(found.exact - found.effect)[~np.isnan(found.exact)]
    assert np.median(error / np.abs(found.exact[~np.isnan(found.exact)])) < 0.3
    assert np.isfinite(found.standard_error).all()
    assert ((found.q >= 0) & (found.q <= 1)).all()
    # Integrated gradients add up to what replacing all genes takes.
    assert np.allclose(found.effect.sum(axis=1), found.full_drop, rtol=0.01)
    for name in ("effect", "presence", "absence", "standard_error", "q", "exact", "match_rate"):
        assert getattr(found, name).dtype == np.float32, name


def test_the_top_genes_and_as_many_others_are_verified():
    found = attribute(**arguments(n_verify=20))
    verified = ~np.isnan(found.exact)
    assert (verified.sum(axis=1) == 40).all()
    for concept in range(N_PROGRAMMES):
        top = np.argsort(-np.abs(found.effect[concept]))[:20]
        assert verified[concept][top].all()
    # The others are drawn anew for each concept.
    others = verified & (np.argsort(np.argsort(-np.abs(found.effect))) >= 20)
    assert len({row.tobytes() for row in others}) == N_PROGRAMMES
    everything = attribute(**arguments(n_verify=1000))
    assert np.array_equal(np.isnan(everything.exact), everything.effect == 0)
    assert np.isnan(everything.rank_random).all()


def test_same_seed_is_bit_equal_and_chunks_do_not_matter(monkeypatch):
    first, again = attribute(**arguments(seed=4)), attribute(**arguments(seed=4))
    for name, values in vars(first).items():
        assert np.array_equal(values, getattr(again, name), equal_nan=values is first.exact), name
    other = attribute(**arguments(seed=5))
    assert not np.array_equal(first.effect, other.effect)
    monkeypatch.setattr("precompute.attribution.concept._VALUES_PER_CHUNK", N_GENES * 9 * 5)
    chunked = attribute(**arguments(seed=4))
    # Chunks decide after how many steps the integral is good enough.
    assert np.allclose(chunked.effect, first.effect, atol=2e-3)
    assert np.allclose(chunked.rank_top, first.rank_top, atol=0.01)
    for name in ("full_drop", "distance", "in_support", "inactive"):
        assert np.allclose(getattr(chunked, name), getattr(first, name), atol=1e-5), name


def test_without_donors():
    found = attribute(**arguments(donors=None))
    assert np.isnan(found.match_rate).all()
    assert set(found.bootstrap_unit) == {"cell"}
    assert np.isfinite(found.standard_error).all()


def test_concepts_that_cannot_be_attributed_say_why():
    given = arguments()
    indices = np.full((N_CELLS, 3), -1, np.int32)
    indices[:, 0] = 1
    indices[7, 1] = 2
    indices[:300, 2] = 3
    values = np.where(indices >= 0, 1.0, 0.0).astype(np.float32)
    found = attribute(**(given | {"indices": indices, "values": values}))
    assert found.reason == [
        "no cell activates it",
        "every cell activates it, so no cell is left to compare with",
        "only 1 cell activates it, an effect needs 2",
        "",
        "no cell activates it",
    ]
    assert np.isnan(found.effect[[0, 1, 2, 4]]).all()
    assert np.isfinite(found.effect[3]).all()
    assert found.n_cells_used.tolist() == [0, 0, 0, 80, 0]
    assert found.bootstrap_unit == ["", "", "", "donor", ""]
    for name in ("rank_top", "full_drop", "completeness", "in_support", "match_rate", "q"):
        assert np.isnan(getattr(found, name)[[0, 1, 2, 4]]).all(), name


def test_one_silent_cell_is_enough():
    indices = np.zeros((N_CELLS, 3), np.int32)
    indices[:, 1:] = -1
    indices[5, 0] = -1
    values = np.where(indices >= 0, 1.0, 0.0).astype(np.float32)
    found = attribute(**arguments(indices=indices, values=values))
    assert np.isfinite(found.effect[0]).all()
    assert found.match_rate[0] == 0


def test_library_size_sets_the_counterfactual():
    given = arguments()
    more = given["library_size"] * np.where(np.arange(N_CELLS) % 2, 1.0, 3.0)
    assert not np.allclose(
        attribute(**given).effect, attribute(**(given | {"library_size": more})).effect, atol=1e-3
    )


def test_progress_counts_concepts():
    calls = []
    attribute(**arguments(n_verify=0, progress=lambda *call: calls.append(call)))
    assert calls == [(done, N_PROGRAMMES) for done in range(1, N_PROGRAMMES + 1)]


def test_nothing_verified():
    found = attribute(**arguments(n_verify=0))
    assert np.isnan(found.exact).all()
    for name in ("rank_top", "sign_top", "rank_random", "sign_random"):
        assert np.isnan(getattr(found, name)).all(), name
    assert np.isfinite(found.effect).all() and np.isfinite(found.completeness).all()


def test_without_a_null_there_are_no_rates():
    without = attribute(**arguments(with_null=False))
    assert np.isnan(without.q).all()
    assert np.array_equal(without.effect, attribute(**arguments()).effect)


def test_a_model_that_returns_nan_is_refused(monkeypatch):
    given = arguments()
    monkeypatch.setattr(Mlp, "embed_log1p", lambda self, u, covariates: self.network(u) * torch.nan)
    with pytest.raises(InputError, match="'mlp'.*NaN"):
        attribute(**given)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"counterfactual": "nearby"}, "nearby.*neighbours"),
        ({"method": "shap"}, "shap.*exact_swap, gradient, integrated_gradients"),
        ({"max_cells": 1, "n_verify": -1}, "max_cells = 1, n_verify = -1"),
        ({"counts": sp.csr_matrix((N_CELLS, 100))}, "counts of 100 genes"),
        ({"covariates": np.zeros((3, 1))}, "3 rows of covariates"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_refuses(change, words):
    with pytest.raises(InputError, match=words):
        attribute(**arguments(**change))
