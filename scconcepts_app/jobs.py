"""Slow questions in processes of their own, with progress and cancel, shared by all workers.

Dash's background callbacks over diskcache. Finished results are kept under what was asked, so
that a link to one shows it again; labels are never kept here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
from dash import DiskcacheManager
from diskcache import Cache, Timeout
from multiprocess import Process

from scconcepts_app import __version__
from scconcepts_app.own_folder import make_own
from scconcepts_app.settings import Settings
from scconcepts_app.slots import Slots
from scconcepts_app.views.cell_selection import Selection

log = logging.getLogger(__name__)

_KEPT_SECONDS = 14 * 24 * 3600
_MOST_BYTES = 512 * 1024**2
_WATCH_SECONDS = 0.5
_FAULTS = (OSError, sqlite3.Error, Timeout)


class Jobs:
    """Where slow questions are answered, and what came out.

    Parameters
    ----------
    settings : ``cache_dir``; where it cannot be written there are no jobs.

    Attributes
    ----------
    manager : for background callbacks; None without a folder.
    slots : how many slow answers may be made at once.
    problem : why there is none, in words; empty when all is well.

    Raises
    ------
    SettingsError
        The folder for jobs is another user's, or others can write to it.
    """

    def __init__(self, settings: Settings) -> None:
        folder = settings.cache_dir / "jobs"
        self.manager: _Manager | None = None
        self._results: Cache | None = None
        self.slots = Slots(settings)
        self.problem = ""
        try:
            make_own(folder)
            self._results = Cache(str(folder / "results"), size_limit=_MOST_BYTES)
            self.manager = _Manager(Cache(str(folder / "running")))
        except _FAULTS as error:
            self.problem = (
                f"{folder}: cannot be written ({_say(error)}), so nothing that takes long can run. "
                "Set SCCONCEPTS_CACHE_DIR to a folder that can be written, and start again."
            )
            log.warning("%s", self.problem)

    def name(self, question: str, **what: Any) -> str:
        """Return the name of the answer to a question: equal questions share it.

        Parameters
        ----------
        what : everything that the answer depends on, the store's digest included.
        """
        text = json.dumps([__version__, question, what], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def name_comparison(self, digest: str, first: Selection, second: Selection) -> str:
        """Return the name of a differential expression: one set of cells against another."""
        return self.name(
            "differential expression",
            digest=digest,
            sel=first.sel,
            where=first.where,
            against=second.where,
        )

    def find(self, name: str) -> Any | None:
        """Return a kept answer, None when there is none, or it cannot be read."""
        if self._results is None:
            return None
        try:
            text = self._results.get(name)
        except _FAULTS as error:
            log.error("the answer %s could not be read: %s", name, _say(error))
            return None
        return json.loads(text) if isinstance(text, str) else None

    def keep(self, name: str, answer: Any) -> str:
        """Keep an answer of plain values for two weeks; return why not, empty for nothing."""
        if self._results is None:
            return self.problem
        try:
            self._results.set(name, json.dumps(answer), expire=_KEPT_SECONDS)
        except _FAULTS as error:
            log.error("the answer %s could not be kept: %s", name, _say(error))
            return f"The answer could not be kept ({_say(error)}). Run it again."
        return ""


class _Manager(DiskcacheManager):
    """Runs the jobs of one app. Dash registers jobs for all managers of a process alike.

    The first job of a name is the app's own: those of a later app would answer with its stores.
    """

    functions: Any = ()  # those of other apps

    def register(self, key: str, fn: Callable[..., Any], progress: Any) -> None:
        """Take a job, once."""
        if key not in self.func_registry:
            super().register(key, fn, progress)

    def call_job_fn(self, key: str, job_fn: Any, args: Any, context: Any) -> int | None:
        """Start a job; return the id of its process, which ends with the server at the latest."""
        process = Process(
            target=_run,
            args=(job_fn, os.getpid(), key, self._make_progress_key(key), args, context),
            daemon=True,
        )
        process.start()
        # An ended process stays in the table until someone asks for its status.
        threading.Thread(target=process.join, daemon=True).start()
        return process.pid

    # A job may end by itself between two looks at it, which Dash does not expect.

    def terminate_job(self, job: int | str | None) -> None:
        """End a job, if it has not ended."""
        with suppress(psutil.NoSuchProcess):
            super().terminate_job(job)

    def job_running(self, job: int | str) -> bool:
        """Say whether a job is at work."""
        try:
            return super().job_running(job)
        except psutil.NoSuchProcess:
            return False


def _run(job_fn: Callable[..., None], parent: int, *args: Any) -> None:
    """Run a job in its process, politely, and not beyond the end of the server."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a worker's handler would only take a note
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends the job
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)  # pages come first
    job_fn(*args)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


def _say(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
