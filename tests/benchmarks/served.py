"""A server in its own process, what it answers on the loopback interface, and its memory."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.conftest import ROOT

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Served:
    """A server that answers. `seconds`: from its start to its first answer with status 200."""

    port: int
    process: subprocess.Popen
    seconds: float

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    def processes(self) -> list[int]:
        """Ids of the process and all below it."""
        return list_below(self.process.pid)


@contextmanager
def serve(
    command: Sequence[str],
    path: str,
    port: int,
    environ: Mapping[str, str] | None = None,
    limit_s: float = 120,
) -> Iterator[Served]:
    """Run a server until the block ends; `path` is asked for until it answers.

    The command runs in a group of its own, which is ended as a whole.
    """
    with tempfile.TemporaryFile() as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=log,
            stderr=log,
            env={**os.environ, **(environ or {})},
            start_new_session=True,
        )
        try:
            while not _answers(port, path):
                if process.poll() is not None or time.perf_counter() - start > limit_s:
                    log.seek(0)
                    raise RuntimeError(
                        f"{command[0]} did not start:\n{log.read().decode()[-2000:]}"
                    )
                time.sleep(0.02)
            yield Served(port, process, time.perf_counter() - start)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def serve_stores(stores: Sequence[Path], workers: int = 2) -> Iterator[Served]:
    """Serve stores by gunicorn as in production, with a new database and an empty cache."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            "SCCONCEPTS_STORES": os.pathsep.join(map(str, stores)),
            "SCCONCEPTS_ANNOTATIONS_URL": f"sqlite:///{folder}/labels.sqlite3",
            "SCCONCEPTS_CACHE_DIR": f"{folder}/cache",
        }
        gunicorn = [sys.executable, "-m", "gunicorn", "app:server", "-w", str(workers)]
        command = [*gunicorn, "-b", f"{HOST}:{port}", "--no-control-socket"]
        with serve(command, "/readyz", port, environ) as served:
            yield served


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on now."""
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


def _answers(port: int, path: str) -> bool:
    try:
        return fetch(port, path)[0] == 200
    except OSError:
        return False


def fetch(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Return status and bytes of one request on a connection of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def time_requests(
    port: int, paths: Sequence[str], clients: int = 1, headers: Mapping[str, str] | None = None
) -> np.ndarray:
    """Return milliseconds of each request when `clients` ask at once, each after its last answer.

    Raises
    ------
    RuntimeError
        An answer had another status than 200.
    """

    def ask(path: str) -> float:
        start = time.perf_counter()
        status, _ = fetch(port, path, headers)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        return 1000 * (time.perf_counter() - start)

    with ThreadPoolExecutor(clients) as pool:
        return np.array(list(pool.map(ask, paths)))


def list_below(pid: int) -> list[int]:
    """Return a process and all that it started, from /proc."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents[int(status.parent.name)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory(pid: int) -> dict[str, float]:
    """Return the memory of a process in MB: ``rss``, ``pss``, ``uss``, ``anonymous``.

    rss counts pages of files that are mapped, shared with other workers and with the system's
    cache; pss counts a shared page in parts; uss what would be free without the process;
    anonymous what belongs to no file.
    """
    kilobytes: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        kilobytes[name] = int(rest.split()[0])
    found = {
        "rss": kilobytes["Rss"],
        "pss": kilobytes["Pss"],
        "uss": kilobytes["Private_Clean"] + kilobytes["Private_Dirty"],
        "anonymous": kilobytes["Anonymous"],
    }
    return {name: value * 1024 / 1e6 for name, value in found.items()}


def spread(values: Sequence[float] | np.ndarray, digits: int = 0) -> str:
    """Return the median with the range, such as ``12 (10-31)``."""
    low, middle, high = np.quantile(np.asarray(values, float), [0, 0.5, 1])
    return f"{middle:,.{digits}f} ({low:,.{digits}f}-{high:,.{digits}f})"
