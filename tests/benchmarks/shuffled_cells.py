"""Writes cells with shuffled genes as data of their own, for a model that never saw real ones.

Run from the project's root:
    python -m tests.benchmarks.shuffled_cells CELLS.h5ad SHUFFLED.h5ad
"""

from __future__ import annotations

import sys
from pathlib import Path

import anndata as ad
import numpy as np
import scipy.sparse as sp

from precompute.nulls import shuffle_genes


def main(source: Path, target: Path) -> None:
    """Shuffle the raw counts in X and keep everything else."""
    cells = ad.read_h5ad(source)
    counts = sp.csr_matrix(cells.X)
    cells.X, _ = shuffle_genes(counts, np.asarray(counts.sum(axis=1)).ravel(), seed=0)
    cells.write_h5ad(target)
    print(target)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
