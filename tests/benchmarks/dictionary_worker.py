"""One trainer in a process of its own: takes steps on demand and says what they cost.

Started by `dictionary_speed` in the environment of each library, which need not have anything
else of this project. Reads a number of steps a line, answers with a line of JSON; ends at 0.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable

import numpy as np

LEARNING_RATE = 1e-3
# Takes the rows of a batch, returns the share of variance explained before the step.
Step = Callable[[np.ndarray], float]


def ours(cells: np.ndarray, n_latents: int, k: int, n_batch: int, n_seeds: int) -> Step:
    from threadpoolctl import threadpool_limits

    from precompute.dictionary.autoencoder import draw_autoencoder
    from precompute.dictionary.rebuilding import calibrate
    from precompute.dictionary.settings import Settings
    from precompute.dictionary.sparse_step import SparseStep

    threadpool_limits(1)
    steps = []
    for seed in range(n_seeds):
        model = draw_autoencoder(seed, n_latents, np.ones(cells.shape[1], bool))
        calibrate(model, cells[:4096], k)
        steps.append(SparseStep(model, Settings(n_latents, k, 1), n_batch))

    def step(rows: np.ndarray) -> float:
        for one in steps:
            residual, total = one.step(cells, rows, LEARNING_RATE)
        return 1 - residual / total

    return step


def sparsify(cells: np.ndarray, n_latents: int, k: int, n_batch: int, n_seeds: int) -> Step:
    import torch
    from sparsify import SparseCoder, SparseCoderConfig

    data = torch.from_numpy(cells)
    model = SparseCoder(cells.shape[1], SparseCoderConfig(num_latents=n_latents, k=k))
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)

    def step(rows: np.ndarray) -> float:
        model.set_decoder_norm_to_unit_norm()
        out = model(data[torch.from_numpy(rows)])
        out.fvu.backward()
        model.remove_gradient_parallel_to_decoder_directions()
        adam.step()
        adam.zero_grad()
        return 1 - out.fvu.item()

    return step


def dictionary_learning(
    cells: np.ndarray, n_latents: int, k: int, n_batch: int, n_seeds: int
) -> Step:
    import torch
    from dictionary_learning.trainers.top_k import TopKTrainer

    data = torch.from_numpy(cells)
    known = {
        "steps": 100_000,
        "activation_dim": cells.shape[1],
        "dict_size": n_latents,
        "k": k,
        "layer": 0,
        "lm_name": "cells",
        "lr": LEARNING_RATE,
        "warmup_steps": 1,
        "device": "cpu",
        "seed": 0,
    }
    trainer = TopKTrainer(**known)
    count = iter(range(1, 10**9))  # step 0 also fits a median, which is no part of a step

    def step(rows: np.ndarray) -> float:
        x = data[torch.from_numpy(rows)]
        loss = trainer.update(next(count), x)
        return 1 - loss / x.square().sum(dim=1).mean().item()

    return step


def sae_lens(cells: np.ndarray, n_latents: int, k: int, n_batch: int, n_seeds: int) -> Step:
    import torch
    from sae_lens import TopKTrainingSAE, TopKTrainingSAEConfig
    from sae_lens.saes.sae import TrainStepInput

    data = torch.from_numpy(cells)
    model = TopKTrainingSAE(TopKTrainingSAEConfig(d_in=cells.shape[1], d_sae=n_latents, k=k))
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    known = {"coefficients": {}, "dead_neuron_mask": None, "n_training_steps": 1}
    known["is_logging_step"] = False
    names = {field.name for field in dataclasses.fields(TrainStepInput)}
    extra = {name: value for name, value in known.items() if name in names}

    def step(rows: np.ndarray) -> float:
        x = data[torch.from_numpy(rows)]
        adam.zero_grad()
        out = model.training_forward_pass(TrainStepInput(sae_in=x, **extra))
        out.loss.backward()
        adam.step()
        return 1 - ((out.sae_out - x).square().sum() / x.square().sum()).item()

    return step


def overcomplete(cells: np.ndarray, n_latents: int, k: int, n_batch: int, n_seeds: int) -> Step:
    from unittest.mock import MagicMock

    # Take no part, and need a torchvision and a matplotlib other than those pip finds.
    for name in ("models", "visualization"):
        sys.modules[f"overcomplete.{name}"] = MagicMock()
    import torch
    from overcomplete.sae import TopKSAE

    data = torch.from_numpy(cells)
    model = TopKSAE(cells.shape[1], nb_concepts=n_latents, top_k=k)
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)

    def step(rows: np.ndarray) -> float:
        x = data[torch.from_numpy(rows)]
        adam.zero_grad()
        _, _, rebuilt = model(x)
        loss = (x - rebuilt).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        return 1 - (loss / x.square().mean()).item()

    return step


TRAINERS = {
    "ours": ours,
    "eai-sparsify": sparsify,
    "dictionary-learning": dictionary_learning,
    "sae-lens": sae_lens,
    "overcomplete": overcomplete,
}


def main() -> None:
    name, path, *numbers = sys.argv[1:]
    n_latents, k, n_batch, n_seeds = map(int, numbers)
    if name != "ours":
        import torch

        torch.set_num_threads(1)
    cells = np.load(path)
    step = TRAINERS[name](cells, n_latents, k, n_batch, n_seeds)
    rng = np.random.default_rng(0)
    for line in sys.stdin:
        n_steps = int(line)
        if n_steps == 0:
            return
        batches = [rng.permutation(len(cells))[:n_batch] for _ in range(n_steps)]
        start = time.process_time()
        explained = [step(rows) for rows in batches]
        seconds = time.process_time() - start
        answer = {"seconds": seconds, "explained": float(np.mean(explained[-8:]))}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
