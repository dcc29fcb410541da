"""The sparse step: equal to autograd and torch's Adam, exact in its choices, for every variant."""

import numpy as np
import pytest
import torch

from precompute.dictionary.autoencoder import Autoencoder, draw_autoencoder
from precompute.dictionary.batch_selection import BatchSelection
from precompute.dictionary.kernels import kth_largest, select_top_k
from precompute.dictionary.rebuilding import calibrate, explained, resample, residuals
from precompute.dictionary.settings import VARIANTS, Settings
from precompute.dictionary.sparse_step import SparseStep

RNG = np.random.default_rng(0)


def kept_by_sorting(pre, k, whole_batch):
    """The activations by their definition, as a boolean mask."""
    kept = torch.zeros_like(pre, dtype=torch.bool)
    if whole_batch:
        kept.view(-1)[torch.argsort(pre.reshape(-1), descending=True)[: k * len(pre)]] = True
    else:
        kept.scatter_(1, torch.argsort(pre, dim=1, descending=True)[:, :k], True)
    return kept & (pre > 0)


def autograd_step(parameters, optimiser, x, settings):
    encoder, decoder, bias = parameters
    pre = x @ encoder.T + bias[:, 0]
    z = pre * kept_by_sorting(pre, settings.k, settings.variant == "batch_topk")
    errors = [(z[:, :p] @ decoder[:p] - x).square().sum() for p in settings.bounds().tolist()]
    optimiser.zero_grad()
    (sum(errors) / len(x)).backward()
    with torch.no_grad():
        decoder.grad -= (decoder.grad * decoder).sum(1, keepdim=True) * decoder
    optimiser.step()
    with torch.no_grad():
        decoder /= decoder.norm(dim=1, keepdim=True)
    return errors[-1].item()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("n_threads", [1, 3])
def test_steps_equal_autograd(variant, n_threads, monkeypatch):
    monkeypatch.setattr("precompute.dictionary.sparse_step._LEAST_WORK", 0)
    monkeypatch.setattr("precompute.dictionary.sparse_step._VALUES_PER_TILE", 700)
    settings = Settings(37, 5, epochs=1, variant=variant, prefixes=(0.1, 0.4, 1.0))
    cells = RNG.normal(size=(90, 11))
    model = draw_autoencoder(3, 37, np.ones(11, bool), np.float64)
    model.bias += RNG.normal(size=(37, 1)) / 5
    parameters = [torch.tensor(w, requires_grad=True) for w in model.weights]
    optimiser = torch.optim.Adam(parameters, lr=1e-2)
    step = SparseStep(model, settings, 60, n_threads)
    for _ in range(6):
        chosen = RNG.permutation(90)[:60]
        residual, total = step.step(cells, chosen, 1e-2)
        expected = autograd_step(parameters, optimiser, torch.tensor(cells[chosen]), settings)
        assert residual == pytest.approx(expected, rel=1e-12)
        assert total == pytest.approx(np.square(cells[chosen]).sum())
    for weight, parameter in zip(model.weights, parameters, strict=True):
        np.testing.assert_allclose(weight, parameter.detach().numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("n_latents", "k"), [(1, 1), (7, 7), (8, 3), (50, 9), (129, 40)])
def test_top_k_is_exact_with_ties_and_few_positives(n_latents, k):
    # Rounding to halves makes ties; shifts leave some cells without k positive values.
    products = np.round(RNG.normal(size=(200, n_latents)) * 4) / 2 - np.arange(200)[:, None] / 60
    products = products.astype(np.float32)
    bias = (np.arange(n_latents) % 3 / 2).astype(np.float32)
    columns, values = np.empty((200, k), np.int32), np.empty((200, k), np.float32)
    counts = np.empty(200, np.int64)
    select_top_k(products, bias, k, columns, values, counts)
    for cell, row in enumerate(products + bias):
        best = sorted(range(n_latents), key=lambda i: (-row[i], i))[:k]
        expected = sorted(i for i in best if row[i] > 0)
        assert columns[cell, : counts[cell]].tolist() == expected
        assert values[cell, : counts[cell]].tolist() == row[expected].tolist()


def test_kth_largest():
    values = RNG.integers(0, 9, 40).astype(np.float32)
    for k in range(1, 41):
        assert kth_largest(values.copy(), 40, k) == np.sort(values)[-k]


def test_batch_selection_is_exact_whatever_the_batch_before():
    bias = np.zeros(30, np.float32)
    selection = BatchSelection(20, 30, 4, np.dtype(np.float32))
    # The third batch is far below the threshold learnt from the second, the last is all ties.
    for factor in (1, 50, 0.1, 3, 0):
        products = (RNG.normal(size=(20, 30)) * factor + (factor == 0)).astype(np.float32)
        selection.select(lambda p=products: iter([(slice(0, 20), p)]), bias)
        order = np.lexsort((np.arange(600), -products.ravel()))[:80]
        expected = np.zeros(600, bool)
        expected[order] = True
        found = np.zeros((20, 30), bool)
        for cell, (start, stop) in enumerate(zip(selection.starts, selection.stops, strict=True)):
            latents = selection.columns[start:stop]
            assert (np.diff(latents) > 0).all()
            assert (selection.values[start:stop] == products[cell, latents]).all()
            found[cell, latents] = True
        assert (found.ravel() == expected).all()


def test_calibration_is_the_best_single_factor():
    cells = RNG.normal(size=(100, 8)).astype(np.float32)
    model = draw_autoencoder(0, 16, np.ones(8, bool))
    calibrate(model, cells, 4)
    rebuilt = cells + residuals(model, cells, 4)
    assert (cells * rebuilt).sum() == pytest.approx(np.square(rebuilt).sum(), rel=1e-4)


def test_constant_columns_stay_out_of_the_dictionary():
    cells = RNG.normal(size=(64, 6)).astype(np.float32)
    cells[:, 2] = 0
    model = draw_autoencoder(0, 12, cells.any(axis=0))
    step = SparseStep(model, Settings(12, 3, 1), 64)
    for _ in range(5):
        step.step(cells, np.arange(64), 1e-2)
    assert not model.encoder[:, 2].any()
    assert not model.decoder[:, 2].any()
    assert np.allclose(np.linalg.norm(model.decoder, axis=1), 1)


def test_idle_counts_cells_since_a_latent_was_active():
    cells = RNG.normal(size=(64, 6)).astype(np.float32)
    model = draw_autoencoder(0, 12, np.ones(6, bool))
    model.bias[4] = -100
    step = SparseStep(model, Settings(12, 6, 1), 32)
    for _ in range(3):
        step.step(cells, np.arange(32), 1e-3)
    assert model.idle[4] == 96
    assert (np.delete(model.idle, 4) == 0).sum() > 8


def test_resampled_latents_are_used_and_others_untouched():
    cells = RNG.normal(size=(200, 6)).astype(np.float32)
    model = draw_autoencoder(0, 8, np.ones(6, bool))
    model.bias[[1, 5]] = -100
    before = model.encoder.copy()
    score = explained(model, cells, 2)
    resample(model, np.array([1, 5]), cells, 2, seed=[0])
    others = np.delete(np.arange(8), [1, 5])
    assert (model.encoder[others] == before[others]).all()
    assert np.allclose(np.linalg.norm(model.decoder, axis=1), 1)
    products = cells @ model.encoder.T + model.bias[:, 0]
    assert (np.argmax(products, axis=1)[:, None] == [1, 5]).any()
    assert explained(model, cells, 2) != score


def test_arrays_hold_the_whole_state():
    model = draw_autoencoder(0, 8, np.ones(6, bool))
    cells = RNG.normal(size=(32, 6)).astype(np.float32)
    SparseStep(model, Settings(8, 2, 1), 32).step(cells, np.arange(32), 1e-2)
    copy = Autoencoder.from_arrays({name: a.copy() for name, a in model.arrays().items()})
    for one in (model, copy):
        SparseStep(one, Settings(8, 2, 1), 32).step(cells, np.arange(32), 1e-2)
    for name, array in model.arrays().items():
        assert np.array_equal(array, copy.arrays()[name]), name
