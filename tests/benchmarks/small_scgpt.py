"""Trains a small scGPT on real cells and asks how far its gate slopes agree with exact removal.

The objective is scGPT's masked values: a part of the bins of each cell is hidden, and the encoder
with a small head must tell them from the others. So the weights are not random, and the folder that
is written has the official format.

    python -m tests.benchmarks.small_scgpt DATA.h5ad FOLDER [--minutes 4]
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from precompute.cells import load_cells, read_h5ad
from precompute.config import DataConfig
from precompute.models.scgpt import ScgptModel, ScgptOptions, load_scgpt
from precompute.models.scgpt.encoder import ScgptEncoder, Sizes
from tests.benchmarks.removal import agreement, compare_removal

ARGUMENTS = {
    "embsize": 64,
    "nheads": 4,
    "d_hid": 64,
    "nlayers": 2,
    "n_bins": 51,
    "max_seq_len": 400,
    "pad_token": "<pad>",
    "pad_value": -2,
    "input_emb_style": "continuous",
}
MASK_VALUE, MASKED, BATCH = -1.0, 0.4, 16


def write_untrained(folder: Path, genes: list[str]) -> None:
    """Write a folder in the official format with fresh weights."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {"<pad>": 0, "<cls>": 1, "<eoc>": 2, **{g: i + 3 for i, g in enumerate(genes)}}
    (folder / "args.json").write_text(json.dumps(ARGUMENTS, indent=1))
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    torch.manual_seed(0)
    encoder = ScgptEncoder(Sizes(len(vocabulary), 64, 4, 64, 2))
    for name, weight in encoder.named_parameters():
        if weight.ndim > 1:
            nn.init.normal_(weight, std=0.1)
        elif name.endswith("bias"):
            nn.init.zeros_(weight)
    torch.save(encoder.state_dict(), folder / "best_model.pt")


def train(model: ScgptModel, bins: np.ndarray, minutes: float) -> list[float]:
    """Train the encoder in place for some minutes; return the loss, a mean over 50 steps each."""
    encoder = model.encoder.train().requires_grad_(True)
    head = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(), nn.Linear(64, 1))
    weights = [*encoder.parameters(), *head.parameters()]
    optimiser = torch.optim.Adam(weights, lr=1e-3)
    rng = np.random.default_rng(0)
    losses: list[float] = []
    started = time.perf_counter()
    while time.perf_counter() - started < 60 * minutes:
        rows = bins[rng.choice(len(bins), BATCH, replace=False)]
        size = int((rows > 0).sum(axis=1).min())
        columns = np.stack([rng.permutation(np.flatnonzero(row))[:size] for row in rows])
        target = torch.from_numpy(np.take_along_axis(rows, columns, axis=1))
        hidden = torch.from_numpy(rng.random(columns.shape) < MASKED)
        values = torch.where(hidden, MASK_VALUE, target)
        genes = torch.from_numpy(model.token_ids[columns])
        genes = torch.cat([torch.ones(BATCH, 1, dtype=torch.long), genes], dim=1)
        values = torch.cat([torch.full((BATCH, 1), -2.0), values], dim=1)
        vectors = encoder(genes, values)
        # The embedding of the cell must tell them too, as in scGPT's second objective.
        told = head(vectors[:, 1:]) + head(vectors[:, :1] * encoder.encoder(genes[:, 1:]))
        loss = (told.squeeze(-1) - target)[hidden].div(25).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    encoder.eval().requires_grad_(False)
    return [float(np.mean(losses[i : i + 50])) for i in range(0, len(losses), 50)]


def measure(model: ScgptModel, bins: np.ndarray) -> dict[str, float]:
    """Return agreement with exact removal of each token, medians over cells and directions."""
    found: dict[str, list[float]] = {"gate": [], "signs": [], "value": []}
    for tokens, drop, (gate, value) in compare_removal(model, bins):
        rank, signs = agreement(gate, drop)
        found["gate"].append(rank)
        found["signs"].append(signs)
        found["value"].append(agreement(value * tokens.values[0].numpy(), drop)[0])
    return {name: float(np.median(values)) for name, values in found.items()}


def main() -> None:
    """Train, save, and print the agreement before and after."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cells = load_cells(read_h5ad(options.data), DataConfig(), options.data.name)
    names = [cells.genes.symbols[g] for g in np.flatnonzero(cells.counts.getnnz(axis=0))]
    write_untrained(options.folder, names)
    model = load_scgpt(options.folder, cells, ScgptOptions(), torch.device("cpu"))
    columns = {symbol: i for i, symbol in enumerate(cells.genes.symbols)}
    counts = cells.counts[:, [columns[gene] for gene in model.genes]]
    bins = model.prepare_sparse(counts, cells.cell_ids).toarray()
    print(f"{len(bins):,} cells, {len(names):,} genes, {model.n_weights:,} weights")
    print("| weights | gate: rank | gate: signs | gradient x bin: rank |\n|---|---|---|---|")
    before = measure(model, bins)
    print(f"| random | {before['gate']:.2f} | {before['signs']:.2f} | {before['value']:.2f} |")
    losses = train(model, bins, options.minutes)
    torch.save(model.encoder.state_dict(), options.folder / "best_model.pt")
    after = measure(model, bins)
    print(f"| trained | {after['gate']:.2f} | {after['signs']:.2f} | {after['value']:.2f} |")
    print(f"{50 * len(losses):,} steps, loss {losses[0]:.3f} to {losses[-1]:.3f}")


if __name__ == "__main__":
    main()
