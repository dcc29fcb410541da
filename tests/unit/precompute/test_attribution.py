"""The whole attribution: planted drivers are found through an MLP, edges have an outcome."""

from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from precompute.attribution import COUNTERFACTUALS, FromCells, attribute
from precompute.dictionary import Dictionary
from precompute.errors import InputError
from precompute.synthetic import simulate

N_PROGRAMMES = 5


class Mlp:
    """A small encoder that was taught the planted activities: d_embedding = n_programmes."""

    name = "mlp"
    d_embedding = N_PROGRAMMES
    differentiable = "expression"

    def __init__(self, network, genes):
        self.network, self.genes = network, genes

    def embed_log1p(self, log_counts, covariates):
        return self.network(log_counts)


@cache
def cells():
    return simulate(n_cells=800, n_genes=150, n_programmes=N_PROGRAMMES, n_donors=4, seed=0)


@cache
def mlp() -> Mlp:
    torch.manual_seed(0)
    u = torch.from_numpy(np.log1p(cells().X.toarray()))
    target = torch.from_numpy(cells().obsm["programme_activity"])
    network = torch.nn.Sequential(
        torch.nn.Linear(150, 32), torch.nn.SiLU(), torch.nn.Linear(32, N_PROGRAMMES)
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2, weight_decay=1e-3)
    for _ in range(150):
        optimiser.zero_grad()
        (network(u) - target).square().mean().backward()
        optimiser.step()
    return Mlp(network.requires_grad_(False), cells().var_names.to_numpy())


def dictionary(k=3) -> Dictionary:
    """Concept i is programme i above 0.4."""
    eye = np.eye(N_PROGRAMMES, dtype=np.float32)
    bias = np.full(N_PROGRAMMES, -0.4, np.float32)
    return Dictionary(eye, bias, eye, np.zeros(N_PROGRAMMES, np.float32), 1.0, k)


def arguments(concepts=None, **change):
    counts = cells().X
    embeddings = mlp().embed_log1p(torch.from_numpy(np.log1p(counts.toarray())), None).numpy()
    concepts = concepts or dictionary()
    indices, values = concepts.activate(embeddings)
    given = {
        "model": mlp(),
        "dictionary": concepts,
        "counts": counts,
        "library_size": np.asarray(counts.sum(axis=1)).ravel(),
        "embeddings": embeddings,
        "indices": indices,
        "values": values,
        "donors": cells().obs["donor"].to_numpy(),
        "max_cells": 80,
        "n_verify": 20,
    }
    return given | change


@pytest.mark.parametrize("counterfactual", sorted(set(COUNTERFACTUALS) - {"permuted"}))
def test_planted_drivers_come_first_and_gradient_ranks_like_exact(counterfactual):
    found = attribute(**arguments(counterfactual=counterfactual))
    drivers = cells().varm["driver"].T > 0
    for programme in range(N_PROGRAMMES):
        top = np.argsort(-found.presence[programme])[: drivers[programme].sum()]
        by_chance = drivers[programme].mean()
        assert drivers[programme][top].mean() > 0.6 > 5 * by_chance
    assert found.reason == [""] * N_PROGRAMMES
    assert found.rank_agreement.min() > 0.9
    assert found.sign_agreement.min() > 0.9
    assert (found.n_cells_used == 80).all()
    if issubclass(COUNTERFACTUALS[counterfactual], FromCells):
        assert (found.match_rate > 0.9).all()
    else:
        assert (found.match_rate == 0).all()
    assert set(found.bootstrap_unit) == {"donor"}
    assert found.counterfactual == counterfactual


def test_without_a_contrast_little_is_left():
    null = attribute(**arguments(counterfactual="permuted"))
    contrast = attribute(**arguments(counterfactual="random_matched"))
    assert null.counterfactual == "permuted"
    assert (np.abs(null.effect).max(axis=1) < 0.5 * np.abs(contrast.effect).max(axis=1)).all()


def test_relations_between_the_arrays():
    found = attribute(**arguments())
    assert np.allclose(found.effect, found.presence + found.absence, atol=1e-6)
    assert np.allclose(found.share.sum(axis=1), 1, atol=1e-5)
    verified = ~np.isnan(found.exact)
    assert ((verified.sum(axis=1) >= 20) & (verified.sum(axis=1) <= 30)).all()
    for concept in range(N_PROGRAMMES):
        top = np.argsort(-np.abs(found.presence[concept]))[:20]
        bottom = np.argsort(-np.abs(found.absence[concept]))[:10]
        assert set(np.flatnonzero(verified[concept])) == {*top, *bottom}
    error = np.abs(found.exact - found.effect)[verified]
    assert np.median(error / np.abs(found.exact[verified])) < 0.3
    assert np.isfinite(found.standard_error).all()
    for name in ("effect", "presence", "absence", "standard_error", "exact", "match_rate"):
        assert getattr(found, name).dtype == np.float32, name


def test_same_seed_is_bit_equal_and_chunks_do_not_matter(monkeypatch):
    first, again = attribute(**arguments(seed=4)), attribute(**arguments(seed=4))
    assert np.array_equal(first.effect, again.effect)
    assert np.array_equal(first.standard_error, again.standard_error)
    assert np.array_equal(first.exact, again.exact, equal_nan=True)
    other = attribute(**arguments(seed=5))
    assert not np.array_equal(first.effect, other.effect)
    monkeypatch.setattr("precompute.attribution.concept._VALUES_PER_CHUNK", 150 * 9)
    chunked = attribute(**arguments(seed=4))
    assert np.allclose(chunked.effect, first.effect, atol=1e-6)
    assert np.allclose(chunked.rank_agreement, first.rank_agreement, atol=0.01)


def test_without_donors():
    found = attribute(**arguments(donors=None))
    assert np.isnan(found.match_rate).all()
    assert set(found.bootstrap_unit) == {"cell"}
    assert np.isfinite(found.standard_error).all()


def test_concepts_that_cannot_be_attributed_say_why():
    given = arguments()
    indices = np.full((800, 3), -1, np.int32)
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
    assert np.isnan(found.rank_agreement[0])


def test_one_silent_cell_is_enough():
    indices = np.zeros((800, 3), np.int32)
    indices[:, 1:] = -1
    indices[5, 0] = -1
    values = np.where(indices >= 0, 1.0, 0.0).astype(np.float32)
    found = attribute(**arguments(indices=indices, values=values))
    assert np.isfinite(found.effect[0]).all()
    assert found.match_rate[0] == 0


def test_library_size_sets_the_counterfactual():
    given = arguments()
    more = given["library_size"] * np.where(np.arange(800) % 2, 1.0, 3.0)
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
    assert np.isnan(found.rank_agreement).all()


def test_a_model_that_returns_nan_is_refused(monkeypatch):
    given = arguments()
    monkeypatch.setattr(Mlp, "embed_log1p", lambda self, u, covariates: self.network(u) * torch.nan)
    with pytest.raises(InputError, match="'mlp'.*NaN"):
        attribute(**given)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"counterfactual": "nearby"}, "nearby.*neighbours"),
        ({"max_cells": 1, "n_verify": -1}, "max_cells = 1, n_verify = -1"),
        ({"counts": sp.csr_matrix((800, 100))}, "counts of 100 genes"),
        ({"covariates": np.zeros((3, 1))}, "3 rows of covariates"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_refuses(change, words):
    with pytest.raises(InputError, match=words):
        attribute(**arguments(**change))
