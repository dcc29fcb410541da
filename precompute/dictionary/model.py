"""A dictionary as plain arrays: pre-activation, top k, reconstruction. Never imports torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from precompute.dictionary.checks import check_embeddings, check_k
from precompute.errors import InputError, fault

_VALUES_PER_CHUNK = 8_000_000


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Directions of the embedding space, and how strongly a cell takes each of them.

    ``pre_activation = ((embedding - center) / scale) @ encoder.T + encoder_bias``; a cell
    keeps its k largest positive values, and is rebuilt as
    ``center + scale * activations @ decoder`` (Top-K autoencoder, Gao et al. 2024).

    Attributes
    ----------
    encoder : (n_latents, d_embedding) float32.
    encoder_bias : (n_latents,) float32.
    decoder : (n_latents, d_embedding) float32, rows of unit length.
    center : (d_embedding,) float32, mean embedding of the training cells.
    scale : root mean square of the centred training embeddings, over all their entries.
    k : the most latents active in one cell; of the general level, where there are two.
    n_general : the first so many latents are the general level, the others the detail, and a
        cell chooses among each for itself. None where there is one level.
    k_detail : the most latents of the detail active in one cell.
    curve : (n_epochs,) float32, explained variance of each epoch while training, or None.

    Raises
    ------
    InputError
        Shapes that do not fit together, numbers that are not finite, a scale that is not
        positive, a k outside 1..latents of its level, or `n_general` outside 1..n_latents - 1.
    """

    encoder: np.ndarray
    encoder_bias: np.ndarray
    decoder: np.ndarray
    center: np.ndarray
    scale: float
    k: int
    curve: np.ndarray | None = None
    n_general: int | None = None
    k_detail: int = 0

    def __post_init__(self) -> None:
        if self.encoder.ndim != 2:
            raise _misfit("encoder", self.encoder.shape, "(n_latents, d_embedding)")
        n_latents, d_embedding = self.encoder.shape
        shapes = {
            "encoder": (n_latents, d_embedding),
            "encoder_bias": (n_latents,),
            "decoder": (n_latents, d_embedding),
            "center": (d_embedding,),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise _misfit(name, array.shape, str(shape))
            if not np.isfinite(array).all():
                raise _misfit(name, "NaN or infinity", "finite numbers")
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise _misfit("scale", self.scale, "a positive number")
        if self.n_general is None:
            check_k(self.k, n_latents)
            return
        if not 1 <= self.n_general < n_latents:
            raise _misfit("n_general", self.n_general, f"1..{n_latents - 1}")
        check_k(self.k, self.n_general)
        check_k(self.k_detail, n_latents - self.n_general)

    @property
    def n_latents(self) -> int:
        """Number of latents (of concepts, for a consensus)."""
        return self.encoder.shape[0]

    @property
    def levels(self) -> list[tuple[slice, int]]:
        """The latents of each level and how many of them a cell chooses, the general first."""
        if self.n_general is None:
            return [(slice(0, self.n_latents), self.k)]
        detail = slice(self.n_general, self.n_latents)
        return [(slice(0, self.n_general), self.k), (detail, self.k_detail)]

    @property
    def most_active(self) -> int:
        """The most latents active in one cell, over all levels."""
        return sum(k for _, k in self.levels)

    @property
    def d_embedding(self) -> int:
        """Length of an embedding."""
        return self.encoder.shape[1]

    def pre_activations(self, embeddings: np.ndarray) -> np.ndarray:
        """Return the value of every latent before the choice of the top k.

        Parameters
        ----------
        embeddings : (n_cells, d_embedding)

        Returns
        -------
        (n_cells, n_latents) float32, of either sign.
        """
        scaled = (self._checked(embeddings) - self.center) / np.float32(self.scale)
        return scaled @ self.encoder.T + self.encoder_bias

    def activate(self, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the latents each cell activates, best first.

        Parameters
        ----------
        embeddings : (n_cells, d_embedding)

        Returns
        -------
        indices : (n_cells, most_active) int32, -1 where fewer pre-activations are positive.
        values : (n_cells, most_active) float32, positive and descending, 0 where the index is -1.
        """
        embeddings = self._checked(embeddings)
        indices = np.empty((len(embeddings), self.most_active), np.int32)
        values = np.empty((len(embeddings), self.most_active), np.float32)
        for rows in _chunks(len(embeddings), self.n_latents):
            found = self.pre_activations(embeddings[rows])
            parts = [_top_k(found, level, k) for level, k in self.levels]
            indices[rows], values[rows] = parts[0] if len(parts) == 1 else _merge(parts)
        return indices, values

    def reconstruct(self, indices: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return the embeddings (n_cells, d_embedding), float32, rebuilt from activations.

        Parameters
        ----------
        indices, values : (n_cells, most_active), as `activate` returns them.
        """
        embeddings = np.empty((len(indices), self.d_embedding), np.float32)
        for rows in _chunks(len(indices), indices.shape[1] * self.d_embedding):
            # An index of -1 reads the last row of the decoder, times a value of 0.
            directions = self.decoder[indices[rows]]
            mixed = np.einsum("nk,nkd->nd", values[rows], directions)
            embeddings[rows] = self.center + np.float32(self.scale) * mixed
        return embeddings

    def _checked(self, embeddings: np.ndarray) -> np.ndarray:
        embeddings = check_embeddings(embeddings)
        if embeddings.shape[1] != self.d_embedding:
            raise fault(
                "embeddings",
                f"found length {embeddings.shape[1]}",
                f"{self.d_embedding}, the length this dictionary was trained on",
                "Use the embeddings of the model that this dictionary belongs to.",
            )
        return embeddings


def _top_k(pre_activations: np.ndarray, level: slice, k: int) -> tuple[np.ndarray, np.ndarray]:
    pre_activations = pre_activations[:, level]
    kept = np.argpartition(-pre_activations, k - 1, axis=1)[:, :k]
    kept.sort(axis=1)  # with the stable sort below: equal values in the order of their index
    values = np.take_along_axis(pre_activations, kept, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    indices = np.take_along_axis(kept, order, axis=1)
    values = np.take_along_axis(values, order, axis=1)
    positive = values > 0
    return np.where(positive, indices + level.start, -1), np.where(positive, values, 0)


def _merge(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the choices of several levels as one, best first, none last."""
    indices, values = (np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True))
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(values, order, axis=1)


def _chunks(n_rows: int, values_per_row: int) -> Iterator[slice]:
    step = max(1, _VALUES_PER_CHUNK // values_per_row)
    return (slice(start, start + step) for start in range(0, n_rows, step))


def _misfit(name: str, found: object, expected: str) -> InputError:
    return fault(f"dictionary, {name}", f"found {found}", expected, "Train the dictionary again.")
