"""The training loop over epochs and chunks. Knows nothing of files or of dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from precompute.dictionary.course import Course
from precompute.dictionary.engines import Engine, OnCells
from precompute.dictionary.feed import Feed
from precompute.dictionary.rebuilding import explained, resample
from precompute.dictionary.settings import Settings

_RESAMPLING = 0.5  # share of the epochs in which latents are given new directions
_TO_DRAW_FROM = 4096


@dataclass
class Place:
    """The next chunk of a training."""

    epoch: int = 0
    chunk: int = 0


def steps_per_epoch(sizes: Sequence[int], per_batch: int) -> int:
    """Return the number of whole batches in the chunks; the partial one of each is left out."""
    return sum(size // per_batch for size in sizes)


def fit(
    courses: Sequence[Course],
    feed: Feed,
    settings: Settings,
    engine: Engine,
    held_out: np.ndarray | None = None,
    place: Place | None = None,
    on_cells: OnCells = lambda n_cells: None,
    on_chunk: Callable[[Place], None] = lambda place: None,
) -> None:
    """Train all courses to their ends, from `place` on.

    Parameters
    ----------
    courses : trained side by side, each by itself.
    feed : the training cells.
    settings : epochs, batches, and the options.
    engine : takes the steps.
    held_out : (n_cells, d_embedding), centred and scaled; measured after each epoch.
    place : where a former run stopped.
    on_cells : called with the number of cells learnt by a seed since the last call.
    on_chunk : called after each chunk with the place of the next one.
    """
    place = place or Place()
    sizes = feed.sizes
    per_batch = settings.batch_size(sum(sizes))
    n_learnt = steps_per_epoch(sizes, per_batch) * per_batch
    while place.epoch < settings.epochs:
        running = [course for course in courses if not course.ended]
        if not running:
            return
        for index in range(place.chunk, len(sizes)):
            cells = feed.chunk(place.epoch, index)
            orders = [
                _order([course.seed, place.epoch, index], len(cells), per_batch)
                for course in running
            ]
            engine.train(running, cells, orders, on_cells)
            place.chunk = index + 1
            if place.chunk < len(sizes):
                on_chunk(place)
        for course in running:
            _end_epoch(course, settings, held_out)
            if settings.resample and place.epoch < _RESAMPLING * settings.epochs:
                dead = np.flatnonzero(course.model.idle >= n_learnt)
                seed = [course.seed, place.epoch]
                resample(course.model, dead, cells[:_TO_DRAW_FROM], settings.k, seed)
        place.epoch, place.chunk = place.epoch + 1, 0
        on_chunk(place)


def _order(seed: list[int], n_cells: int, per_batch: int) -> np.ndarray:
    """Return the rows of each batch of a chunk, (n_batches, per_batch)."""
    order = np.random.default_rng(seed).permutation(n_cells)
    n_batches = n_cells // per_batch
    return order[: n_batches * per_batch].reshape(n_batches, per_batch)


def _end_epoch(course: Course, settings: Settings, held_out: np.ndarray | None) -> None:
    course.end_epoch()
    if held_out is not None:
        course.held_out.append(explained(course.model, held_out, settings.k))
        if settings.patience is not None:
            course.stop_early(settings.patience)
