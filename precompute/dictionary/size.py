"""How many latents the cells support: the most that come back under other seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from precompute.dictionary.checks import check_embeddings
from precompute.dictionary.model import Dictionary
from precompute.dictionary.settings import Settings
from precompute.dictionary.similarity import activation_matrix, activation_spread, partner_share
from precompute.dictionary.train import train_dictionaries

LARGEST = 2.0  # latents for each dimension
RECURRING = 0.75
_STEPS = 10
_PER_DOUBLING = 3
_SEEDS = (0, 1, 2)
_CELLS = 8192


def offer_sizes(d_embedding: int, k: int, n_cells: int) -> list[int]:
    """Return the numbers of latents to choose from, ascending.

    From a quarter of `d_embedding` to twice it, three to a doubling; not fewer than 2k, nor
    more than cells. One at least.
    """
    shares = LARGEST * 2.0 ** (-np.arange(_STEPS) / _PER_DOUBLING)
    sizes = sorted({round(share * d_embedding) for share in shares})
    most = max(2, min(sizes[-1], n_cells))
    return [n for n in sizes if 2 * k <= n <= most] or [max(most, k)]


def choose_size(
    embeddings: np.ndarray,
    settings: Settings,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Return the largest size of which three quarters of the latents come back.

    A latent comes back if a dictionary of another seed has one whose activations correlate
    by .7 with its own; the mean over the pairs of three dictionaries counts. Sizes are tried
    from the largest down. Larger dictionaries explain more, but of what they hold the next
    run would find little again (docs/benchmarks/recurrence.md). Like the learning rate, the
    size depends on the cells and the settings alone, not on the seeds of a run.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding); at most 8,192 of them are used.
    settings : all but the number of latents.
    progress : called with (sizes tried, sizes on offer).

    Returns
    -------
    int
        The smallest size on offer where no size qualifies.
    """
    cells = check_embeddings(_draw(embeddings))
    sizes = offer_sizes(cells.shape[1], settings.k, len(cells))
    for tried, size in enumerate(reversed(sizes[1:]), start=1):
        trial = replace(settings, n_latents=size, held_out=0.0, patience=None)
        found = train_dictionaries(cells, trial, _SEEDS, device).dictionaries
        if progress:
            progress(tried, len(sizes) - 1)
        if _recurrence(found, cells) >= RECURRING:
            return size
    return sizes[0]


def _draw(embeddings: np.ndarray) -> np.ndarray:
    if len(embeddings) <= _CELLS:
        return np.asarray(embeddings)
    rows = np.random.default_rng(0).choice(len(embeddings), _CELLS, replace=False)
    return np.asarray(embeddings[np.sort(rows)])


def _recurrence(dictionaries: list[Dictionary], cells: np.ndarray) -> float:
    """Return the mean share of living latents with a partner, over ordered pairs."""
    activations = [activation_matrix(*d.activate(cells), d.n_latents) for d in dictionaries]
    living = [matrix[:, activation_spread(matrix) > 0] for matrix in activations]
    pairs = [(a, b) for a in range(len(living)) for b in range(len(living)) if a != b]
    return float(np.mean([partner_share(living[a], living[b]) for a, b in pairs]))
