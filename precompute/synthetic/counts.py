"""Draws the negative binomial counts of simulated cells, and their library sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from precompute.synthetic.plan import ACTIVITY_SHAPE, Plan

_LIBRARY_CORRELATION = 0.9
_LIBRARY_SPREAD = 0.35
_DONOR_SHIFT = 0.15
_INVERSE_DISPERSION = 4.0
_VALUES_PER_BLOCK = 4_000_000


def draw_counts(
    obs: pd.DataFrame,
    activity: np.ndarray,
    plan: Plan,
    library_size: float,
    rng: np.random.Generator,
) -> sp.csr_matrix:
    """Return negative binomial counts (n_cells, n_genes), as a Poisson of a gamma."""
    n_cells, n_genes = len(obs), plan.drivers.shape[1]
    n_donors = len(obs["donor"].cat.categories)
    baseline = rng.normal(0.0, 1.0, n_genes)
    shift = rng.normal(0.0, _DONOR_SHIFT, (n_donors, n_genes))
    library = library_size * _draw_library(activity[:, plan.of_kind("library")], rng)
    changes = plan.drivers + plan.bystanders
    donors = obs["donor"].cat.codes.to_numpy()
    blocks = []
    step = max(1, _VALUES_PER_BLOCK // n_genes)
    for start in range(0, n_cells, step):
        cells = slice(start, start + step)
        rate = np.exp(baseline + shift[donors[cells]] + activity[cells] @ changes)
        mean = library[cells, None] * rate / rate.sum(axis=1, keepdims=True)
        noise = rng.gamma(_INVERSE_DISPERSION, 1 / _INVERSE_DISPERSION, mean.shape)
        blocks.append(sp.csr_matrix(rng.poisson(mean * noise).astype(np.float32)))
    return sp.vstack(blocks, format="csr")


def _draw_library(technical: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return library sizes (n_cells,) around 1 that go with technical activities.

    Parameters
    ----------
    technical : (n_cells, n_library) activities, each gamma distributed with mean 1.
    """
    n_cells, n_library = len(technical), technical.shape[1]
    if n_library == 0:
        return rng.lognormal(0.0, _LIBRARY_SPREAD, n_cells)
    shared = ((technical - 1) * np.sqrt(ACTIVITY_SHAPE)).sum(axis=1) / np.sqrt(n_library)
    own = np.sqrt(1 - _LIBRARY_CORRELATION**2) * rng.normal(size=n_cells)
    return np.exp(_LIBRARY_SPREAD * (_LIBRARY_CORRELATION * shared + own))
