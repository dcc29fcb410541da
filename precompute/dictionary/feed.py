"""Cells on their way to the training: centred, scaled, shuffled, a part at a time in memory."""

from __future__ import annotations

import mmap
from dataclasses import dataclass

import numpy as np

from precompute.dictionary.checks import check_matrix, refuse_rows

_CHUNK_BYTES = 128 * 2**20
_CELLS_PER_BLOCK = 256
_CELLS_PER_READ = 16_384


class Cells:
    """Embeddings of an array or of a mapped file, with their mean and scale.

    Attributes
    ----------
    center : (d_embedding,) float32, mean over all cells.
    scale : root mean square of the centred embeddings, over all entries.
    informative : (d_embedding,) bool, False for columns that do not vary.

    Raises
    ------
    InputError
        Embeddings that are no finite matrix of numbers.
    """

    def __init__(self, embeddings: np.ndarray) -> None:
        self._embeddings = check_matrix(embeddings)
        self.n_cells, self.d_embedding = embeddings.shape
        with np.errstate(over="ignore", invalid="ignore"):  # such rows are refused by name
            self._measure()

    def _measure(self) -> None:
        first = self._read(slice(1)).astype(np.float32)[0].astype(np.float64)
        sums, squares = np.zeros((2, self.d_embedding))
        varies = np.zeros(self.d_embedding, bool)
        bad: list[np.ndarray] = []
        for start in range(0, self.n_cells, _CELLS_PER_READ):
            read = self._read(slice(start, start + _CELLS_PER_READ)).astype(np.float32)
            bad.append(start + np.flatnonzero(~np.isfinite(read).all(axis=1)))
            block = read.astype(np.float64)
            varies |= (block != first).any(axis=0)
            block -= first  # keeps the squares small where the mean is far from 0
            sums += block.sum(axis=0)
            squares += np.square(block).sum(axis=0)
        refuse_rows(np.concatenate(bad), self.n_cells)
        mean = sums / self.n_cells
        self.center = (first + mean).astype(np.float32)
        # Not the variance of the mean in float64: what float32 cells will be centred on.
        off = first + mean - self.center.astype(np.float64)
        spread = squares / self.n_cells - mean**2 + off**2
        self.scale = float(np.sqrt(np.maximum(spread, 0)[varies].sum() / self.d_embedding))
        self.informative = varies

    def scaled(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return chosen cells, centred and scaled, float32 in memory of their own.

        Parameters
        ----------
        rows : ascending, so that a file is read forwards.
        """
        cells = self._read(rows).astype(np.float32)
        cells -= self.center
        cells /= np.float32(self.scale)
        cells[:, ~self.informative] = 0
        return cells

    def _read(self, rows: np.ndarray | slice) -> np.ndarray:
        source = self._embeddings
        if isinstance(source, np.memmap) and isinstance(source.base, mmap.mmap) and source.filename:
            # A map of its own: pages that were read count as resident until they are unmapped.
            order = "C" if source.flags.c_contiguous else "F"
            fresh = np.memmap(
                source.filename, source.dtype, "r", source.offset, source.shape, order
            )
            return np.array(fresh[rows])
        return source[rows]


@dataclass(eq=False)
class Feed:
    """Some of the cells, in an order that is new in every epoch.

    All of them at once where they fit into 128 MiB. Else an epoch is a sequence of chunks,
    each made of blocks of 256 neighbouring cells from all over the file: cells of a file are
    often sorted, by donor or type. The order of a chunk is each seed's own.

    Parameters
    ----------
    cells : all cells.
    rows : ascending, those to train on.
    chunk_bytes : the most that is held in memory.
    """

    cells: Cells
    rows: np.ndarray
    chunk_bytes: int = _CHUNK_BYTES

    def __post_init__(self) -> None:
        n_rows = len(self.rows)
        per_chunk = max(4096, self.chunk_bytes // (4 * self.cells.d_embedding))
        n_chunks = -(-n_rows // per_chunk)
        self._ends = np.linspace(0, n_rows, n_chunks + 1).astype(np.int64)
        self._whole = self.cells.scaled(self.rows) if n_chunks == 1 else None

    @property
    def sizes(self) -> list[int]:
        """Number of cells in each chunk of an epoch."""
        return np.diff(self._ends).tolist()

    def chunk(self, epoch: int, index: int) -> np.ndarray:
        """Return one chunk of an epoch, (n_cells, d_embedding), centred and scaled."""
        if self._whole is not None:
            return self._whole
        n_rows = len(self.rows)
        starts = np.arange(0, n_rows, _CELLS_PER_BLOCK)
        np.random.default_rng([epoch, n_rows]).shuffle(starts)
        lengths = np.minimum(_CELLS_PER_BLOCK, n_rows - starts)
        ends = np.cumsum(lengths)
        low, high = self._ends[index : index + 2]
        blocks = np.flatnonzero((ends > low) & (ends - lengths < high))
        places = np.concatenate([np.arange(starts[b], starts[b] + lengths[b]) for b in blocks])
        skipped = low - (ends[blocks[0]] - lengths[blocks[0]])
        chosen = places[skipped : skipped + high - low]
        return self.cells.scaled(np.sort(self.rows[chosen]))
