"""The browser's sparse column: which cells have a value, and that value in one byte.

A concept or a gene touches few cells, and cells in Morton order make the gaps between them
small, so one byte a gap and one byte a value is close to what a general compressor reaches.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

HEADER = struct.Struct("<IIf")
LEVELS = 255
_SKIP = 255


def encode_payload(cells: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the payload bytes, uint8, of a sparse column.

    Parameters
    ----------
    cells : (n,) indices of the cells that have a value, in any order, without duplicates.
    values : (n,) values above 0.

    Notes
    -----
    Header ``<IIf``: number of entries, number of gap bytes, largest value. A gap byte below
    255 moves on by that many cells and stops there; 255 moves on by 255 without stopping.
    The walk starts at cell -1. A value byte b stands for ``b / 255 * largest``, at least 1.
    """
    order = np.argsort(cells, kind="stable")
    cells, values = np.asarray(cells, np.int64)[order], np.asarray(values, np.float64)[order]
    largest = np.float32(values.max(initial=0.0))
    gaps = np.diff(cells, prepend=-1)
    skips, steps = np.divmod(gaps, _SKIP)
    gap_bytes = np.full(int(skips.sum()) + len(cells), _SKIP, dtype=np.uint8)
    gap_bytes[np.cumsum(skips + 1) - 1] = steps
    scale = LEVELS / largest if largest > 0 else 0.0
    levels = np.clip(np.rint(values * scale), 1, LEVELS).astype(np.uint8)
    header = np.frombuffer(HEADER.pack(len(cells), len(gap_bytes), largest), dtype=np.uint8)
    return np.concatenate([header, gap_bytes, levels])


def decode_payload(payload: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells (n,) int64, ascending, and values (n,) float32 of a payload."""
    n_entries, n_gaps, largest = HEADER.unpack(bytes(payload[: HEADER.size]))
    gap_bytes = np.asarray(payload[HEADER.size : HEADER.size + n_gaps], dtype=np.int64)
    levels = np.asarray(payload[HEADER.size + n_gaps :], dtype=np.float32)
    cells = (np.cumsum(gap_bytes) - 1)[gap_bytes < _SKIP]
    if len(cells) != n_entries or len(levels) != n_entries:
        raise ValueError(f"payload says {n_entries} entries, holds {len(cells)} and {len(levels)}")
    return cells, levels * np.float32(largest / LEVELS)


def join_payloads(payloads: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the payloads of all owners as ``offsets`` (n_owners+1) and ``bytes``."""
    offsets = np.zeros(len(payloads) + 1, dtype=np.int64)
    np.cumsum([len(payload) for payload in payloads], out=offsets[1:])
    empty = np.empty(0, np.uint8)
    return {"offsets": offsets, "bytes": np.concatenate(payloads) if payloads else empty}
