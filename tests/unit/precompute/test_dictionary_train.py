"""Training: recovers planted directions, is deterministic, keeps its promises, refuses."""

import numpy as np
import pytest
import torch

from precompute.dictionary import explained_variance, train, train_seeds
from precompute.dictionary.fit import Shape, _schedule, fit
from precompute.dictionary.learning_rate import CANDIDATES, choose_learning_rate
from precompute.dictionary.topk import TopKBank
from precompute.errors import InputError


def planted(n_cells=600, n_directions=10, d_embedding=8, n_active=2, seed=0):
    """Cells that are sums of `n_active` of `n_directions` unit directions, shifted."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(n_directions, d_embedding))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    codes = np.zeros((n_cells, n_directions))
    for cell in range(n_cells):
        chosen = rng.choice(n_directions, n_active, replace=False)
        codes[cell, chosen] = rng.uniform(1, 3, n_active)
    return (codes @ directions + 5.0).astype(np.float32), directions


EMBEDDINGS, DIRECTIONS = planted()


def score(dictionary):
    return explained_variance(EMBEDDINGS, dictionary.reconstruct(*dictionary.activate(EMBEDDINGS)))


def test_explains_planted_cells():
    dictionary = train(EMBEDDINGS, n_latents=16, k=4, seed=0, epochs=150)
    assert score(dictionary) > 0.9
    assert dictionary.curve[-1] == pytest.approx(score(dictionary), abs=0.03)
    assert dictionary.curve[-1] > dictionary.curve[0]


def test_form_of_the_result():
    dictionary = train(EMBEDDINGS, n_latents=16, k=4, seed=0, epochs=3, learning_rate=1e-2)
    assert np.allclose(np.linalg.norm(dictionary.decoder, axis=1), 1, atol=1e-5)
    assert np.allclose(dictionary.center, EMBEDDINGS.mean(axis=0), atol=1e-5)
    assert dictionary.scale == pytest.approx(EMBEDDINGS.std(axis=0).__pow__(2).mean() ** 0.5)
    assert dictionary.curve.shape == (3,)
    for name in ("encoder", "encoder_bias", "decoder", "center", "curve"):
        assert getattr(dictionary, name).dtype == np.float32, name


def test_same_call_is_bit_equal_and_seeds_differ():
    first, again = (
        train_seeds(EMBEDDINGS, n_latents=16, k=4, seeds=[3, 4], epochs=5) for _ in range(2)
    )
    for name in ("encoder", "encoder_bias", "decoder", "curve"):
        for one, other in zip(first, again, strict=True):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert not np.allclose(first[0].decoder, first[1].decoder, atol=0.1)


def test_seeds_together_equal_seeds_alone():
    together = train_seeds(EMBEDDINGS, 16, 4, seeds=[7, 1, 5], epochs=2, learning_rate=1e-3)
    alone = train(EMBEDDINGS, 16, 4, seed=1, epochs=2, learning_rate=1e-3)
    # Batched and single matrix products may round differently; nothing else may differ.
    assert np.allclose(together[1].encoder, alone.encoder, atol=1e-4)
    assert np.allclose(together[1].decoder, alone.decoder, atol=1e-4)


def test_loop_equals_a_naive_one():
    """One seed, written with Adam, autograd and a loop over cells' top k."""
    cells = torch.from_numpy(EMBEDDINGS[:256] - EMBEDDINGS[:256].mean(axis=0))
    bank, _ = fit(cells, [2], Shape(6, 2), epochs=4, learning_rate=1e-2, on_epoch=lambda: None)

    generator = torch.Generator().manual_seed(2)
    decoder = torch.nn.functional.normalize(torch.randn(6, 8, generator=generator), dim=1)
    encoder, bias = decoder.clone(), torch.zeros(6)

    def rebuild(x):
        z = (x @ encoder.T + bias).relu()
        kept = torch.stack([row >= row.topk(2).values[-1] for row in z])
        return (z * kept) @ decoder

    rebuilt = rebuild(cells)
    encoder = encoder * (cells * rebuilt).sum() / rebuilt.square().sum()
    encoder, bias, decoder = (t.requires_grad_() for t in (encoder, bias, decoder))
    optimiser = torch.optim.Adam([encoder, bias, decoder])
    for epoch in range(4):
        x = cells[torch.randperm(256, generator=generator)]
        optimiser.param_groups[0]["lr"] = 1e-2 * _schedule(epoch / 4)
        optimiser.zero_grad()
        ((rebuild(x) - x).square().sum() / 8).backward()
        parallel = (decoder.grad * decoder.detach()).sum(1, keepdim=True)
        decoder.grad -= parallel * decoder.detach()
        optimiser.step()
        decoder.data = torch.nn.functional.normalize(decoder.data, dim=1)
    assert torch.allclose(bank.decoder[0], decoder, atol=1e-4)
    assert torch.allclose(bank.encoder[0], encoder, atol=1e-4)
    assert torch.allclose(bank.bias[0, 0], bias, atol=1e-4)


def test_calibration_is_the_best_single_factor():
    cells = torch.from_numpy(EMBEDDINGS - EMBEDDINGS.mean(axis=0))
    bank = TopKBank([torch.Generator().manual_seed(0)], 16, 8, 4, torch.device("cpu"))
    bank.calibrate_encoder(cells)
    rebuilt = bank(cells[None])[0]
    assert (cells * rebuilt).sum().item() == pytest.approx(rebuilt.square().sum().item(), rel=1e-4)


def test_schedule_warms_up_stays_and_decays():
    assert _schedule(0) < 0.05
    assert _schedule(0.025) == pytest.approx(0.5, abs=0.03)
    assert _schedule(0.5) == 1
    assert _schedule(0.85) == pytest.approx(0.5)
    assert _schedule(0.999) < 0.01


def test_learning_rate_check_takes_the_best(monkeypatch):
    cells = torch.from_numpy(EMBEDDINGS - EMBEDDINGS.mean(axis=0))
    tried = []

    def only_one_learns(training, seeds, shape, epochs, learning_rate, on_epoch):
        tried.append(learning_rate)
        right = learning_rate == CANDIDATES[1]
        return (lambda x: x if right else x * torch.nan), None

    monkeypatch.setattr("precompute.dictionary.learning_rate.fit", only_one_learns)
    assert choose_learning_rate(cells, Shape(16, 4), 5, lambda: None) == CANDIDATES[1]
    assert tuple(tried) == CANDIDATES


def test_learning_rate_does_not_depend_on_the_seeds():
    one = train(EMBEDDINGS, 16, 4, seed=1, epochs=20)
    among = train_seeds(EMBEDDINGS, 16, 4, seeds=[9, 1], epochs=20)[1]
    assert one.curve[-1] == pytest.approx(among.curve[-1], abs=0.01)


def test_progress_counts_epochs_and_short_runs():
    calls = []
    train(EMBEDDINGS, 16, 4, 0, epochs=2, progress=lambda *call: calls.append(call))
    total = 2 + len(CANDIDATES)
    assert calls == [(done, total) for done in range(1, total + 1)]


def test_two_cells_are_enough():
    dictionary = train(np.array([[0.0, 1.0], [1.0, 0.0]]), n_latents=2, k=1, seed=0, epochs=1)
    assert dictionary.n_latents == 2


NAN = np.where(np.arange(12).reshape(6, 2) == 7, np.nan, np.arange(12.0).reshape(6, 2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"embeddings": NAN}, r"1 of 6 rows .*first: row 3"),
        ({"embeddings": np.zeros((1, 3))}, "1 cells"),
        ({"embeddings": np.ones((5, 3))}, "zero variance"),
        ({"embeddings": np.arange(5.0)}, "shape"),
        ({"k": 17}, "k = 17"),
        ({"k": 0}, "k = 0"),
        ({"epochs": 0}, "epochs"),
        ({"seeds": []}, "seeds"),
        ({"seeds": [1, 1]}, "seeds"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"learning_rate": 1e30}, "diverged"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_refuses(change, words):
    usual = {"embeddings": EMBEDDINGS, "n_latents": 16, "k": 4, "seeds": [0], "epochs": 3}
    with pytest.raises(InputError, match=words):
        train_seeds(**(usual | {"learning_rate": 1e-3} | change))
