"""Who takes the steps: compiled loops on the CPU, or one batched program on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Protocol

import numpy as np
import torch

from precompute.dictionary.course import Course
from precompute.dictionary.dense_step import DenseBank
from precompute.dictionary.settings import Settings
from precompute.dictionary.sparse_step import SparseStep

OnCells = Callable[[int], None]


class Engine(Protocol):
    """Takes the steps of several seeds over a chunk of cells."""

    def train(
        self, courses: Sequence[Course], cells: np.ndarray, orders: Sequence, on_cells: OnCells
    ) -> None:
        """Train each course on the batches of its own order, and add to its sums.

        Parameters
        ----------
        courses : none of them has ended.
        cells : (n_cells, d_embedding), centred and scaled.
        orders : for each course (n_steps, cells_per_batch), rows of `cells`.
        on_cells : called with the number of cells learnt by a seed, from any thread.
        """


class SparseEngine:
    """Sparse steps on the CPU. Seeds learn in threads of their own and never wait for another.

    Parameters
    ----------
    settings : of all courses.
    n_threads : spread over the seeds; the rest within the batches of each.
    """

    def __init__(self, settings: Settings, n_threads: int) -> None:
        self._settings, self._n_threads = settings, n_threads
        self._steps: dict[int, SparseStep] = {}

    def train(
        self, courses: Sequence[Course], cells: np.ndarray, orders: Sequence, on_cells: OnCells
    ) -> None:
        """See `Engine`."""

        def learn(course: Course, order: np.ndarray) -> None:
            step = self._step_of(course, order.shape[1], n_inner)
            for chosen in order:
                residual, total = step.step(cells, chosen, course.rate())
                course.residual += residual
                course.total += total
                on_cells(len(chosen))

        n_outer = min(len(courses), self._n_threads)
        n_inner = max(1, self._n_threads // n_outer)
        if n_outer == 1:
            for course, order in zip(courses, orders, strict=True):
                learn(course, order)
            return
        waiting: SimpleQueue = SimpleQueue()
        for course, order in zip(courses, orders, strict=True):
            waiting.put((course, np.array_split(order, _n_parts(len(courses), n_outer))))
        with ThreadPoolExecutor(n_outer) as pool:
            list(pool.map(lambda _: _take_turns(learn, waiting), range(n_outer)))

    def _step_of(self, course: Course, n_cells: int, n_threads: int) -> SparseStep:
        if id(course) not in self._steps:
            after = _cells_of_an_epoch(course, self._settings, n_cells)
            step = SparseStep(course.model, self._settings, n_cells, n_threads, after)
            self._steps[id(course)] = step
        return self._steps[id(course)]


def _n_parts(n_courses: int, n_threads: int) -> int:
    """Return in how many parts seeds learn, so that no thread is idle while others learn two.

    Five seeds on two threads would take three rounds; in two halves each they take five half ones.
    """
    return 1 if n_courses % n_threads == 0 else n_threads


def _take_turns(learn: Callable[[Course, np.ndarray], None], waiting: SimpleQueue) -> None:
    """Let the course that waits longest learn its next part, until none waits.

    A course is in the queue or with one thread, so that its parts come in their order.
    """
    while True:
        try:
            course, parts = waiting.get_nowait()
        except Empty:
            return
        learn(course, parts[0])
        if len(parts) > 1:
            waiting.put((course, parts[1:]))


class DenseEngine:
    """All seeds in one batched tensor program, on any device of torch."""

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self._settings, self._device = settings, device

    def train(
        self, courses: Sequence[Course], cells: np.ndarray, orders: Sequence, on_cells: OnCells
    ) -> None:
        """See `Engine`."""
        after = _cells_of_an_epoch(courses[0], self._settings, orders[0].shape[1])
        models = [course.model for course in courses]
        bank = DenseBank(models, self._settings, self._device, after)
        on_device = torch.from_numpy(cells).to(self._device)
        places = torch.from_numpy(np.stack(orders)).to(self._device)
        sums = torch.zeros(2, len(courses), dtype=torch.float64, device=self._device)
        for batch in range(places.shape[1]):
            rates = [course.rate() for course in courses]
            x = on_device[places[:, batch]]
            sums += torch.stack(bank.step(x, rates))
            for course in courses:
                course.model.n_steps += 1
            on_cells(places.shape[2] * len(courses))
        bank.write_back()
        for course, residual, total in zip(courses, *sums.tolist(), strict=True):
            course.residual += residual
            course.total += total


def make_engine(settings: Settings, device: torch.device) -> Engine:
    """Return what takes the steps of a training on a device."""
    if device.type == "cpu":
        return SparseEngine(settings, torch.get_num_threads())
    return DenseEngine(settings, device)


def _cells_of_an_epoch(course: Course, settings: Settings, per_batch: int) -> int:
    return course.n_steps // settings.epochs * per_batch
