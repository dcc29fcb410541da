"""One GSEA library in a process of its own: the gene sets of a file on its rankings, timed.

Started by `gsea_peers` in the environment of the library, which need not have anything else of
this project. The arguments are the name of a tool, an npz of rankings and sets, and where to write
the answers with the CPU seconds of each ranking.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

PERMUTATIONS = 1000
Answer = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def main() -> None:
    tool, source, target = sys.argv[1:]
    parts = np.load(source)
    sets = np.split(parts["genes"], np.cumsum(parts["sizes"])[:-1])
    rankings = parts["rankings"]
    # Compiles and loads; of other values, for what a tool keeps of rankings it has seen.
    TOOLS[tool](rankings[:1, ::-1], sets[:3])
    rows = []
    for ranking in rankings:
        started = cpu_seconds()
        answer = TOOLS[tool](ranking[None], sets)
        rows.append((cpu_seconds() - started, answer))
    seconds = np.array([row[0] for row in rows])
    es, nes, p, q = (np.array([row[1][i] for row in rows]) for i in range(4))
    np.savez(target, seconds=seconds, es=es, nes=nes, p=p, q=q)


def cpu_seconds() -> float:
    """Return CPU seconds of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def by_blitzgsea(ranking: np.ndarray, sets: list[np.ndarray], center: bool) -> Answer:
    """Run `blitzgsea.gsea` with its defaults, and the signature moved to a mean of 0 or not.

    In two processes: with one, version 1.3.54 ends with a TypeError.
    """
    import blitzgsea

    signature = pd.DataFrame({0: [f"g{i}" for i in range(ranking.size)], 1: ranking[0]})
    library = {f"s{i}": [f"g{g}" for g in found] for i, found in enumerate(sets)}
    table = blitzgsea.gsea(
        signature, library, min_size=1, processes=2, center=center, permutations=PERMUTATIONS
    ).loc[list(library)]
    return (*(table[name].to_numpy(float) for name in ("es", "nes", "pval")), _unknown(sets))


def by_decoupler(ranking: np.ndarray, sets: list[np.ndarray]) -> Answer:
    """Run `decoupler.mt.gsea`, which gives NES with the q of Benjamini and Hochberg."""
    import decoupler

    data = pd.DataFrame(ranking, ["r"], [f"g{i}" for i in range(ranking.size)])
    names = [f"s{i}" for i in range(len(sets))]
    net = pd.DataFrame(
        {
            "source": np.repeat(names, [len(found) for found in sets]),
            "target": [f"g{g}" for found in sets for g in found],
        }
    )
    nes, q = decoupler.mt.gsea(data, net, tmin=1, times=PERMUTATIONS)
    return (
        _unknown(sets),
        nes.loc["r", names].to_numpy(float),
        _unknown(sets),
        q.loc["r", names].to_numpy(float),
    )


def _unknown(sets: list[np.ndarray]) -> np.ndarray:
    return np.full(len(sets), np.nan)


TOOLS: dict[str, Callable[[np.ndarray, list[np.ndarray]], Answer]] = {
    "blitzgsea": lambda ranking, sets: by_blitzgsea(ranking, sets, center=True),
    "blitzgsea, not centred": lambda ranking, sets: by_blitzgsea(ranking, sets, center=False),
    "decoupler": by_decoupler,
}


if __name__ == "__main__":
    main()
