"""One step of one autoencoder on the CPU: a dense encoder product, all else sparse.

The gradient is written out by hand and touches active latents only (an autograd graph would
multiply dense matrices four more times). It equals that of autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from precompute.dictionary.autoencoder import Autoencoder
from precompute.dictionary.auxiliary import Auxiliary, auxiliary_gradients, no_auxiliary
from precompute.dictionary.batch_selection import BatchSelection
from precompute.dictionary.kernels import (
    rebuild,
    select_top_k,
    sort_by_latent,
    update_latents,
)
from precompute.dictionary.settings import Settings
from precompute.dictionary.wide_selection import WIDTH, rebuild_twice

BETAS = (0.9, 0.999)
EPSILON = 1e-8
NEVER = np.iinfo(np.int64).max
_VALUES_PER_TILE = 2**21  # products of a tile stay in the cache until they are selected from
_LEAST_WORK = 2**24  # products of a batch from which threads are worth their start


class SparseStep:
    """The buffers of one autoencoder's steps, and the steps.

    For cells x: ``z = TopK(relu(x @ encoder.T + bias))``, ``x_hat = z @ decoder`` (Makhzani
    and Frey 2013; Gao et al. 2024), and the loss is the mean over cells of |x_hat - x|^2,
    summed over the nested prefixes of a Matryoshka autoencoder, with the loss of
    `auxiliary_gradients` and of `rebuild_twice` where the settings have them.

    Parameters
    ----------
    model : changed in place.
    settings : k, the variant and its prefixes.
    n_cells : cells of a batch.
    n_threads : threads for one batch; cells, then latents, are shared among them, which
        changes no sum but those inside the encoder product.
    dead_after : cells without an active one after which a latent takes part in the auxiliary
        loss.
    """

    def __init__(
        self,
        model: Autoencoder,
        settings: Settings,
        n_cells: int,
        n_threads: int = 1,
        dead_after: int = NEVER,
    ) -> None:
        n_latents, d_embedding = model.encoder.shape
        dtype = model.encoder.dtype
        self.model, self.k, self.bounds = model, settings.k, settings.bounds()
        self._auxk, self._dead_after, self._multi = settings.auxk, dead_after, settings.multi_topk
        self._width = width = min(WIDTH * self.k, n_latents) if self._multi else self.k
        self._nothing = no_auxiliary(model)
        worth = n_cells * n_latents * d_embedding >= _LEAST_WORK * n_threads
        self._n_threads = n_threads if worth else 1
        self._pool = ThreadPoolExecutor(self._n_threads) if self._n_threads > 1 else None
        self._x = np.empty((n_cells, d_embedding), dtype)
        self._batch: BatchSelection | None = None
        self._columns = np.empty((n_cells, width), np.int32)
        self._values = np.empty((n_cells, width), dtype)
        self._starts = np.arange(n_cells) * width
        self._counts = np.zeros(n_cells, np.int64)
        if settings.variant == "batch_topk":
            self._batch = BatchSelection(n_cells, n_latents, self.k, dtype)
        n_groups = 2 if self._multi else len(self.bounds)
        self._residual = np.empty((n_cells, n_groups, d_embedding), dtype)
        self._errors = np.empty(n_cells, dtype)
        self._slopes, self._cells, self._entries, self._groups = (
            np.empty(n_cells * width, kind) for kind in (dtype, np.int32, np.int32, np.uint8)
        )
        self._offsets = np.empty(n_latents + 1, np.int64)
        self._adam = np.empty(8, dtype)
        self._tiles: dict[int, np.ndarray] = {}

    def step(self, cells: np.ndarray, chosen: np.ndarray, learning_rate: float) -> tuple:
        """Take one Adam step on the chosen rows of `cells`.

        Returns
        -------
        The sums of |x_hat - x|^2, before the step, and of |x|^2 over the cells.
        """
        model, x = self.model, self._x
        np.take(cells, chosen, axis=0, out=x, mode="clip")
        columns, values, starts, stops = self._select(x)
        self._share(
            len(x), lambda low, high: self._rebuild(low, high, columns, values, starts, stops)
        )
        offsets = self._offsets
        sort_by_latent(columns, starts, stops, offsets, self._cells, self._entries)
        more = self._auxiliary(x)
        model.n_steps += 1
        _write_adam(self._adam, model.n_steps, learning_rate, len(x))
        self._share(
            len(model.encoder),
            lambda low, high: update_latents(
                low,
                high,
                x,
                self._residual,
                self._groups,
                offsets,
                self._cells,
                self._entries,
                values,
                self._slopes,
                more.place,
                more.gradients,
                model.weights,
                model.moments,
                self._adam,
            ),
        )
        model.idle += len(x)
        model.idle[self._active(columns, offsets)] = 0
        return float(self._errors.sum(dtype=np.float64)), float(np.vdot(x, x))

    def _rebuild(self, low: int, high: int, columns, values, starts, stops) -> None:
        """Write residuals, slopes, groups and errors of the cells `low` to `high`."""
        rows = slice(low, high)
        cells, decoder = self._x[rows], self.model.decoder
        where = (columns, values, starts[rows], stops[rows], self._residual[rows])
        written = (self._slopes, self._groups, self._errors[rows])
        if self._multi:
            weight = values.dtype.type(self._multi)
            self._groups[low * self._width : high * self._width] = 1  # places may stay unused
            rebuild_twice(cells, decoder, self.k, weight, *where, *written)
        else:
            rebuild(cells, decoder, self.bounds, *where, *written)

    def _active(self, columns: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return the latents among the k largest of some cell, as indices or as a mask."""
        if self._multi:
            return columns[self._groups == 0]
        return offsets[1:] > offsets[:-1]

    def _auxiliary(self, x: np.ndarray) -> Auxiliary:
        """Return what the auxiliary loss adds to the gradient."""
        if not self._auxk:
            return self._nothing
        dead = np.flatnonzero(self.model.idle >= self._dead_after)
        if not len(dead):
            return self._nothing
        miss = self._residual[:, -1]
        if self._multi:
            miss = self._residual[:, 0] - miss
        return auxiliary_gradients(self.model, x, miss, dead, self._auxk)

    def _select(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the active latents of the cells, as `rebuild` takes them."""
        bias = self.model.bias[:, 0]
        if self._batch is not None:
            tile = self._tile(0, len(x))
            self._batch.select(lambda: encoder_products(x, self.model.encoder, tile), bias)
            chosen = self._batch
            return chosen.columns, chosen.values, chosen.starts, chosen.stops

        def select(low: int, high: int) -> None:
            tile = self._tile(low, high)
            for rows, products in encoder_products(x[low:high], self.model.encoder, tile):
                places = slice(low + rows.start, low + rows.stop)
                columns, values = self._columns[places], self._values[places]
                select_top_k(products, bias, self._width, columns, values, self._counts[places])

        self._share(len(x), select)
        stops = self._starts + self._counts
        return self._columns.reshape(-1), self._values.reshape(-1), self._starts, stops

    def _tile(self, low: int, high: int) -> np.ndarray:
        """Return the buffer of the thread whose cells begin at `low`."""
        if low not in self._tiles:
            self._tiles[low] = make_tile(high - low, self.model.encoder)
        return self._tiles[low]

    def _share(self, n_rows: int, work: Callable[[int, int], object]) -> None:
        if self._pool is None:
            work(0, n_rows)
            return
        ends = np.linspace(0, n_rows, self._n_threads + 1).astype(int).tolist()
        list(self._pool.map(work, ends[:-1], ends[1:]))


def make_tile(n_cells: int, encoder: np.ndarray) -> np.ndarray:
    """Return the buffer that `encoder_products` writes to."""
    height = max(16, _VALUES_PER_TILE // len(encoder))
    return np.empty((min(height, n_cells), len(encoder)), encoder.dtype)


def encoder_products(
    x: np.ndarray, encoder: np.ndarray, tile: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield (rows, products of these cells with the encoder) in the rows of `tile`."""
    for start in range(0, len(x), len(tile)):
        rows = slice(start, min(start + len(tile), len(x)))
        products = tile[: rows.stop - rows.start]
        np.dot(x[rows], encoder.T, out=products)
        yield rows, products


def _write_adam(adam: np.ndarray, n_steps: int, learning_rate: float, n_cells: int) -> None:
    first, second = BETAS
    adam[:4] = first, 1 - first, second, 1 - second
    adam[4] = learning_rate / (1 - first**n_steps)
    adam[5:] = (1 - second**n_steps) ** -0.5, EPSILON, 2 / n_cells
