"""The grid that a map is drawn on, and the order in which the browser wants the cells."""

from __future__ import annotations

import numpy as np

QUANTA = 65535


def quantise(xy: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Return the map on a grid of 16 bits a side, uint16, and x_min, y_min and side of it.

    The grid is square, so that the aspect of the map is kept.
    """
    low = xy.min(axis=0).astype(np.float64)
    side = float((xy.max(axis=0) - low).max()) or 1.0
    grid = np.rint((xy - low) / side * QUANTA).astype(np.uint16)
    return grid, [float(low[0]), float(low[1]), side]


def order_by_morton(grid: np.ndarray) -> np.ndarray:
    """Return the cells in Morton order of their grid position: neighbours stand together.

    The order makes the gaps between the active cells of a concept small (FORMAT.md,
    'payloads').
    """
    code = _spread_bits(grid[:, 0]) | (_spread_bits(grid[:, 1]) << np.uint64(1))
    return np.argsort(code, kind="stable")


def _spread_bits(values: np.ndarray) -> np.ndarray:
    """Return the 16 bits of each value on the even bits of a 32-bit number."""
    bits = values.astype(np.uint64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
