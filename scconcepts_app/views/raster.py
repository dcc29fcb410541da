"""The cell map as an array of pixels, for browsers that cannot draw it: highest values on top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.store.payload import decode_payload
from scconcepts_app.views import ramps
from scconcepts_app.views.colors import (
    MISSING_BYTE,
    MISSING_PAIR,
    N_LEVELS,
    encode_obs,
    limits_of,
)

_PADDING = 18  # pixels beside the outermost cells
_MIDDLE = 127
_SLACK = 0.1  # of a level: what rounding took from a threshold in an address


@dataclass(frozen=True)
class Layer:
    """Cells with a colour; the others are grey.

    Attributes
    ----------
    cells : (n,) which cells, in the order they are drawn.
    levels : (n,) row of `palette` of each of these cells.
    palette : (n_levels, 3) RGB.
    """

    cells: np.ndarray
    levels: np.ndarray
    palette: np.ndarray


def layer_of_column(payload: np.ndarray, theme: str, limits: tuple[float, float] | None) -> Layer:
    """Return the layer of a sparse column: activations of a concept, expression of a gene.

    `limits` are the lowest and highest value drawn, None for all.
    """
    cells, values = decode_payload(payload)
    top = float(values.max(initial=0.0))
    levels = np.rint(values / (top or 1.0) * 255).astype(np.int64)
    return _sort(cells, levels, levels, ramps.sequential(theme), limits, (0.0, top / 255))


def layer_of_difference(
    first: np.ndarray,
    second: np.ndarray,
    n_cells: int,
    theme: str,
    limits: tuple[float, float] | None,
) -> Layer:
    """Return the layer of one sparse column minus another; the largest differences lie on top."""
    values, active = np.zeros(n_cells, np.float32), np.zeros(n_cells, bool)
    for payload, sign in ((first, 1), (second, -1)):
        cells, column = decode_payload(payload)
        values[cells] += sign * column
        active[cells] = True
    cells = np.flatnonzero(active)
    limit = float(np.abs(values).max(initial=0.0))
    levels = np.rint(_MIDDLE + _MIDDLE * values[cells] / (limit or 1.0)).astype(np.int64)
    scale = (-limit, limit / _MIDDLE)
    return _sort(cells, levels, np.abs(levels - _MIDDLE), ramps.diverging(theme), limits, scale)


def layer_of_obs(
    store: ConceptStore, column: ObsColumn, theme: str, limits: tuple[float, float] | None
) -> Layer:
    """Return the layer of an obs column; cells without a value are left out."""
    data = encode_obs(store, column)
    if column.kind == "categorical":
        wide = len(data) > store.n_cells
        codes = np.frombuffer(data, "<u2" if wide else "u1").astype(np.int64)
        cells = np.flatnonzero(codes != (MISSING_PAIR if wide else MISSING_BYTE))
        return Layer(cells, codes[cells], ramps.categories(len(column.categories)))
    levels = np.frombuffer(data, "u1").astype(np.int64)
    cells = np.flatnonzero(levels != MISSING_BYTE)
    low, high = limits_of(store.array(f"obs/{column.key}/values"))
    scale = (low, (high - low) / N_LEVELS)
    return _sort(cells, levels[cells], levels[cells], ramps.sequential(theme), limits, scale)


def draw_cells(
    store: ConceptStore, map_key: str, layer: Layer | None, theme: str, width: int, height: int
) -> np.ndarray:
    """Return the map as RGB pixels, (height, width, 3) uint8.

    All cells lie in grey below those of `layer`, of which the last ones lie on top.
    """
    columns, rows, size = _place(store.array(f"maps/{map_key}/quantised"), width, height)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = ramps.rgb(ramps.GROUND[theme])
    everywhere = _stamp(columns, rows, size, width, height)
    picture[everywhere > 0] = ramps.rgb(ramps.CELL[theme])
    if layer is not None and len(layer.cells):
        top = _stamp(columns[layer.cells], rows[layer.cells], size + 0.3, width, height)
        colored = top > 0
        picture[colored] = layer.palette[layer.levels[top[colored] - 1]]
    return picture


def _sort(
    cells: np.ndarray,
    levels: np.ndarray,
    ranks: np.ndarray,
    palette: np.ndarray,
    limits: tuple[float, float] | None,
    scale: tuple[float, float],
) -> Layer:
    """Return a layer in the order of `ranks`; `scale`: the value of level 0, and of a step."""
    order = np.argsort(ranks, kind="stable")
    start, step = scale
    if limits is not None and step > 0:
        low, high = ((limit - start) / step for limit in limits)
        kept = (levels[order] >= low - _SLACK) & (levels[order] <= high + _SLACK)
        order = order[kept]
    return Layer(cells[order], levels[order], palette)


def _place(grid: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return column and row of each cell, and the diameter of a cell, in pixels."""
    if not len(grid):
        return np.zeros(0, int), np.zeros(0, int), 1.0
    low, high = grid.min(axis=0).astype(float), grid.max(axis=0).astype(float)
    span = np.maximum(high - low, 7.0)
    room = np.maximum(np.array([width, height]) - 2.0 * _PADDING, 1.0)
    scale = float((room / span).min())
    middle = (low + high) / 2
    columns = (np.asarray(grid[:, 0]) - middle[0]) * scale + width / 2
    rows = height / 2 - (np.asarray(grid[:, 1]) - middle[1]) * scale
    area = float(np.prod(span)) * scale**2
    size = float(np.clip(np.sqrt(0.3 * area / len(grid)), 1.3, 6.0))
    fit = (np.clip(v, 0, n - 1).astype(np.int64) for v, n in ((columns, width), (rows, height)))
    return (*fit, size)  # type: ignore[return-value]


def _stamp(
    columns: np.ndarray, rows: np.ndarray, size: float, width: int, height: int
) -> np.ndarray:
    """Return for each pixel 1 + the last of the points whose disc covers it; 0 for none."""
    points = np.zeros((height, width), np.int32)
    points[rows, columns] = np.arange(1, len(rows) + 1)  # of equal places the last one stays
    reach = int(size / 2)
    covered = points.copy()
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if 0 < dx * dx + dy * dy <= (size / 2) ** 2:
                to, here = _overlap(dy, dx, height, width)
                np.maximum(covered[to], points[here], out=covered[to])
    return covered


def _overlap(dy: int, dx: int, height: int, width: int):
    def pair(shift: int, n: int) -> tuple[slice, slice]:
        return slice(max(shift, 0), n + min(shift, 0)), slice(max(-shift, 0), n - max(shift, 0))

    (to_rows, rows), (to_columns, columns) = pair(dy, height), pair(dx, width)
    return (to_rows, to_columns), (rows, columns)
