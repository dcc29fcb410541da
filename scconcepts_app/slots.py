"""How many slow answers are made at once, over all workers: background jobs and h5ad files.

A slot is a locked file of the cache folder. The system frees the lock of a process that ends, in
whatever way it ends, so no slot is ever lost.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scconcepts_app.settings import Settings

log = logging.getLogger(__name__)


class BusyError(Exception):
    """All slots are taken; the message says how many, and that nothing was begun."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"Busy: {most} of at most {most} slow answers are being made, so nothing was begun. "
            "Try again in a moment."
        )


class Slots:
    """Room for so many slow answers.

    Parameters
    ----------
    settings : ``max_jobs``, and ``cache_dir``, which all workers share. Where it cannot be
        written each worker counts for itself.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.cache_dir / "slots"
        self._most = settings.max_jobs
        self._here = threading.BoundedSemaphore(settings.max_jobs)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a slot for a while, without waiting for it.

        Raises
        ------
        BusyError
            None is free.
        """
        try:
            free = self._lock()
        except OSError as error:
            log.warning("%s: no slots (%s); each worker counts for itself", self._folder, error)
            with self._count():
                yield
            return
        try:
            yield
        finally:
            # Closing is not enough: a job that was started meanwhile has a copy of the handle.
            fcntl.flock(free, fcntl.LOCK_UN)
            os.close(free)

    def _lock(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(self._most):
            handle = os.open(self._folder / str(number), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(handle)
                if not isinstance(error, BlockingIOError):
                    raise
            else:
                return handle
        raise BusyError(self._most)

    @contextmanager
    def _count(self) -> Iterator[None]:
        if not self._here.acquire(blocking=False):
            raise BusyError(self._most)
        try:
            yield
        finally:
            self._here.release()
