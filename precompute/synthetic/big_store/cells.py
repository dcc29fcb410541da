"""Draws synthetic cells: type, donor, condition, depth, embedding and a map that follows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from precompute.grid import order_by_morton, quantise
from precompute.obs import Column, Obs
from precompute.synthetic.big_store.design import D_EMBEDDING, StoreDesign

N_TYPES, N_DONORS, N_STATES = 24, 12, 3
CHUNK = 8192  # cells worked on at once
_CONDITIONS = ["control", "stimulated"]
_STATE_LENGTHS = np.array([1.2, 0.8, 0.5], np.float32)
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class Axes:
    """Directions of the embedding that mean something; rows of length `D_EMBEDDING`.

    Attributes
    ----------
    types : (N_TYPES, d) mean of each cell type.
    states : (N_TYPES, N_STATES, d) continuous states within each type.
    donors : (N_DONORS, d) shift of each donor.
    response : (d,) shift of stimulated cells; `strength` (N_TYPES,) says how much.
    depth : (d,) direction of the log library size.
    """

    types: np.ndarray
    states: np.ndarray
    donors: np.ndarray
    response: np.ndarray
    strength: np.ndarray
    depth: np.ndarray


@dataclass(frozen=True)
class SyntheticCells:
    """Cells in Morton order of their map.

    Attributes
    ----------
    axes : what the embedding is made of.
    obs : cell_type, donor, condition, library_size, percent_mito, genes_detected.
    source_row : (n_cells,) place in the order of drawing.
    xy, grid, bounds : the map, the same on its grid, and the square of the grid.
    embeddings : (n_cells, d) float32.
    center, scale : mean, (d,), and root mean square of the centred embeddings.
    """

    axes: Axes
    obs: Obs
    source_row: np.ndarray
    xy: np.ndarray
    grid: np.ndarray
    bounds: list[float]
    embeddings: np.ndarray
    center: np.ndarray
    scale: float

    @property
    def library_size(self) -> np.ndarray:
        """Total counts, (n_cells,) float32."""
        return self.column("library_size").values

    def column(self, key: str) -> Column:
        """Return an obs column by its key."""
        return next(column for column in self.obs.columns if column.key == key)

    def standardise(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return embeddings of cells, centred and scaled as the dictionary reads them."""
        return (self.embeddings[rows] - self.center) / np.float32(self.scale)


def draw_cells(design: StoreDesign) -> SyntheticCells:
    """Draw the cells: 24 types from a seventh to a 200th of all, 12 donors, two conditions."""
    rng = np.random.default_rng([design.seed, 1])
    n, axes = design.n_cells, _draw_axes(rng)
    shares = np.geomspace(1.0, 0.035, N_TYPES)
    kind = rng.choice(N_TYPES, n, p=shares / shares.sum()).astype(np.int32)
    state = rng.standard_normal((n, N_STATES), dtype=np.float32)
    xy = _draw_map(rng, kind, state, shares / shares.sum())
    grid, bounds = quantise(xy)
    order = order_by_morton(grid)
    columns = _draw_columns(rng, kind[order])
    embeddings = _draw_embeddings(rng, axes, columns, state[order])
    center = embeddings.mean(axis=0, dtype=np.float64).astype(np.float32)
    squares = sum(float(np.square(embeddings[r] - center).sum()) for r in chunks(n))
    return SyntheticCells(
        axes=axes,
        obs=Obs(columns, ()),
        source_row=order,
        xy=xy[order],
        grid=grid[order],
        bounds=bounds,
        embeddings=embeddings,
        center=center,
        scale=float(np.sqrt(squares / embeddings.size)),
    )


def chunks(n: int, size: int = CHUNK) -> Iterator[slice]:
    """Yield slices of `size` that cover n rows."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _draw_axes(rng: np.random.Generator) -> Axes:
    lineages = rng.normal(0, 0.55, (6, D_EMBEDDING))
    states = rng.normal(0, 1, (N_TYPES, N_STATES, D_EMBEDDING))
    states /= np.linalg.norm(states, axis=2, keepdims=True)
    depth, response = rng.normal(0, 1, (2, D_EMBEDDING))
    return Axes(
        types=lineages[np.arange(N_TYPES) % 6] + rng.normal(0, 0.35, (N_TYPES, D_EMBEDDING)),
        states=states * _STATE_LENGTHS[:, None],
        donors=rng.normal(0, 0.08, (N_DONORS, D_EMBEDDING)),
        response=response / np.linalg.norm(response),
        strength=rng.uniform(0.2, 1.6, N_TYPES),
        depth=depth / np.linalg.norm(depth),
    )


def _draw_map(
    rng: np.random.Generator, kind: np.ndarray, state: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Return a map (n_cells, 2): one bent blob a type, with area after its share, on a spiral."""
    middle = np.sqrt(np.cumsum(shares) - shares / 2)
    angle = np.arange(N_TYPES) * _GOLDEN_ANGLE
    centres = 10 * middle[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    turn = rng.uniform(0, 2 * np.pi, N_TYPES)
    size = 2.9 * np.sqrt(shares)
    along, across = state[:, 0], 0.6 * state[:, 1] + 0.3 * (state[:, 0] ** 2 - 1)
    cosine, sine = np.cos(turn)[kind], np.sin(turn)[kind]
    local = np.stack([cosine * along - sine * across, sine * along + cosine * across], axis=1)
    noise = rng.normal(0, 0.06, (len(kind), 2))
    return (centres[kind] + size[kind][:, None] * (local + noise)).astype(np.float32)


def _draw_columns(rng: np.random.Generator, kind: np.ndarray) -> list[Column]:
    n = len(kind)
    weights = rng.dirichlet(np.full(N_DONORS, 8.0))
    donor = rng.choice(N_DONORS, n, p=weights).astype(np.int32)
    donor[rng.random(n) < 0.002] = -1  # a donor that was not recorded
    library = np.rint(np.exp(rng.normal(8.0, 0.35, n))).astype(np.float32)
    mito = (100 * rng.beta(2.0, 40.0, n)).astype(np.float32)
    mito[rng.random(n) < 0.001] = np.nan
    detected = np.rint(2500 * library / (library + 3000) * rng.normal(1, 0.05, n))
    names = [f"Type {i + 1:02d}" for i in range(N_TYPES)]
    donors = [f"Donor {i + 1:02d}" for i in range(N_DONORS)]
    condition = rng.integers(0, 2, n).astype(np.int32)
    return [
        Column("cell_type", "cell_type", "cell_type", names, kind),
        Column("donor", "donor", "donor", donors, donor),
        Column("condition", "condition", "condition", _CONDITIONS, condition),
        Column("library_size", "library_size", "qc", None, library),
        Column("percent_mito", "percent_mito", "qc", None, mito),
        Column("genes_detected", "genes_detected", "qc", None, detected.astype(np.float32)),
    ]


def _draw_embeddings(
    rng: np.random.Generator, axes: Axes, columns: list[Column], state: np.ndarray
) -> np.ndarray:
    """Return (n_cells, d) float32: type, state, donor, response, depth and noise added up."""
    kind, donor, condition = (column.values for column in columns[:3])
    depth = (np.log(columns[3].values) - 8.0) / 0.35
    found = np.empty((len(kind), D_EMBEDDING), np.float32)
    for rows in chunks(len(kind)):
        of = kind[rows]
        part = axes.types[of] + axes.donors[donor[rows]]
        part += np.einsum("cs,csd->cd", state[rows], axes.states[of])
        part += (condition[rows] * axes.strength[of])[:, None] * axes.response
        part += 0.5 * depth[rows, None] * axes.depth
        found[rows] = part + rng.normal(0, 0.2, part.shape)
    return found
