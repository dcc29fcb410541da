"""A concept switch of ours against a plain Dash callback on Scattergl, in turns in one run.

python -m tests.benchmarks.scattergl STORE      (100,000 cells of `python -m precompute synthetic`)
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from scconcepts_app.store import ConceptStore
from tests.benchmarks.drawn import (
    WATCH_WEBGL,
    heap,
    new_page,
    open_browser,
    show_row,
    time_repaint,
)
from tests.benchmarks.served import HOST, free_port, serve, serve_stores, spread
from tests.benchmarks.serving import Measured
from tests.benchmarks.tables import markdown

_DRAWN = "() => window.gl.drawn.length && performance.now() - window.gl.last > 3000"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both `--switches` times in turns, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scattergl")
    parser.add_argument("store", type=Path)
    parser.add_argument("--switches", type=int, default=9)
    options = parser.parse_args(arguments)
    measured = Measured(ConceptStore.open(options.store))
    ours, theirs, heaps = compare(measured, options.switches)
    ratio = statistics.median(theirs) / statistics.median(ours)
    rows = [
        ["click to repaint, ms", spread(ours), spread(theirs), f"{ratio:.1f}"],
        [
            "heap and typed arrays, MB",
            *(f"{size:.1f}" for size in heaps),
            f"{heaps[1] / heaps[0]:.1f}",
        ],
    ]
    print(markdown([f"{measured.title} cells", "scConcepts", "Scattergl", "ratio"], rows))


def compare(
    measured: Measured, n_switches: int
) -> tuple[list[float], list[float], tuple[float, float]]:
    """Return milliseconds of each switch of ours and theirs, and MB of both heaps at the end."""
    port = free_port()
    made = f'tests.benchmarks.scattergl_app:make("{measured.store.path.resolve()}")'
    command = [sys.executable, "-m", "gunicorn", made, "-b", f"{HOST}:{port}"]
    ours, theirs = [], []
    with (
        serve([*command, "--no-control-socket"], "/", port) as other,
        serve_stores([measured.store.path], workers=1) as own,
        open_browser() as browser,
        new_page(browser, WATCH_WEBGL) as mine,
        new_page(browser, WATCH_WEBGL) as its,
    ):
        mine.goto(f"{own.url}/concept/c0001")
        its.goto(other.url)
        for page in (mine, its):
            page.wait_for_function(_DRAWN)
        for name in measured.median_concepts(n_switches):
            if name != "c0001":
                mine.bring_to_front()
                ours.append(time_repaint(mine, show_row(mine, name)))
            its.bring_to_front()
            theirs.append(time_repaint(its, "#next"))
        sizes = [sum(heap(page).values()) for page in (mine, its)]
    return ours, theirs, (sizes[0], sizes[1])


if __name__ == "__main__":
    main()
