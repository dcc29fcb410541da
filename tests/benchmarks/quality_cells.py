"""Cells that dictionaries of several libraries are compared on, split in three, and their truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PARTS = ("training", "validation", "test")
SHARES = (0.6, 0.2)  # of the real cells, to train and to choose the learning rate on
N_CELLS = {"training": 20_000, "validation": 4000, "test": 4000}
D_EMBEDDING, N_DIRECTIONS, N_ACTIVE, NOISE = 512, 768, 12, 0.3


@dataclass(frozen=True)
class Case:
    """What is trained on which cells."""

    data: str
    n_latents: int
    k: int
    n_batch: int
    epochs: int

    def __str__(self) -> str:
        return f"{self.data}, {self.n_latents:,} latents, k={self.k}"


CASES = (
    Case("kang", 64, 4, 256, 100),
    Case("kang", 64, 8, 256, 100),
    Case("kang", 256, 4, 256, 100),
    Case("kang", 256, 8, 256, 100),
    Case("sparse", 1024, 16, 256, 10),
    Case("sparse", 1024, 32, 256, 10),
)


def make_parts(data: str, seed: int) -> dict[str, np.ndarray]:
    """Return the three parts, (n_cells, d_embedding) float32, and where known the truth.

    Of "sparse" ``directions`` are the (n_directions, d_embedding) that cells are made of, and
    ``codes`` their share in the test cells, (n_cells, n_directions).
    """
    if data == "sparse":
        return draw_sparse(seed)
    # Here, so that the process of another library need not have what trains a model.
    from tests.benchmarks.embedded import embed

    found = embed(data, seed)
    rows = np.random.default_rng(seed).permutation(len(found.embeddings))
    ends = (np.cumsum(SHARES) * len(rows)).astype(int)
    split = dict(zip(PARTS, np.split(rows, ends), strict=True))
    parts = {name: found.embeddings[chosen] for name, chosen in split.items()}
    if found.programmes is not None:
        parts["codes"] = found.programmes[split["test"]]
    return parts


def draw_sparse(seed: int) -> dict[str, np.ndarray]:
    """Return cells that are sums of few of many unit directions, and noise.

    A direction is in a cell with a probability that falls as a power of its rank (the rarest
    is in one cell of 250 or so), 12 on average; its share is 1 plus an exponential. The noise
    is 30 % of the standard deviation of the sums, hence 8 % of the variance. A mean far from 0
    is added, as embeddings have one.
    """
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(N_DIRECTIONS, D_EMBEDDING))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    often = (np.arange(N_DIRECTIONS) + 20.0) ** -0.75
    often *= N_ACTIVE / often.sum()
    mean = rng.normal(size=D_EMBEDDING) / 10
    parts = {"directions": directions.astype(np.float32)}
    for name, n_cells in N_CELLS.items():
        codes = (rng.random((n_cells, N_DIRECTIONS)) < often).astype(np.float32)
        codes *= 1 + rng.exponential(size=codes.shape).astype(np.float32)
        cells = codes @ directions
        spread = cells.std(axis=0).mean()
        cells += NOISE * spread * rng.normal(size=cells.shape) + mean
        parts[name] = cells.astype(np.float32)
    return parts | {"codes": codes}
