"""Two primitives over plain arrays: text columns and columns ragged by an owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StringColumn(Sequence[str]):
    """Text of any length, read one by one from a memory map.

    Attributes
    ----------
    offsets : (n+1,) int64, start of each text in `utf8`, then the end.
    utf8 : (n_bytes,) uint8.
    """

    offsets: np.ndarray
    utf8: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index):  # type: ignore[override]
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = int(index)
        if not -len(self) <= i < len(self):
            raise IndexError(i)
        i %= len(self)
        return bytes(self.utf8[self.offsets[i] : self.offsets[i + 1]]).decode()

    def __iter__(self) -> Iterator[str]:
        data, offsets = bytes(self.utf8), self.offsets.tolist()
        return (data[a:b].decode() for a, b in zip(offsets[:-1], offsets[1:], strict=True))


@dataclass(frozen=True)
class Ragged:
    """Rows that belong to owners: row ``offsets[i]`` to ``offsets[i+1]`` of every column is i's."""

    offsets: np.ndarray
    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def span(self, owner: int) -> slice:
        """Return the rows of `owner`."""
        return slice(int(self.offsets[owner]), int(self.offsets[owner + 1]))

    def rows(self, owner: int) -> dict[str, np.ndarray]:
        """Return each column cut to the rows of `owner`, as views of the memory map."""
        span = self.span(owner)
        return {name: column[span] for name, column in self.columns.items()}

    def counts(self) -> np.ndarray:
        """Return the number of rows of each owner, (n_owners,) int64."""
        return np.diff(self.offsets)


def encode_strings(texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the two arrays of a `StringColumn`, ``offsets`` and ``utf8``."""
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(piece) for piece in encoded], out=offsets[1:])
    return {"offsets": offsets, "utf8": np.frombuffer(b"".join(encoded), dtype=np.uint8)}


def encode_ragged(rows: Sequence[Mapping[str, np.ndarray]], dtypes: Mapping[str, str]):
    """Return ``offsets`` and one array a column from the owners' rows, in the given dtypes.

    Raises
    ------
    ValueError
        The columns of an owner differ in length.
    """
    lengths = [len(row[next(iter(dtypes))]) for row in rows]
    for owner, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        if any(len(row[name]) != length for name in dtypes):
            raise ValueError(f"columns of owner {owner} differ in length")
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    columns = {
        name: np.concatenate([np.asarray(row[name], dtype) for row in rows])
        if rows
        else np.empty(0, dtype)
        for name, dtype in dtypes.items()
    }
    return {"offsets": offsets, **columns}
