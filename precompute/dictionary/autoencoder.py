"""One autoencoder while it learns: its weights and the moments of Adam. Computes no step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(eq=False)
class Autoencoder:
    """Weights of one seed, changed in place by the steps of a training.

    Attributes
    ----------
    encoder, decoder : (n_latents, d_embedding); decoder rows have unit length.
    bias : (n_latents, 1)
    moments : running means of the gradient and of its square, for encoder, decoder and bias.
    n_steps : steps taken.
    idle : (n_latents,) int64, cells seen since a cell last activated the latent.
    """

    encoder: np.ndarray
    decoder: np.ndarray
    bias: np.ndarray
    moments: tuple[np.ndarray, ...]
    n_steps: int = 0
    idle: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def weights(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Encoder, decoder and bias."""
        return self.encoder, self.decoder, self.bias

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all that a training needs to go on, by name; the arrays themselves."""
        moments = {f"moment_{i}": moment for i, moment in enumerate(self.moments)}
        named = {"encoder": self.encoder, "decoder": self.decoder, "bias": self.bias}
        return named | moments | {"idle": self.idle, "n_steps": np.array([self.n_steps])}

    def copy(self) -> Autoencoder:
        """Return an autoencoder with arrays of its own."""
        return self.from_arrays({name: array.copy() for name, array in self.arrays().items()})

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> Autoencoder:
        """Return the autoencoder whose `arrays` these are."""
        moments = tuple(arrays[f"moment_{i}"] for i in range(6))
        encoder, decoder, bias = (arrays[name] for name in ("encoder", "decoder", "bias"))
        return cls(encoder, decoder, bias, moments, int(arrays["n_steps"][0]), arrays["idle"])


def draw_autoencoder(
    seed: int, n_latents: int, informative: np.ndarray, dtype: type = np.float32
) -> Autoencoder:
    """Return an autoencoder with random unit decoder rows and the same rows as its encoder.

    Parameters
    ----------
    seed : decides the directions.
    informative : (d_embedding,) bool, False for constant columns: the rows are 0 there, and
        training leaves them so.
    """
    directions = np.random.default_rng(seed).normal(size=(n_latents, len(informative)))
    directions *= informative
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    decoder: np.ndarray = directions.astype(dtype)
    bias: np.ndarray = np.zeros((n_latents, 1), dtype)
    pairs = [(np.zeros_like(weight), np.zeros_like(weight)) for weight in (decoder, decoder, bias)]
    moments = tuple(moment for pair in pairs for moment in pair)
    return Autoencoder(decoder.copy(), decoder, bias, moments, idle=np.zeros(n_latents, np.int64))
