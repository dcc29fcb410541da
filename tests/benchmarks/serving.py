"""The app at 10,000, 100,000 and a million cells: server, transfer, browser, memory.

python -m tests.benchmarks.serving STORE...     (stores of `python -m precompute synthetic`)
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scconcepts_app.store import ConceptStore
from tests.benchmarks.drawn import (
    heap,
    load_cold,
    new_page,
    open_browser,
    switch_concept,
    wait_for_picture,
)
from tests.benchmarks.served import Served, memory, serve_stores, spread, time_requests
from tests.benchmarks.tables import markdown

N_TURNS, N_ONE, N_TWENTY = 4, 100, 300


@dataclass
class Measured:
    """Numbers of one store; times in milliseconds."""

    store: ConceptStore
    start_s: list[float] = field(default_factory=list)
    one: list[float] = field(default_factory=list)
    twenty: list[float] = field(default_factory=list)
    repaint: list[float] = field(default_factory=list)
    payload: list[float] = field(default_factory=list)
    heaps: list[dict[str, float]] = field(default_factory=list)
    workers: list[dict[str, float]] = field(default_factory=list)
    cold: list[dict[str, float]] = field(default_factory=list)
    slow: list[dict[str, float]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Its cells."""
        return f"{self.store.n_cells:,}"

    def sizes(self) -> np.ndarray:
        """Bytes of each concept's payload."""
        return np.diff(self.store.array("payloads/activations/offsets"))

    def median_concepts(self, n: int) -> list[str]:
        """Ids of the n concepts whose payloads are nearest to the median, in the order of ids."""
        sizes = self.sizes()
        nearest = np.argsort(np.abs(sizes - np.median(sizes)), kind="stable")[:n]
        return [self.store.concept_ids[c] for c in np.sort(nearest)]

    def paths(self) -> list[str]:
        """Payload addresses of all concepts."""
        key = self.store.path.name.removesuffix(".store")
        base = f"/api/{key}/{self.store.manifest.digest[:12]}/activations"
        return [f"{base}/{name}" for name in self.store.concept_ids]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every store `--rounds` times in turns, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.serving")
    parser.add_argument("stores", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--switches", type=int, default=5, help="concepts in each round")
    options = parser.parse_args(arguments)
    found = [Measured(ConceptStore.open(path)) for path in options.stores]
    rng = np.random.default_rng(0)
    with open_browser() as browser:
        for number in range(options.rounds):
            measure_round(browser, found, rng, number, options.switches)
    report(found)


def measure_round(
    browser, found: list[Measured], rng: np.random.Generator, number: int, n_switches: int
) -> None:
    """Serve all stores, and add numbers of each in short turns: what else runs here hits all."""
    with ExitStack() as stack:
        servers = []
        for one in found:
            servers.append(stack.enter_context(serve_stores([one.store.path])))
            one.start_s.append(servers[-1].seconds)
        pairs = list(zip(found, servers, strict=True))
        for _ in range(N_TURNS):
            for one, served in pairs:
                ask(one, served.port, rng)
        switch_in_turns(browser, pairs, number, n_switches)
        for megabits in (None, 20):
            for one, served in pairs:
                first = one.store.concept_ids[0]
                taken = load_cold(browser, f"{served.url}/concept/{first}", first, megabits)
                (one.slow if megabits else one.cold).append(taken)
        for one, served in pairs:
            time_requests(served.port, one.paths())  # all were read, so their pages are counted
            one.workers += [memory(pid) for pid in served.processes()[1:]]


def ask(one: Measured, port: int, rng: np.random.Generator) -> None:
    """Time payloads of concepts at random, for one client and for 20 at once."""
    paths = one.paths()
    drawn = [paths[i] for i in rng.integers(len(paths), size=N_ONE + N_TWENTY)]
    one.one += time_requests(port, drawn[:N_ONE]).tolist()
    one.twenty += time_requests(port, drawn[N_ONE:], clients=20).tolist()


def switch_in_turns(
    browser, pairs: list[tuple[Measured, Served]], number: int, n_switches: int
) -> None:
    """Open a map of each store, and switch concepts of median size, one map after the other."""
    with ExitStack() as stack:
        pages = []
        for one, served in pairs:
            page = stack.enter_context(new_page(browser))
            first = one.store.concept_ids[0]
            page.goto(f"{served.url}/concept/{first}")
            wait_for_picture(page, first)
            page.wait_for_timeout(2500)
            one.heaps.append(heap(page))
            names = one.median_concepts(3 * n_switches)[number % 3 :: 3]
            pages.append((one, page, [name for name in names if name != first]))
        for turn in range(n_switches):
            for one, page, names in pages:
                if turn < len(names):
                    page.bring_to_front()
                    timed = switch_concept(page, names[turn])
                    one.repaint.append(timed["repaint"])
                    one.payload.append(timed["payload"])


def report(found: list[Measured]) -> None:
    """Print the tables: one column a store."""
    heads = ["", *(f"{one.title} cells" for one in found)]
    print(markdown(heads, [[name, *map(show, found)] for name, show in _ROWS]), "\n")
    first, last = found[0], found[-1]
    for name, values in (("repaint", "repaint"), ("payload, 1 client", "one")):
        ratio = statistics.median(getattr(last, values)) / statistics.median(getattr(first, values))
        print(f"{name}: {ratio:.2f} times from {first.title} to {last.title} cells")


def _quantiles(values: Sequence[float]) -> str:
    return "{:.1f} / {:.1f}".format(*np.quantile(values, [0.5, 0.95]))


def _each(records: list[dict[str, float]], name: str, scale: float = 1, digits: int = 0) -> str:
    return spread([record[name] * scale for record in records], digits)


_ROWS: list[tuple[str, Callable[[Measured], str]]] = [
    ("start to first answer, s", lambda m: spread(m.start_s, 2)),
    ("payload of a concept, KB, median", lambda m: f"{np.median(m.sizes()) / 1e3:.1f}"),
    ("payload of a concept, KB, p95", lambda m: f"{np.quantile(m.sizes(), 0.95) / 1e3:.1f}"),
    ("payload route, 1 client, ms, p50 / p95", lambda m: _quantiles(m.one)),
    ("payload route, 20 clients, ms, p50 / p95", lambda m: _quantiles(m.twenty)),
    ("switch of a median concept: payload in the browser, ms", lambda m: spread(m.payload, 1)),
    ("switch of a median concept: click to repaint, ms", lambda m: spread(m.repaint)),
    ("JS heap: objects, MB", lambda m: _each(m.heaps, "objects", 1, 1)),
    ("JS heap: typed arrays, MB", lambda m: _each(m.heaps, "buffers", 1, 1)),
    ("a worker: RSS with mapped files, MB", lambda m: _each(m.workers, "rss")),
    ("a worker: PSS, MB", lambda m: _each(m.workers, "pss")),
    ("a worker: USS, MB", lambda m: _each(m.workers, "uss")),
    ("a worker: anonymous (no file), MB", lambda m: _each(m.workers, "anonymous")),
    ("cold deep link: first contentful paint, ms", lambda m: _each(m.cold, "paint")),
    ("cold deep link: map drawn, ms", lambda m: _each(m.cold, "map")),
    ("cold deep link, 20 Mbit/s, 20 ms: first paint, ms", lambda m: _each(m.slow, "paint")),
    ("cold deep link, 20 Mbit/s, 20 ms: map drawn, ms", lambda m: _each(m.slow, "map")),
    ("cold deep link: JS, KB", lambda m: _each(m.cold, "js", 1e-3)),
    ("cold deep link: CSS, KB", lambda m: _each(m.cold, "css", 1e-3)),
    ("cold deep link: the rest (page, data), KB", lambda m: _each(m.cold, "rest", 1e-3)),
]


if __name__ == "__main__":
    main()
