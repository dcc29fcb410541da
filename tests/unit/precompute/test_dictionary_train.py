"""Training: recovers planted directions, is deterministic, keeps its promises, refuses."""

import numpy as np
import pytest
import torch

from precompute.dictionary import (
    VARIANTS,
    Settings,
    dead_latents,
    explained_variance,
    train,
    train_dictionaries,
    train_seeds,
)
from precompute.dictionary.autoencoder import draw_autoencoder
from precompute.dictionary.course import Course
from precompute.dictionary.engines import DenseEngine, SparseEngine
from precompute.dictionary.feed import Cells
from precompute.dictionary.learning_rate import CANDIDATES, choose_learning_rate, short_run
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
    # The same steps on the same arrays, whoever else learns beside them.
    assert np.array_equal(together[1].encoder, alone.encoder)
    assert np.array_equal(together[1].decoder, alone.decoder)


@pytest.mark.parametrize("variant", VARIANTS)
def test_dense_engine_equals_sparse_engine(variant):
    """Two programs of the same arithmetic, several seeds at once, courses at different steps."""
    cells = Cells(EMBEDDINGS).scaled(slice(None))
    settings = Settings(12, 3, 1, variant=variant, prefixes=(0.25, 1.0))
    order = np.random.default_rng(0).permutation(600).reshape(3, 200)
    results = []
    for engine in (SparseEngine(settings, 2), DenseEngine(settings, torch.device("cpu"))):
        models = [draw_autoencoder(seed, 12, np.ones(8, bool)) for seed in (0, 1, 2)]
        courses = [Course(i, model, 1e-2, 6 + i) for i, model in enumerate(models)]
        learnt = []
        engine.train(courses, cells, [order, order[::-1], order], learnt.append)
        assert sum(learnt) == 3 * 600
        assert [model.n_steps for model in models] == [3, 3, 3]
        results.append(courses)
    for one, other in zip(*results, strict=True):
        assert one.residual == pytest.approx(other.residual, rel=1e-4)
        assert one.total == pytest.approx(other.total, rel=1e-5)
        for name, array in one.model.arrays().items():
            np.testing.assert_allclose(array, other.model.arrays()[name], atol=2e-4, err_msg=name)


def test_schedule_warms_up_stays_and_decays():
    model = draw_autoencoder(0, 4, np.ones(2, bool))
    course = Course(0, model, learning_rate=2.0, n_steps=1000)
    for step, expected in ((0, 0.04), (25, 1.04), (50, 2), (700, 2), (850, 1), (999, 2 / 300)):
        model.n_steps = step
        assert course.rate() == pytest.approx(expected)
    assert not course.ended
    model.n_steps = 1000
    assert course.ended


def test_learning_rate_check_takes_the_best(monkeypatch):
    scores = iter((0.1, 0.5, 0.3, -np.inf))
    monkeypatch.setattr(
        "precompute.dictionary.learning_rate.explained", lambda *arguments: next(scores)
    )
    settings, cells = Settings(16, 4, 5), Cells(EMBEDDINGS)
    rate = choose_learning_rate(
        cells, np.arange(600), settings, lambda s: SparseEngine(s, 1), lambda n: None
    )
    assert rate == CANDIDATES[1]
    assert next(scores, None) is None


def test_short_runs_are_short_and_have_the_batches_of_the_training():
    short = short_run(Settings(16, 4, 10), 1_000_000)
    assert short.batch_size(6554) == 2048
    assert 200 <= short.epochs * (6554 // 2048) < 210
    assert short_run(Settings(16, 4, 3), 600).epochs == 3


def test_learning_rate_does_not_depend_on_the_seeds():
    one = train(EMBEDDINGS, 16, 4, seed=1, epochs=20)
    among = train_seeds(EMBEDDINGS, 16, 4, seeds=[9, 1], epochs=20)[1]
    assert one.curve[-1] == pytest.approx(among.curve[-1], abs=0.01)


def test_progress_ends_at_the_total():
    calls = []
    train(EMBEDDINGS, 16, 4, 0, epochs=2, progress=lambda *call: calls.append(call))
    # Four short runs of 2 epochs of 1 batch (480 cells, 256 a batch), and 2 epochs of 2 batches.
    assert calls[-1] == (4 * 2 * 256 + 2 * 2 * 256,) * 2
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_two_cells_are_enough():
    dictionary = train(np.array([[0.0, 1.0], [1.0, 0.0]]), n_latents=2, k=1, seed=0, epochs=1)
    assert dictionary.n_latents == 2


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_explain_planted_cells(variant):
    settings = Settings(16, 4, 60, variant=variant, learning_rate=1e-2)
    assert score(train_dictionaries(EMBEDDINGS, settings, [0]).dictionaries[0]) > 0.8


def test_first_prefix_of_matryoshka_rebuilds_alone():
    def of_prefix(variant):
        settings = Settings(16, 4, 60, variant, prefixes=(0.25, 1.0), learning_rate=1e-2)
        full = train_dictionaries(EMBEDDINGS, settings, [0]).dictionaries[0]
        parts = (array[:4] for array in (full.encoder, full.encoder_bias, full.decoder))
        return score(type(full)(*parts, full.center, full.scale, 4))

    assert of_prefix("matryoshka") > of_prefix("topk") + 0.05


def test_resampling_leaves_fewer_dead_latents():
    def n_dead(resample):
        settings = Settings(64, 1, 40, learning_rate=3e-2, resample=resample)
        dictionary = train_dictionaries(EMBEDDINGS, settings, [0]).dictionaries[0]
        return len(dead_latents(dictionary.activate(EMBEDDINGS)[0], 64))

    assert n_dead(True) < n_dead(False)


def test_auxiliary_loss_changes_the_training_and_no_seed_by_another():
    def encoder(auxk, seeds):
        settings = Settings(64, 1, 5, learning_rate=3e-2, auxk=auxk)
        return train_dictionaries(EMBEDDINGS, settings, seeds).dictionaries[-1].encoder

    assert not np.array_equal(encoder(0.03, [0]), encoder(0.0, [0]))
    assert np.array_equal(encoder(0.03, [0]), encoder(0.03, [5, 0]))


NAN = np.where(np.arange(12).reshape(6, 2) == 7, np.nan, np.arange(12.0).reshape(6, 2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"embeddings": NAN}, r"1 of 6 rows .*first: row 3"),
        ({"embeddings": np.zeros((1, 3))}, "1 cells"),
        ({"embeddings": np.zeros((30, 0))}, "shape"),
        ({"embeddings": np.ones((5, 3))}, "zero variance"),
        ({"embeddings": np.arange(5.0)}, "shape"),
        ({"embeddings": np.full((5, 3), "a")}, "type <U1"),
        ({"embeddings": np.full((20, 3), 1e300)}, "20 of 20 rows"),
        ({"embeddings": EMBEDDINGS[:15]}, "15 cells to train on with 16 latents"),
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
