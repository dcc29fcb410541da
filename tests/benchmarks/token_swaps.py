"""Slopes of a token model beside exact swaps, for genes that leave, change or enter.

python -m tests.benchmarks.token_swaps WORKSPACE [--cells 4 --counterfactual nearest]

WORKSPACE is that of a run with kind = "scgpt" or "geneformer".
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from precompute.attribution.concept import rank_correlation
from precompute.attribution.gradient import gradient_effects
from precompute.attribution.pairs import Pairs
from precompute.attribution.swap import swap_effects
from precompute.device import threads_for
from precompute.rerun import open_run
from precompute.stages.attribution import make_run_setting
from tests.benchmarks.tables import markdown

_FEWEST = 6  # genes of a kind, to rank them


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--cells", type=int, default=4, help="of each concept")
    parser.add_argument("--counterfactual", default="nearest")
    options = parser.parse_args()
    run = open_run(options.workspace, None, None)
    setting = make_run_setting(run, options.counterfactual)
    found = []
    with threads_for(run.model.n_weights):
        for concept in range(run.dictionary.n_latents):
            pairs = setting.pairs(concept, setting.choose(concept)[: options.cells])
            exact = swap_effects(setting.readout, pairs)
            found += compare(pairs, gradient_effects(setting.readout, pairs), exact)
    print(f"{len(found)} pairs of a cell and a concept, medians.\n")
    heads = ["genes", "number", "share of the effects", "rank correlation", "slope"]
    rows = [
        [kind, *(f"{value:.2f}" for value in np.nanmedian([one[kind] for one in found], axis=0))]
        for kind in found[0]
    ]
    print(markdown(heads, rows))


def compare(pairs: Pairs, slopes: np.ndarray, exact: np.ndarray) -> list[dict[str, list[float]]]:
    """Return for each pair and kind of genes how effects of slopes follow exact ones.

    Returns
    -------
    for each kind number of genes, their share of the exact effects in absolute value, rank
    correlation, and the slope of effects by exact ones through 0.
    """
    found = []
    for cell, other, ours, true in zip(
        pairs.expression, pairs.profiles[0], slopes, exact, strict=True
    ):
        changed = cell != other
        kinds = {
            "leave": changed & (other == 0),
            "change": changed & (cell > 0) & (other > 0),
            "enter": changed & (cell == 0),
            "all": changed,
        }
        whole = np.abs(true).sum()
        rows = {kind: _describe(ours[genes], true[genes], whole) for kind, genes in kinds.items()}
        alone = np.where(kinds["leave"], ours, 0)[changed]
        rows["all, if only those that leave counted"] = _describe(alone, true[changed], whole)
        found.append(rows)
    return found


def _describe(ours: np.ndarray, true: np.ndarray, whole: float) -> list[float]:
    number, share = len(true), float(np.abs(true).sum() / whole)
    if number < _FEWEST:
        return [number, share, np.nan, np.nan]
    return [number, share, rank_correlation(ours, true), float(ours @ true / (true @ true))]


if __name__ == "__main__":
    main()
