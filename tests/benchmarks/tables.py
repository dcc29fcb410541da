"""Markdown tables and bootstrap intervals for the benchmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a markdown table; the first column is left-aligned, the others right."""
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def interval(values: np.ndarray, seed: int = 0) -> str:
    """Return the 95 % bootstrap interval of the mean of values, NaN left out."""
    known = values[np.isfinite(values)]
    if not len(known):
        return "[?]"
    drawn = np.random.default_rng(seed).integers(0, len(known), (2000, len(known)))
    low, high = np.quantile(known[drawn].mean(axis=1), [0.025, 0.975])
    return f"[{low:+.3f}, {high:+.3f}]"
