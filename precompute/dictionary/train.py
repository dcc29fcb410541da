"""Trains Top-K autoencoders on embeddings: the recipe, and the way in for the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from precompute.device import resolve_device
from precompute.dictionary.checks import check_training
from precompute.dictionary.fit import Shape, fit
from precompute.dictionary.learning_rate import CANDIDATES, choose_learning_rate
from precompute.dictionary.model import Dictionary
from precompute.dictionary.topk import TopKBank
from precompute.errors import fault

Progress = Callable[[int, int], None]


def train(
    embeddings: np.ndarray,
    n_latents: int,
    k: int,
    seed: int,
    epochs: int,
    learning_rate: float | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Dictionary:
    """Train one dictionary: `train_seeds` with a single seed."""
    return train_seeds(embeddings, n_latents, k, [seed], epochs, learning_rate, device, progress)[0]


def train_seeds(
    embeddings: np.ndarray,
    n_latents: int,
    k: int,
    seeds: Sequence[int],
    epochs: int,
    learning_rate: float | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> list[Dictionary]:
    """Train one dictionary a seed, all of them in one batched program.

    Embeddings are centred on their mean and divided by their root mean square, both kept
    fixed; the encoder starts as the transposed decoder, calibrated by <x, x_hat> /
    <x_hat, x_hat>; Adam with 5 % warm-up and a linear decay over the last 30 %. The same
    call gives bit-equal arrays on one machine and one number of threads; the result of a
    seed does not depend on the other seeds, up to rounding.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding), held whole on the device.
    n_latents : latents of each dictionary; twice d_embedding is a good start.
    k : the most latents active in one cell; 4 to 8 is a good start.
    seeds : non-negative and different from each other.
    epochs : passes over the cells.
    learning_rate : None picks it by short runs on held-out cells.
    device : ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    progress : called with (done, total) after each epoch and each short run.

    Returns
    -------
    One `Dictionary` a seed, in the order of `seeds`, each with its training curve.

    Raises
    ------
    InputError
        NaN or infinity in the embeddings, fewer than 2 cells, no variance, `k` outside
        1..n_latents, no epoch, no seed or a repeated one, a learning rate that is not
        positive, or one so high that the training diverged.
    """
    embeddings = check_training(embeddings, n_latents, k, epochs)
    _check_seeds(seeds)
    if learning_rate is not None and not 0 < learning_rate < np.inf:
        raise fault("learning_rate", f"found {learning_rate}", "a positive number", "Change it.")
    center = embeddings.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = embeddings - center
    scale = float(np.sqrt(np.square(centred, dtype=np.float64).mean()))
    cells = torch.from_numpy(centred / np.float32(scale)).to(resolve_device(device))
    shape = Shape(n_latents, k)
    tick = _ticker(progress, epochs + (len(CANDIDATES) if learning_rate is None else 0))
    if learning_rate is None:
        learning_rate = choose_learning_rate(cells, shape, epochs, tick)
    bank, curves = fit(cells, seeds, shape, epochs, learning_rate, tick)
    if not torch.isfinite(curves).all():
        raise fault(
            "dictionary",
            f"training diverged at learning rate {learning_rate}",
            "a finite explained variance",
            "Lower `learning_rate`, or leave it to the automatic check.",
        )
    return _dictionaries(bank, curves.numpy(), center, scale)


def _dictionaries(
    bank: TopKBank, curves: np.ndarray, center: np.ndarray, scale: float
) -> list[Dictionary]:
    encoders, biases, decoders = (
        parameter.detach().cpu().numpy() for parameter in (bank.encoder, bank.bias, bank.decoder)
    )
    return [
        Dictionary(encoder, bias[0], decoder, center, scale, bank.k, curve)
        for encoder, bias, decoder, curve in zip(encoders, biases, decoders, curves, strict=True)
    ]


def _check_seeds(seeds: Sequence[int]) -> None:
    if len(seeds) == 0 or len(set(seeds)) != len(seeds) or min(seeds) < 0:
        raise fault(
            "seeds",
            f"found {list(seeds)}",
            "one or more different integers, 0 or above",
            "Change the seeds.",
        )


def _ticker(progress: Progress | None, total: int) -> Callable[[], None]:
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    return tick
