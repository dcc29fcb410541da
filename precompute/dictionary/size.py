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
RECURRING = 2 / 3
_STEPS = 10
_PER_DOUBLING = 3
_SEEDS = (0, 1, 2)
_CELLS = 16_384


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
    """Return the largest size of which two thirds of the latents come back under other seeds.

    A latent comes back if a dictionary of another seed has one whose activations correlate
    by .7 with its own; the mean over the pairs of three dictionaries counts. It falls with the
    size, so halving the list finds the size in four trainings or fewer. Larger dictionaries
    explain more, but of what they hold the next run would find little again
    (docs/benchmarks/recurrence.md). Like the learning rate, the size depends on the cells and
    the settings alone, not on the seeds of a run.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding); at most 16,384 of them are used.
    settings : all but the number of latents.
    progress : called with (sizes tried, sizes to try at most).

    Returns
    -------
    int
        The smallest size on offer where no size qualifies.
    """
    cells = check_embeddings(_draw(embeddings))
    sizes = offer_sizes(cells.shape[1], settings.k, len(cells))
    low, high = 0, len(sizes)  # sizes[low] is taken, sizes[high] is too large
    tried, most = 0, max(1, (len(sizes) - 1).bit_length())
    while high - low > 1:
        middle = (low + high) // 2
        trial = replace(settings, n_latents=sizes[middle], held_out=0.0, patience=None)
        found = train_dictionaries(cells, trial, _SEEDS, device).dictionaries
        low, high = (middle, high) if _recurrence(found, cells) >= RECURRING else (low, middle)
        tried += 1
        if progress:
            progress(min(tried, most), most)
    return sizes[low]


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
