"""What the cell map can be coloured by, and the bytes of obs columns for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn

MISSING_BYTE = 255
MISSING_PAIR = 65535
N_LEVELS = 254


def list_obs_colors(store: ConceptStore) -> dict[str, dict[str, Any]]:
    """Return for each obs column what the map's legend needs, by key."""
    return {column.key: _describe(store, column) for column in store.manifest.obs}


def encode_obs(store: ConceptStore, column: ObsColumn) -> bytes:
    """Return one code a cell: categories, or 255 levels of a number; the largest is missing.

    Categories take one byte, or two (little endian) when there are more than 254. A number v is
    the level ``round(254 * (v - min) / (max - min))``.
    """
    if column.kind == "categorical":
        codes = np.asarray(store.array(f"obs/{column.key}/codes"))
        wide = len(column.categories) > N_LEVELS
        missing, dtype = (MISSING_PAIR, "<u2") if wide else (MISSING_BYTE, "u1")
        known = (codes >= 0) & (codes < len(column.categories))
        return np.where(known, codes, missing).astype(dtype).tobytes()
    values = np.asarray(store.array(f"obs/{column.key}/values"), dtype=float)
    known = np.isfinite(values)
    low, high = limits_of(values)
    span = (high - low) or 1.0
    levels = np.full(len(values), MISSING_BYTE, dtype=np.uint8)
    levels[known] = np.rint(N_LEVELS * (values[known] - low) / span).astype(np.uint8)
    return levels.tobytes()


def _describe(store: ConceptStore, column: ObsColumn) -> dict[str, Any]:
    if column.kind == "categorical":
        return {
            "kind": "category",
            "title": column.name,
            "bytes": 2 if len(column.categories) > N_LEVELS else 1,
            "categories": column.categories,
        }
    low, high = limits_of(np.asarray(store.array(f"obs/{column.key}/values"), dtype=float))
    return {"kind": "number", "title": column.name, "unit": "", "min": low, "max": high}


def limits_of(values: np.ndarray) -> tuple[float, float]:
    """Return the smallest and largest finite value; zeros where there is none."""
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
