"""A training that starts from concepts instead of random directions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from precompute.device import resolve_device
from precompute.dictionary.autoencoder import Autoencoder
from precompute.dictionary.course import Course
from precompute.dictionary.engines import make_engine
from precompute.dictionary.feed import Cells, Feed
from precompute.dictionary.fit import fit, steps_per_epoch
from precompute.dictionary.model import Dictionary
from precompute.dictionary.settings import Settings

_RATE = 3e-3
_SEED = 0


def polish(
    dictionary: Dictionary, embeddings: np.ndarray, settings: Settings, device: str = "cpu"
) -> Dictionary:
    """Return the dictionary after a training on the cells, at a low learning rate.

    Means of latents that were trained among others do not rebuild the cells as well as as many
    latents trained together. The order of the cells is the same for every run, so what two
    runs start from alike stays alike (docs/benchmarks/recurrence.md).

    Parameters
    ----------
    dictionary : concepts of these cells.
    embeddings : (n_cells, d_embedding)
    settings : of the training that the concepts come from; their number and k are those of
        `dictionary`, and the variant is ``topk``.
    """
    cells = Cells(np.asanyarray(embeddings))
    feed = Feed(cells, np.arange(cells.n_cells))
    recipe = replace(
        settings,
        n_latents=dictionary.n_latents,
        k=dictionary.k,
        variant="topk",
        resample=False,
        auxk=0.0,
        multi_topk=0.0,
        held_out=0.0,
        patience=None,
    )
    size = recipe.batch_size(cells.n_cells)
    model = _start(dictionary)
    course = Course(_SEED, model, _RATE, recipe.epochs * steps_per_epoch(feed.sizes, size))
    with threadpool_limits(1, user_api="blas"):
        fit([course], feed, recipe, make_engine(recipe, resolve_device(device)))
    return replace(
        dictionary,
        encoder=model.encoder,
        encoder_bias=model.bias[:, 0].copy(),
        decoder=model.decoder,
    )


def _start(dictionary: Dictionary) -> Autoencoder:
    weights = (
        dictionary.encoder.copy(),
        dictionary.decoder.copy(),
        dictionary.encoder_bias[:, None].copy(),
    )
    moments = tuple(np.zeros_like(weight) for weight in weights for _ in range(2))
    return Autoencoder(*weights, moments, idle=np.zeros(dictionary.n_latents, np.int64))
