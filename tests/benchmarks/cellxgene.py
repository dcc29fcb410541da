"""Colouring a map by one column, against cellxgene 1.3: same cells, same values, in turns.

cellxgene lives in an environment of its own, outside the project; pip resolves what works:

    python3 -m venv CELLXGENE
    CELLXGENE/bin/pip install 'cellxgene==1.3.0' 'setuptools<81'
    python -m tests.benchmarks.cellxgene --cellxgene CELLXGENE/bin/cellxgene STORE...

The activations of the store become genes of an h5ad; both programs then colour by the same ones.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scconcepts_app.store import ConceptStore
from tests.benchmarks.as_h5ad import write_h5ad
from tests.benchmarks.drawn import (
    WATCH_WEBGL,
    heap,
    new_page,
    open_browser,
    show_row,
    time_repaint,
)
from tests.benchmarks.served import (
    HOST,
    Served,
    fetch,
    free_port,
    memory,
    serve,
    serve_stores,
    spread,
    time_requests,
)
from tests.benchmarks.serving import Measured
from tests.benchmarks.tables import markdown

_ACCEPTED = {
    "Accept": "application/octet-stream",  # cellxgene answers 406 to anything else
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
_OBS = "donor"


@dataclass
class Numbers:
    """What one program took; times in milliseconds."""

    concept: list[float] = field(default_factory=list)
    obs: list[float] = field(default_factory=list)
    bytes_of: dict[str, float] = field(default_factory=dict)
    repaint: list[float] = field(default_factory=list)
    heaps: list[float] = field(default_factory=list)
    start: float = 0.0
    rss: float = 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every store, and print a table for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cellxgene")
    parser.add_argument("stores", nargs="+", type=Path)
    parser.add_argument("--cellxgene", type=Path, required=True, help="its program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--columns", type=int, default=4, help="concepts in each round")
    options = parser.parse_args(arguments)
    for path in options.stores:
        measured = Measured(ConceptStore.open(path))
        ours, theirs = compare(measured, options.cellxgene, options.rounds, options.columns)
        print(f"### {measured.title} cells\n")
        print(tabulate(ours, theirs), "\n")


def compare(
    measured: Measured, program: Path, n_rounds: int, n_columns: int
) -> tuple[Numbers, Numbers]:
    """Serve one store by both programs, and measure them in turns."""
    concepts = measured.median_concepts(n_rounds * n_columns)
    ours, theirs = Numbers(), Numbers()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        h5ad = Path(folder) / "cells.h5ad"
        write_h5ad(measured.store, h5ad)
        command = [str(program), "launch", str(h5ad), "--host", HOST, "--port", str(port)]
        command += ["--disable-annotations", "--disable-gene-sets-save", "--embedding", "umap"]
        with (
            serve(command, "/api/v0.2/config", port, limit_s=600) as other,
            serve_stores([measured.store.path], workers=1) as own,
            open_browser() as browser,
        ):
            ours.start, theirs.start = own.seconds, other.seconds
            time_routes(measured, own, other, concepts, ours, theirs)
            for number in range(n_rounds):
                part = concepts[number::n_rounds]
                draw_ours(browser, own, part, ours)
                draw_theirs(browser, other, part, theirs)
            ours.rss = sum(memory(pid)["rss"] for pid in own.processes()[1:])
            theirs.rss = sum(memory(pid)["rss"] for pid in other.processes())
    return ours, theirs


def time_routes(
    measured: Measured,
    own: Served,
    other: Served,
    concepts: Sequence[str],
    ours: Numbers,
    theirs: Numbers,
) -> None:
    """Time server and transfer of the same columns, one after the other from either program."""
    base = measured.paths()[0].rpartition("/activations/")[0]
    api = "/api/v0.2"
    pairs = [
        ("concept", f"{base}/activations/{name}", f"{api}/data/var?var:name_0={name}")
        for name in concepts
    ]
    pairs += [("obs", f"{base}/obs/{_OBS}", f"{api}/annotations/obs?annotation-name={_OBS}")] * 8
    for what, mine, its in pairs:
        for served, path, numbers in ((own, mine, ours), (other, its, theirs)):
            # The second of two: what a program keeps for itself may be there.
            taken = time_requests(served.port, [path] * 2, headers=_ACCEPTED)
            getattr(numbers, what).append(float(taken[1]))
            numbers.bytes_of[f"{what} {path}"] = len(fetch(served.port, path, _ACCEPTED)[1])


def draw_ours(browser, own: Served, concepts: Sequence[str], numbers: Numbers) -> None:
    """Open the map and switch concepts: each is fetched, decoded, drawn, and its panels filled."""
    with new_page(browser, WATCH_WEBGL) as page:
        page.goto(f"{own.url}/concept/c0001")
        page.wait_for_selector("#cell-map[data-painted^='c0001']")
        page.wait_for_timeout(3000)
        numbers.heaps.append(sum(heap(page).values()))
        for name in concepts:
            if name != "c0001":
                numbers.repaint.append(time_repaint(page, show_row(page, name)))


def draw_theirs(browser, other: Served, concepts: Sequence[str], numbers: Numbers) -> None:
    """Open the map, add the genes, which fetches them, and then colour by one after the other."""
    with new_page(browser, WATCH_WEBGL) as page:
        page.goto(other.url)
        page.wait_for_selector(f'[data-testid="colorby-{_OBS}"]')
        page.wait_for_function(
            "() => window.gl.drawn.length && performance.now() - window.gl.last > 3000"
        )
        numbers.heaps.append(sum(heap(page).values()))
        for name in concepts:
            page.fill('[data-testid="gene-search"]', name)
            page.wait_for_timeout(400)
            page.keyboard.press("Enter")
            page.wait_for_selector(f'[data-testid="histogram-{name}-plot"]')
        for name in concepts:
            numbers.repaint.append(time_repaint(page, f'[data-testid="colorby-{name}"]'))


def tabulate(ours: Numbers, theirs: Numbers) -> str:
    """Return the table of both, with ratios of medians."""

    def sized(numbers: Numbers, what: str) -> list[float]:
        return [size / 1e3 for name, size in numbers.bytes_of.items() if name.startswith(what)]

    rows = [
        ("server and transfer of a concept, ms", ours.concept, theirs.concept, 1),
        (f"server and transfer of {_OBS}, ms", ours.obs, theirs.obs, 1),
        ("bytes of a concept, KB", sized(ours, "concept"), sized(theirs, "concept"), 1),
        (f"bytes of {_OBS}, KB", sized(ours, "obs"), sized(theirs, "obs"), 1),
        ("click to repaint, ms", ours.repaint, theirs.repaint, 0),
        ("heap and typed arrays after load, MB", ours.heaps, theirs.heaps, 1),
        ("start to first answer, s", [ours.start], [theirs.start], 1),
        ("RSS of the server, MB", [ours.rss], [theirs.rss], 0),
    ]
    return markdown(
        ["", "scConcepts", "cellxgene", "ratio"],
        [
            [
                name,
                spread(mine, digits),
                spread(its, digits),
                f"{statistics.median(its) / statistics.median(mine):.1f}",
            ]
            for name, mine, its, digits in rows
        ],
    )


if __name__ == "__main__":
    main()
