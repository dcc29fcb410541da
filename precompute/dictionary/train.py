"""Trains Top-K autoencoders on embeddings: the recipe, and the way in for the pipeline."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from precompute.device import resolve_device
from precompute.dictionary.autoencoder import draw_autoencoder
from precompute.dictionary.checks import check_cells, check_settings
from precompute.dictionary.course import Course
from precompute.dictionary.engines import make_engine
from precompute.dictionary.feed import Cells, Feed
from precompute.dictionary.fit import Place, fit, steps_per_epoch
from precompute.dictionary.held_out import split_rows
from precompute.dictionary.learning_rate import (
    cells_to_learn,
    choose_learning_rate,
    draw_sample,
)
from precompute.dictionary.model import Dictionary
from precompute.dictionary.rebuilding import calibrate
from precompute.dictionary.resume import load_state, save_state
from precompute.dictionary.settings import Settings
from precompute.dictionary.ticker import Progress, Ticker
from precompute.errors import fault

_CALIBRATION_CELLS = 4096
_SECONDS_BETWEEN_SAVES = 30.0


@dataclass(frozen=True, eq=False)
class Training:
    """What a training gave.

    Attributes
    ----------
    dictionaries : one a seed, each with its training curve.
    learning_rate : given or chosen, the same for all seeds.
    curves : for each seed the explained variance of the batches of each epoch.
    held_out : for each seed the explained variance of the held-out cells after each epoch;
        empty without held-out cells.
    """

    dictionaries: list[Dictionary]
    learning_rate: float
    curves: list[list[float]]
    held_out: list[list[float]]


def train(
    embeddings: np.ndarray,
    n_latents: int,
    k: int,
    seed: int,
    epochs: int,
    learning_rate: float | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Dictionary:
    """Train one dictionary: `train_seeds` with a single seed."""
    return train_seeds(embeddings, n_latents, k, [seed], epochs, learning_rate, device, progress)[0]


def train_seeds(
    embeddings: np.ndarray,
    n_latents: int,
    k: int,
    seeds: Sequence[int],
    epochs: int,
    learning_rate: float | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> list[Dictionary]:
    """Train one dictionary a seed, all of them together: `train_dictionaries` without options.

    Parameters
    ----------
    n_latents : latents of each dictionary; twice d_embedding is a good start.
    k : the most latents active in one cell; 4 to 8 is a good start.
    epochs : passes over the cells.
    learning_rate : None picks it by short runs on held-out cells.
    """
    settings = Settings(n_latents, k, epochs, learning_rate=learning_rate)
    return train_dictionaries(embeddings, settings, seeds, device, progress).dictionaries


def train_dictionaries(
    embeddings: np.ndarray,
    settings: Settings,
    seeds: Sequence[int],
    device: str = "cpu",
    progress: Progress | None = None,
    donors: np.ndarray | None = None,
    state: Path | None = None,
) -> Training:
    """Train one dictionary a seed, all of them together.

    Embeddings are centred on their mean and divided by their root mean square, both kept
    fixed; the encoder starts as the transposed decoder, calibrated by <x, x_hat> /
    <x_hat, x_hat>; Adam with 5 % warm-up and a linear decay over the last 30 %. The same
    call gives bit-equal arrays on one machine and one number of threads; the result of a
    seed does not depend on the other seeds.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding). A memory map is read in chunks and never held whole.
    settings : sizes and recipe.
    seeds : non-negative and different from each other.
    device : ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    progress : called with (done, total) while training, in cells learnt by a seed.
    donors : (n_cells,) labels; cells are then held out by whole donors.
    state : file the training is saved to now and then, and goes on from when it is there;
        removed at the end.

    Raises
    ------
    InputError
        NaN or infinity in the embeddings, fewer than 2 cells or fewer than latents, no
        variance, settings out of range, no seed or a repeated one, a learning rate so high
        that the training diverged, or a `state` of another training.
    """
    check_settings(settings, seeds)
    where = resolve_device(device)
    cells = Cells(np.asanyarray(embeddings))
    training, held_out = split_rows(cells.n_cells, settings.held_out, donors)
    check_cells(len(training), cells.scale, settings)
    # Every thread of ours multiplies its own matrices.
    with threadpool_limits(1, user_api="blas"):
        courses = _train(cells, training, held_out, settings, seeds, where, progress, state)
    _check_finite(courses)
    dictionaries = [
        Dictionary(
            course.model.encoder,
            course.model.bias[:, 0].copy(),
            course.model.decoder,
            cells.center,
            cells.scale,
            settings.k,
            np.array(course.curve, np.float32),
        )
        for course in courses
    ]
    return Training(
        dictionaries,
        courses[0].learning_rate,
        [course.curve for course in courses],
        [course.held_out for course in courses],
    )


def _train(
    cells: Cells,
    training: np.ndarray,
    held_out: np.ndarray,
    settings: Settings,
    seeds: Sequence[int],
    device: torch.device,
    progress: Progress | None,
    state: Path | None,
) -> list[Course]:
    feed = Feed(cells, training)
    size = settings.batch_size(len(training))
    n_steps = settings.epochs * steps_per_epoch(feed.sizes, size)
    fingerprint = _fingerprint(cells, training, settings, seeds)
    stopped = load_state(state, fingerprint) if state else None
    ticker = Ticker(progress, n_steps * size * len(seeds))
    if stopped:
        place, courses = stopped
        ticker.done = sum(course.model.n_steps for course in courses) * size
    saver = _Saver(state, fingerprint)
    if not stopped:
        place = Place()
        rate = settings.learning_rate
        if rate is None:
            ticker.total += cells_to_learn(settings, len(training))
            rate = choose_learning_rate(
                cells, training, settings, partial(make_engine, device=device), ticker.add
            )
        courses = _begin(cells, training, settings, seeds, rate, n_steps)
    saver.save_now_and_then(place, courses)

    def on_chunk(place: Place) -> None:
        remaining = sum(course.end - course.model.n_steps for course in courses)
        ticker.total = ticker.done + remaining * size
        saver.save_now_and_then(place, courses)

    test = cells.scaled(held_out) if len(held_out) else None
    fit(courses, feed, settings, make_engine(settings, device), test, place, ticker.add, on_chunk)
    ticker.finish()
    if state:
        state.unlink(missing_ok=True)
    return courses


def _begin(
    cells: Cells,
    training: np.ndarray,
    settings: Settings,
    seeds: Sequence[int],
    rate: float,
    n_steps: int,
) -> list[Course]:
    sample = cells.scaled(draw_sample(training)[:_CALIBRATION_CELLS])
    courses = []
    for seed in seeds:
        model = draw_autoencoder(seed, settings.n_latents, cells.informative)
        calibrate(model, sample, settings.k)
        courses.append(Course(seed, model, rate, n_steps))
    return courses


class _Saver:
    """Saves a training every 30 seconds, a small part of which is spent saving."""

    def __init__(self, path: Path | None, fingerprint: dict[str, Any]) -> None:
        self._path, self._fingerprint = path, fingerprint
        self._last = time.monotonic()

    def save_now_and_then(self, place: Place, courses: Sequence[Course]) -> None:
        if self._path is None or time.monotonic() - self._last < _SECONDS_BETWEEN_SAVES:
            return
        save_state(self._path, self._fingerprint, place, courses)
        self._last = time.monotonic()


def _fingerprint(
    cells: Cells, training: np.ndarray, settings: Settings, seeds: Sequence[int]
) -> dict[str, Any]:
    digest = hashlib.sha256(cells.center.tobytes())
    digest.update(np.float64(cells.scale).tobytes())
    digest.update(training.tobytes())
    shape = [cells.n_cells, cells.d_embedding]
    plain = settings.to_dict() | {"seeds": [int(seed) for seed in seeds]}
    return plain | {"shape": shape, "digest": digest.hexdigest()[:16]}


def _check_finite(courses: Sequence[Course]) -> None:
    for course in courses:
        weights = (np.isfinite(weight).all() for weight in course.model.weights)
        if not (np.isfinite(course.curve).all() and all(weights)):
            raise fault(
                "dictionary",
                f"training diverged at learning rate {course.learning_rate}",
                "a finite explained variance",
                "Lower `learning_rate`, or leave it to the automatic check.",
            )
