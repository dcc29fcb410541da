"""Losses beside the main one, for dead and for many latents: equal to autograd on both engines."""

import numpy as np
import pytest
import torch

from precompute.dictionary.autoencoder import draw_autoencoder
from precompute.dictionary.auxiliary import keep_largest
from precompute.dictionary.dense_step import DenseBank
from precompute.dictionary.settings import VARIANTS, Settings
from precompute.dictionary.sparse_step import SparseStep
from tests.unit.precompute.test_dictionary_step import kept_by_sorting

RNG = np.random.default_rng(0)
CELLS = RNG.normal(size=(90, 11))
N_LATENTS, N_BATCH, RATE, DEAD_AFTER = 37, 60, 1e-2, 60
# Variant, and the weights `auxk` and `multi_topk`.
LOSSES = [*((variant, 0.3, 0.0) for variant in VARIANTS), ("topk", 0.0, 0.5), ("topk", 0.3, 0.5)]


def loss(parameters, x, settings, dead):
    """The loss by its definition: of every prefix, of the dead latents, of 4 k latents."""
    encoder, decoder, bias = parameters
    pre = x @ encoder.T + bias[:, 0]
    z = pre * kept_by_sorting(pre, settings.k, settings.variant == "batch_topk")
    main = sum((z[:, :p] @ decoder[:p] - x).square().sum() for p in settings.bounds().tolist())
    missed = (x - z @ decoder).detach()
    of_dead = torch.where(dead, pre, -torch.inf)
    values, places = of_dead.topk(x.shape[1] // 2, dim=1)
    kept = torch.zeros_like(pre).scatter(1, places, values.clamp_min(0))
    auxiliary = (kept @ decoder - missed).square().sum()
    many = pre * kept_by_sorting(pre, 4 * settings.k, False)
    wide = (many @ decoder - x).square().sum()
    return (main + settings.auxk * auxiliary + settings.multi_topk * wide) / len(x)


def follow_autograd(model, settings, batches):
    """Return the parameters after steps of torch's Adam, and how many are dead at each."""
    parameters = [torch.tensor(w, requires_grad=True) for w in model.weights]
    optimiser = torch.optim.Adam(parameters, lr=RATE)
    idle, n_dead = torch.from_numpy(model.idle.copy()), []
    for chosen in batches:
        x, decoder = torch.tensor(CELLS[chosen]), parameters[1]
        dead = idle >= DEAD_AFTER
        n_dead.append(int(dead.sum()))
        optimiser.zero_grad()
        loss(parameters, x, settings, dead).backward()
        with torch.no_grad():
            pre = x @ parameters[0].T + parameters[2][:, 0]
            active = kept_by_sorting(pre, settings.k, settings.variant == "batch_topk").any(0)
            decoder.grad -= (decoder.grad * decoder).sum(1, keepdim=True) * decoder
        optimiser.step()
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True)
        idle = torch.where(active, 0, idle + len(x))
    n_dead.append(int((idle >= DEAD_AFTER).sum()))
    return [p.detach().numpy() for p in parameters], n_dead


@pytest.mark.parametrize(("variant", "auxk", "multi_topk"), LOSSES)
@pytest.mark.parametrize("engine", ["sparse", "threads", "dense"])
@pytest.mark.parametrize("n_born_dead", [3, 14])  # fewer and more than may take part in a cell
def test_steps_equal_autograd(variant, auxk, multi_topk, engine, n_born_dead, monkeypatch):
    monkeypatch.setattr("precompute.dictionary.sparse_step._LEAST_WORK", 0)
    options = {"auxk": auxk, "multi_topk": multi_topk}
    settings = Settings(N_LATENTS, 4, 1, variant, prefixes=(0.1, 0.4, 1.0), **options)
    model = draw_autoencoder(3, N_LATENTS, np.ones(11, bool), np.float64)
    model.bias[:n_born_dead] = -1.5  # seldom among the largest, and yet often positive
    model.idle[:n_born_dead] = DEAD_AFTER
    batches = [RNG.permutation(90)[:N_BATCH] for _ in range(5)]
    expected, n_dead = follow_autograd(model, settings, batches)
    assert n_dead[0] == n_born_dead
    if engine != "dense":
        n_threads = 3 if engine == "threads" else 1
        step = SparseStep(model, settings, N_BATCH, n_threads, DEAD_AFTER)
        for chosen in batches:
            step.step(CELLS, chosen, RATE)
    else:
        bank = DenseBank([model], settings, torch.device("cpu"), DEAD_AFTER)
        for chosen in batches:
            bank.step(torch.from_numpy(CELLS[chosen])[None], [RATE])
            model.n_steps += 1
        bank.write_back()
    for weight, parameter in zip(model.weights, expected, strict=True):
        np.testing.assert_allclose(weight, parameter, rtol=1e-8, atol=1e-10)
    assert (model.idle >= DEAD_AFTER).sum() == n_dead[-1]


def test_the_loss_moves_dead_latents_only():
    def slopes(auxk):
        model = draw_autoencoder(0, 12, np.ones(11, bool))
        model.bias[4] = -100
        model.bias[5] = -1
        model.idle[4:6] = DEAD_AFTER
        step = SparseStep(model, Settings(12, 1, 1, auxk=auxk), N_BATCH, dead_after=DEAD_AFTER)
        step.step(CELLS.astype(np.float32), np.arange(N_BATCH), RATE)
        return model.moments[0]  # a tenth of the gradient of the encoder

    changed = (slopes(0.03) != slopes(0.0)).any(axis=1)
    # Latent 4 is positive in no cell: a loss through its value cannot reach it.
    assert np.flatnonzero(changed).tolist() == [5]


def test_keeps_the_largest_positive_values():
    values = np.array([[3.0, -1, 2, 5], [-2, -1, -3, 4], [1, 2, 3, 4]])
    kept = keep_largest(values.copy(), 2)
    assert kept.tolist() == [[3, 0, 0, 5], [0, 0, 0, 4], [0, 0, 3, 4]]
    assert keep_largest(values.copy(), 9).tolist() == np.maximum(values, 0).tolist()
