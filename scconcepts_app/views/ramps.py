"""Colours of the cell map for pictures made by the server: those of assets/map/ramps.js.

A test keeps the two equal. Arrays are RGB, uint8.
"""

from __future__ import annotations

import numpy as np

# Plasma (Smith and van der Walt 2015, CC0), of which each theme uses a part.
PLASMA = [
    "#0d0887",
    "#41049d",
    "#6a00a8",
    "#8f0da4",
    "#b12a90",
    "#cc4778",
    "#e16462",
    "#f2844b",
    "#fca636",
    "#fcce25",
    "#f0f921",
]
SPAN = {"light": (0.86, 0.0), "dark": (0.28, 1.0)}
POLES = {
    "light": ("#08315f", "#0072b2", "#d55e00", "#7a2f00"),
    "dark": ("#c4e6ff", "#56b4e9", "#f0894a", "#ffd9b8"),
}
CATEGORIES = [
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#8f7ee0",
    "#b3a100",
    "#332288",
    "#88ccee",
    "#44aa99",
    "#117733",
    "#999933",
    "#ddaa77",
    "#cc6677",
    "#882255",
]
# Of assets/tokens.css: the ground, and cells without a value.
GROUND = {"light": "#ffffff", "dark": "#11151b"}
CELL = {"light": "#dde1e8", "dark": "#39424f"}
THEMES = tuple(GROUND)


def sequential(theme: str) -> np.ndarray:
    """Return the 256 steps of a theme's ramp, lowest value first, (256, 3)."""
    first, last = SPAN[theme]
    return _interpolate(PLASMA, first + (last - first) * np.linspace(0, 1, 256))


def diverging(theme: str) -> np.ndarray:
    """Return the 255 steps of a theme's diverging ramp; the middle is the grey of cells."""
    low, high = POLES[theme][:2], POLES[theme][2:]
    return _interpolate([*low, CELL[theme], *high], np.linspace(0, 1, 255))


def categories(n: int) -> np.ndarray:
    """Return one colour a category, (n, 3), repeated as needed."""
    return np.array([rgb(CATEGORIES[i % len(CATEGORIES)]) for i in range(n)], np.uint8)


def rgb(css: str) -> tuple[int, int, int]:
    """Return the bytes of ``#rrggbb``."""
    red, green, blue = bytes.fromhex(css[1:])
    return red, green, blue


def _interpolate(anchors: list[str], places: np.ndarray) -> np.ndarray:
    points = np.array([rgb(anchor) for anchor in anchors], float)
    at = np.linspace(0, 1, len(anchors))
    return np.rint(np.stack([np.interp(places, at, p) for p in points.T], axis=1)).astype(np.uint8)
