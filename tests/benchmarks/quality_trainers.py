"""Each library's own way to a Top-K dictionary, as far as it is documented, on cells in memory.

Libraries are made for the activations of language models, of which there are always more. Where
such a default would switch a part off in a training of the size met here, it is brought to this
size, and said so: a latent is dead after an epoch without a cell, warm-up takes 5 % of the steps.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.quality_worker import Order, Trained

AUXK_WEIGHT = 1 / 32  # Gao et al. 2024, appendix A.2


@dataclass(frozen=True)
class Result:
    """A decoder, and the function of `Trained`."""

    decoder: np.ndarray
    encode: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

    def __call__(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.encode(cells)


def ours(cells: np.ndarray, order: Order, **options: Any) -> Trained:
    from precompute.dictionary import Settings, activation_matrix, train_dictionaries

    settings = Settings(
        order.n_latents,
        order.k,
        order.epochs,
        learning_rate=order.rate,
        cells_per_batch=order.n_batch,
        **options,
    )
    dictionary = train_dictionaries(cells, settings, [order.seed]).dictionaries[0]

    def encode(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = dictionary.activate(rows)
        activations = activation_matrix(*found, order.n_latents).toarray()
        return activations, dictionary.reconstruct(*found)

    return Result(dictionary.decoder, encode)


def sparsify(cells: np.ndarray, order: Order, optimizer: str = "signum", auxk: float = 0.0):
    """Follow `sparsify.Trainer`: mean as first bias, unit rows, sign descent without schedule.

    Its trainer takes a language model only, so its loop is repeated here on the library's own
    autoencoder and optimiser. Its other optimiser is Adam with warm-up and linear decay to 0.
    """
    import torch
    from schedulefree import ScheduleFreeWrapper
    from sparsify import SparseCoder, SparseCoderConfig
    from sparsify.sign_sgd import SignSGD

    torch.manual_seed(order.seed)
    data, n_steps = torch.from_numpy(cells), order.n_steps(len(cells))
    config = SparseCoderConfig(num_latents=order.n_latents, k=order.k)
    model = SparseCoder(cells.shape[1], config)
    if optimizer == "signum":
        descent = ScheduleFreeWrapper(SignSGD(model.parameters(), order.rate), momentum=0.95)
        descent.train()
    else:
        descent = torch.optim.Adam(model.parameters(), order.rate, fused=True)
    idle = torch.zeros(order.n_latents, dtype=torch.long)
    for step, rows in enumerate(order.batches(len(cells))):
        x = data[torch.from_numpy(rows)]
        if step == 0:
            model.b_dec.data = x.mean(0)
        if optimizer == "adam":
            descent.param_groups[0]["lr"] = order.rate * _warm_and_linear(step, n_steps)
        model.set_decoder_norm_to_unit_norm()
        out = model(x, dead_mask=idle > len(cells) if auxk else None)
        (out.fvu + auxk * out.auxk_loss).backward()
        model.remove_gradient_parallel_to_decoder_directions()
        descent.step()
        descent.zero_grad()
        idle += len(x)
        idle[out.latent_indices.flatten()] = 0
    if optimizer == "signum":
        descent.eval()

    def encode(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.no_grad():
            out = model(torch.from_numpy(rows))
            codes = torch.zeros(len(rows), order.n_latents)
            codes.scatter_(1, out.latent_indices, out.latent_acts)
        return codes.numpy(), out.sae_out.numpy()

    return Result(model.W_dec.detach().numpy(), encode)


def _warm_and_linear(step: int, n_steps: int) -> float:
    warm = n_steps // 20
    return (step + 1) / warm if step < warm else (n_steps - step) / (n_steps - warm)


def dictionary_learning(cells: np.ndarray, order: Order) -> Trained:
    """Follow `trainSAE(normalize_activations=True)` with decay over the last fifth."""
    import torch
    from dictionary_learning.trainers.top_k import TopKTrainer

    n_steps = order.n_steps(len(cells))
    scale = float(np.sqrt(np.square(cells).sum(axis=1).mean()))
    data = torch.from_numpy(cells / scale)
    trainer = TopKTrainer(
        steps=n_steps,
        activation_dim=cells.shape[1],
        dict_size=order.n_latents,
        k=order.k,
        layer=0,
        lm_name="cells",
        lr=order.rate,
        auxk_alpha=AUXK_WEIGHT,
        warmup_steps=n_steps // 20,
        decay_start=int(n_steps * 0.8),
        seed=order.seed,
        device="cpu",
    )
    trainer.dead_feature_threshold = len(cells)
    for step, rows in enumerate(order.batches(len(cells))):
        trainer.update(step, data[torch.from_numpy(rows)])

    def encode(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.no_grad():
            codes = trainer.ae.encode(torch.from_numpy(rows / scale))
            rebuilt = trainer.ae.decode(codes)
        return codes.numpy(), rebuilt.numpy() * scale

    return Result(trainer.ae.decoder.weight.detach().numpy().T, encode)


def sae_lens(cells: np.ndarray, order: Order) -> Trained:
    """Use `SAETrainer`, expected norm brought to sqrt(d), decay over the last fifth."""
    import torch
    from sae_lens import TopKTrainingSAE, TopKTrainingSAEConfig
    from sae_lens.config import SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    torch.manual_seed(order.seed)
    data = torch.from_numpy(cells)
    n_steps, per_epoch = order.n_steps(len(cells)), len(cells) // order.n_batch
    model = TopKTrainingSAE(
        TopKTrainingSAEConfig(
            d_in=cells.shape[1],
            d_sae=order.n_latents,
            k=order.k,
            normalize_activations="expected_average_only_in",
        )
    )
    config = SAETrainerConfig(
        total_training_samples=n_steps * order.n_batch,
        train_batch_size_samples=order.n_batch,
        lr=order.rate,
        lr_end=order.rate / 10,  # must be set; the constant schedule does not read it
        lr_warm_up_steps=n_steps // 20,
        lr_decay_steps=n_steps // 5,
        dead_feature_window=per_epoch,
        n_batches_for_norm_estimate=per_epoch,
    )

    def provide():
        # The epoch that the scale is estimated on is no part of the training.
        yield from map(take, range(per_epoch), order.batches(len(cells)))
        yield from map(take, range(n_steps), order.batches(len(cells)))

    def take(_: int, rows: np.ndarray) -> torch.Tensor:
        return data[torch.from_numpy(rows)]

    SAETrainer(config, model, provide()).fit()
    model.eval()

    def encode(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.no_grad():
            codes = model.encode(torch.from_numpy(rows))
            rebuilt = model.decode(codes)
        return codes.numpy(), rebuilt.numpy()

    return Result(model.W_dec.detach().numpy(), encode)


def overcomplete(cells: np.ndarray, order: Order, auxk: bool = False) -> Trained:
    """Use `train_sae` with the loss of its documentation, or with its own aux-k loss."""
    from unittest.mock import MagicMock

    # Take no part, and need a torchvision and a matplotlib other than those pip finds.
    for name in ("models", "visualization"):
        sys.modules[f"overcomplete.{name}"] = MagicMock()
    import torch
    from overcomplete.sae import TopKSAE, train_sae
    from overcomplete.sae.losses import top_k_auxiliary_loss
    from overcomplete.sae.optimizer import CosineScheduler

    torch.manual_seed(order.seed)
    data, n_steps = torch.from_numpy(cells), order.n_steps(len(cells))
    model = TopKSAE(cells.shape[1], nb_concepts=order.n_latents, top_k=order.k)
    adam = torch.optim.Adam(model.parameters(), lr=order.rate)
    schedule = CosineScheduler(adam, order.rate, 0.0, n_steps, n_steps // 20)

    def mean_square(x, x_hat, pre_codes, codes, dictionary):
        return (x - x_hat).square().mean()

    batches = [data[torch.from_numpy(rows)] for rows in order.batches(len(cells))]
    loss = top_k_auxiliary_loss if auxk else mean_square
    train_sae(model, batches, loss, adam, schedule, nb_epochs=1, monitoring=0)
    model.eval()

    def encode(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.no_grad():
            _, codes, rebuilt = model(torch.from_numpy(rows))
        return codes.numpy(), rebuilt.numpy()

    return Result(model.get_dictionary().detach().numpy(), encode)


TRAINERS: dict[str, Callable[[np.ndarray, Order], Trained]] = {
    "ours": ours,
    "ours, resampling": lambda cells, order: ours(cells, order, resample=True),
    "ours, aux-k": lambda cells, order: ours(cells, order, auxk=AUXK_WEIGHT),
    "ours, multi-top-k": lambda cells, order: ours(cells, order, multi_topk=0.5),
    "eai-sparsify": sparsify,
    "eai-sparsify, Adam": lambda cells, order: sparsify(cells, order, "adam"),
    "eai-sparsify, Adam, aux-k": lambda cells, order: sparsify(cells, order, "adam", AUXK_WEIGHT),
    "dictionary-learning": dictionary_learning,
    "sae-lens": sae_lens,
    "overcomplete": overcomplete,
    "overcomplete, aux-k": lambda cells, order: overcomplete(cells, order, auxk=True),
}
