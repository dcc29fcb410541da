"""Counts the work done by several threads and reports it now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Progress = Callable[[int, int], None]
_PAUSE = 0.1  # seconds between reports


class Ticker:
    """Reports (done, total) in cells learnt by a seed, the unit in which time is even.

    Parameters
    ----------
    progress : called from one thread at a time; None reports nothing.
    total : the work that is expected; may change, as when a training ends early.
    """

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.total, self.done = total, 0
        self._progress, self._lock, self._last = progress, threading.Lock(), 0.0

    def add(self, n_cells: int) -> None:
        """Count work, and report it unless that was done a moment ago."""
        with self._lock:
            self.done += n_cells
            now = time.monotonic()
            if self._progress is not None and now - self._last >= _PAUSE:
                self._last = now
                self._progress(self.done, self.total)

    def finish(self) -> None:
        """Report that all work is done."""
        with self._lock:
            self.done = self.total
            if self._progress is not None:
                self._progress(self.total, self.total)
