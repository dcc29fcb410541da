"""A short check that picks the learning rate. The setting with the largest effect on quality."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from precompute.dictionary.autoencoder import draw_autoencoder
from precompute.dictionary.course import Course
from precompute.dictionary.engines import Engine, OnCells
from precompute.dictionary.feed import Cells, Feed
from precompute.dictionary.fit import fit, steps_per_epoch
from precompute.dictionary.rebuilding import calibrate, explained
from precompute.dictionary.settings import Settings

CANDIDATES = (1e-3, 3e-3, 1e-2, 3e-2)
_CELLS = 8192
_CELLS_LEARNT = 128_000
_FEWEST_STEPS = 200
_SEED = 0


def draw_sample(rows: np.ndarray) -> np.ndarray:
    """Return at most 8,192 of the rows, ascending; the same ones for every seed."""
    if len(rows) <= _CELLS:
        return rows
    return np.sort(np.random.default_rng(_SEED).choice(rows, _CELLS, replace=False))


def short_run(settings: Settings, n_cells: int) -> Settings:
    """Return the settings of a run that learns about 128,000 cells, in 200 steps or more.

    Batches have the size of the real training, on which the best rate depends; a short run
    has no more epochs than it.

    Parameters
    ----------
    n_cells : cells of the real training.
    """
    size = settings.batch_size(n_cells)
    n_sample = min(n_cells, _CELLS)
    n_sample -= _n_held_out(n_sample)
    size = min(size, n_sample)
    n_steps = max(_FEWEST_STEPS, _CELLS_LEARNT // size)
    epochs = math.ceil(n_steps / max(1, n_sample // size))
    if n_cells <= _CELLS:
        epochs = min(epochs, settings.epochs)
    return replace(
        settings, epochs=epochs, cells_per_batch=size, held_out=0.0, patience=None, resample=False
    )


def cells_to_learn(settings: Settings, n_cells: int) -> int:
    """Return how many cells the short runs of a check learn, all together."""
    short = short_run(settings, n_cells)
    n_training = min(n_cells, _CELLS) - _n_held_out(min(n_cells, _CELLS))
    size = short.batch_size(n_training)
    return short.epochs * steps_per_epoch([n_training], size) * size * len(CANDIDATES)


def _n_held_out(n_sample: int) -> int:
    return n_sample // 5 if n_sample >= 10 else 0


def choose_learning_rate(
    cells: Cells,
    rows: np.ndarray,
    settings: Settings,
    make_engine: Callable[[Settings], Engine],
    on_cells: OnCells,
) -> float:
    """Return the candidate whose short run explains most variance of held-out cells.

    The choice depends on the cells and the settings only, not on the seeds that are trained
    afterwards, so every seed of a data set gets the same learning rate. A fifth of a sample of
    the cells is held out (with fewer than 10 cells, none: the training cells are used again).

    Parameters
    ----------
    cells : all cells.
    rows : those of the real training.
    settings : of the real training.
    make_engine : makes what trains the candidates, side by side.
    on_cells : called with the number of cells learnt.
    """
    short = short_run(settings, len(rows))
    sample = np.random.default_rng(_SEED).permutation(draw_sample(rows))
    n_held_out = _n_held_out(len(sample))
    training = np.sort(sample[n_held_out:])
    held_out = np.sort(sample[:n_held_out]) if n_held_out else training
    feed = Feed(cells, training)
    model = draw_autoencoder(_SEED, settings.n_latents, cells.informative)
    calibrate(model, feed.chunk(0, 0)[:4096], settings.k)
    n_steps = short.epochs * steps_per_epoch(feed.sizes, short.batch_size(len(training)))
    courses = [Course(_SEED, model.copy(), candidate, n_steps) for candidate in CANDIDATES]
    fit(courses, feed, short, make_engine(short), on_cells=on_cells)
    test = cells.scaled(held_out)
    scores = [explained(course.model, test, settings.k) for course in courses]
    return CANDIDATES[int(np.argmax(scores))]
