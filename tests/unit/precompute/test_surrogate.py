"""The surrogate of a model that is not at hand: what it learns, and what it says of itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from precompute.cli import main
from precompute.config import parse_config
from precompute.errors import InputError
from precompute.models.surrogate import FILE, SurrogateModel, load_surrogate, save_surrogate
from precompute.models.surrogate_fit import fit_surrogate, split_cells
from precompute.synthetic import simulate
from scconcepts_app.store import ConceptStore
from tests.run_case import EMBEDDING, N_PROGRAMMES, write_config, write_inputs

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def cells():
    return simulate(400, 60, N_PROGRAMMES, n_donors=5, seed=0)


@pytest.fixture(scope="module")
def embeddings(cells) -> np.ndarray:
    """A linear map of log1p counts, beside it a curved one."""
    rng = np.random.default_rng(0)
    expression = np.log1p(cells.X.toarray())
    flat = expression @ rng.normal(size=(60, 3))
    return np.hstack([flat, 5 * np.tanh(flat - flat.mean(axis=0))]).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(cells, embeddings):
    return fit_surrogate(cells.X, embeddings, cells.obs["donor"].to_numpy(), seed=0)


def test_it_foretells_cells_it_never_saw_and_says_how_well(cells, embeddings, fitted):
    network, quality = fitted
    split = split_cells(400, cells.obs["donor"].to_numpy(), 0)
    assert quality.split == "1 of 5 donors"
    assert (quality.n_held_out, quality.n_training) == (len(split.held_out), len(split.training))
    found = network(torch.from_numpy(np.log1p(cells.X.toarray()))).numpy()
    aims = embeddings[split.held_out]
    missed = np.square(found[split.held_out] - aims).sum()
    explained = 1 - missed / np.square(aims - aims.mean(axis=0)).sum()
    assert quality.held_out == pytest.approx(explained, abs=1e-6)
    assert 0.8 < quality.held_out < quality.training <= 1


def test_whole_donors_are_held_out_and_no_cell_twice(cells):
    donors = cells.obs["donor"].to_numpy()
    split = split_cells(400, donors, 3)
    assert len(set(donors[split.held_out])) == 1
    assert set(donors[split.held_out]).isdisjoint(donors[split.training])
    joined = np.concatenate(split[:3])
    assert sorted(joined) == list(range(400))
    few = split_cells(400, donors[:1].repeat(400), 3)
    assert few.words == "a fifth of the cells at random" and len(few.held_out) == 80


def test_noise_is_not_foretold(cells):
    noise = np.random.default_rng(1).normal(size=(400, 4))
    _, quality = fit_surrogate(cells.X, noise, None, seed=0)
    assert quality.held_out < 0.05


def test_apart_at_its_first_layer_it_is_the_same_network(cells, embeddings, fitted):
    network, quality = fitted
    model = SurrogateModel(network, cells.var_names.to_numpy(), embeddings, quality, CPU)
    x = torch.from_numpy(model.prepare(cells.X[:7].toarray()))
    split = model.linear_first
    apart = split.middle(split.first(x, None)) @ split.last_weight + split.last_bias
    assert torch.allclose(apart, model.embed_expression(x, None), atol=1e-4)
    assert np.array_equal(model.embed(cells.X, None), embeddings)
    reader = torch.randn(7, 6, generator=torch.Generator().manual_seed(0))
    _, slopes = model.embed_with_gradient(x, None, reader)
    step = torch.zeros_like(x)
    step[2, 5] = 0.05
    rise = model.embed_expression(x + step, None) - model.embed_expression(x - step, None)
    assert slopes[0, 2, 5].item() == pytest.approx((rise[2] @ reader[2]).item() / 0.1, rel=0.02)


def test_it_is_kept_with_its_quality_and_a_damaged_one_is_refused(fitted, tmp_path):
    save_surrogate(*fitted, tmp_path)
    network, quality = load_surrogate(tmp_path)
    assert quality == fitted[1]
    x = torch.rand(3, 60)
    assert torch.equal(network(x), fitted[0](x))
    whole = (tmp_path / FILE).read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"x" * 100):
        (tmp_path / FILE).write_bytes(damaged)
        with pytest.raises(InputError, match=f"{FILE}: cannot be read"):
            load_surrogate(tmp_path)


def test_too_few_cells_and_equal_embeddings_are_refused(cells):
    with pytest.raises(InputError, match="surrogate: 49 cells. Expected at least 50"):
        fit_surrogate(cells.X[:49], np.ones((49, 2)))
    with pytest.raises(InputError, match="embeddings that are all equal"):
        fit_surrogate(cells.X, np.ones((400, 2)))


def test_it_is_for_given_embeddings_alone():
    with pytest.raises(InputError, match="model.surrogate: found true for kind = 'scvi'"):
        parse_config({"model": {"surrogate": True}}, "here")


def test_a_run_through_a_surrogate_says_so_everywhere(tmp_path):
    config = write_config(write_inputs(tmp_path), EMBEDDING | {"model.surrogate": True})
    assert main(["run", str(config)]) == 0
    store = ConceptStore.open(tmp_path / "run.store")
    quality = store.manifest.model["surrogate"]
    assert quality["split"] == "1 of 4 donors" and quality["held_out"] < quality["training"]
    assert len(store.manifest.attributions) == 2
    for info in store.manifest.attributions:
        assert info.title.endswith("(surrogate)")
        assert info.method == "integrated gradients, through a surrogate"
        assert f"foretells {max(0, quality['held_out']):.0%} of the variance" in info.description
    assert store.manifest.faithfulness
