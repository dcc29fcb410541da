"""Trains a small Geneformer on real cells and asks how far its slopes agree with exact removal.

The objective is Geneformer's masked genes: a part of the ranked genes of each cell is hidden, and
the network names them. The folder that is written has the format of a release: ``config.json``,
``model.safetensors`` and both dictionaries.

    python -m tests.benchmarks.small_geneformer DATA.h5ad FOLDER [--minutes 4]
"""

from __future__ import annotations

import argparse
import pickle
import time
from pathlib import Path

import numpy as np
import torch
import transformers

from precompute.cells import Cells, load_cells, read_h5ad
from precompute.config import DataConfig
from precompute.models.geneformer import GeneformerOptions, load_geneformer
from precompute.models.geneformer.model import GeneformerModel
from tests.benchmarks.removal import agreement, compare_removal

SPECIAL = ("<pad>", "<mask>", "<cls>", "<eos>")
PAD, MASK, CLS, EOS = range(4)
MASKED, BATCH, POSITIONS = 0.15, 16, 402
CPU = torch.device("cpu")


def write_dictionaries(folder: Path, cells: Cells) -> int:
    """Write the tokens and medians of the genes that cells express; return how many tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    expressed = np.flatnonzero(cells.counts.getnnz(axis=0))
    shares = cells.counts.multiply(1e4 / cells.library_size[:, None]).tocsc()
    medians = {
        cells.genes.ids[gene]: float(np.median(shares[:, [gene]].data)) for gene in expressed
    }
    tokens = {name: i for i, name in enumerate([*SPECIAL, *medians])}
    (folder / "small_token_dictionary.pkl").write_bytes(pickle.dumps(tokens))
    (folder / "small_gene_median_dictionary.pkl").write_bytes(pickle.dumps(medians))
    return len(tokens)


def make_network(n_tokens: int) -> transformers.BertForMaskedLM:
    """Return a network with fresh weights."""
    torch.manual_seed(0)
    return transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=n_tokens,
            hidden_size=64,
            num_hidden_layers=3,
            num_attention_heads=4,
            intermediate_size=128,
            max_position_embeddings=POSITIONS,
            pad_token_id=PAD,
            # Minutes of training overfit nothing, and dropout in attention costs its fused kernel.
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    )


def rank_cells(model: GeneformerModel, scores: np.ndarray) -> list[np.ndarray]:
    """Return the tokens of each cell, highest score first, with the special ones."""
    ranked = []
    for row in scores:
        columns = np.flatnonzero(row)
        order = columns[np.argsort(-row[columns], kind="stable")][: POSITIONS - 2]
        ranked.append(np.concatenate([[CLS], model.token_ids[order], [EOS]]))
    return ranked


def train(
    network: transformers.BertForMaskedLM, ranked: list[np.ndarray], minutes: float
) -> list[float]:
    """Train in place for some minutes; return the loss, a mean over 50 steps each."""
    optimiser = torch.optim.AdamW(network.train().parameters(), lr=1e-3)
    rng = np.random.default_rng(0)
    losses: list[float] = []
    started = time.perf_counter()
    while time.perf_counter() - started < 60 * minutes:
        chosen = [ranked[i] for i in rng.choice(len(ranked), BATCH, replace=False)]
        longest = max(map(len, chosen))
        ids = torch.from_numpy(
            np.stack([np.pad(row, (0, longest - len(row)), constant_values=PAD) for row in chosen])
        )
        hidden = torch.from_numpy(rng.random(ids.shape) < MASKED) & (ids >= len(SPECIAL))
        vectors = network.bert(torch.where(hidden, MASK, ids), (ids != PAD).long())[0]
        # Naming only what is hidden: the table of tokens is most of the work.
        loss = torch.nn.functional.cross_entropy(network.cls(vectors[hidden]), ids[hidden])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    network.eval()
    return [float(np.mean(losses[i : i + 50])) for i in range(0, len(losses), 50)]


def measure(folder: Path, cells: Cells) -> str:
    """Return a row of the table: agreement with exact removal, medians over cells and axes."""
    model, scores = load(folder, cells)
    found = [agreement(parts[0], drop) for _, drop, parts in compare_removal(model, scores)]
    rank, signs = np.median(np.array(found), axis=0)
    return f"{rank:.2f} | {signs:.2f} |"


def load(folder: Path, cells: Cells) -> tuple[GeneformerModel, np.ndarray]:
    """Return the model and the scores of all cells, (n_cells, n_genes)."""
    model = load_geneformer(folder, cells, GeneformerOptions(), CPU)
    columns = {name: i for i, name in enumerate(cells.genes.symbols)}
    counts = cells.counts[:, [columns[gene] for gene in model.genes]]
    return model, model.prepare_sparse(counts, cells.cell_ids).toarray()


def main() -> None:
    """Train, save, and print the agreement before and after."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cells = load_cells(read_h5ad(options.data), DataConfig(), options.data.name)
    network = make_network(write_dictionaries(options.folder, cells))
    network.save_pretrained(options.folder)
    print("| weights | slope: rank | slope: signs |\n|---|---|---|")
    print(f"| random | {measure(options.folder, cells)}", flush=True)
    losses = train(network, rank_cells(*load(options.folder, cells)), options.minutes)
    network.save_pretrained(options.folder)
    print(f"| trained | {measure(options.folder, cells)}")
    print(f"{50 * len(losses):,} steps, loss {losses[0]:.2f} to {losses[-1]:.2f}")


if __name__ == "__main__":
    main()
