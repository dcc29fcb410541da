"""A checkpoint in scGPT's format with random weights of any size, and cells for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import torch

from precompute.cells import Cells, load_cells
from precompute.config import DataConfig
from precompute.models.scgpt.encoder import ScgptEncoder, Sizes

GENES = [f"GENE{i}" for i in range(40)]
ARGUMENTS: dict[str, Any] = {
    "embsize": 12,
    "nheads": 3,
    "d_hid": 20,
    "nlayers": 3,
    "n_bins": 51,
    "max_seq_len": 1200,
    "pad_token": "<pad>",
    "pad_value": -2,
    "input_emb_style": "continuous",
}


def write_checkpoint(folder: Path, vocabulary: dict[str, int] | None = None, **changes) -> Path:
    """Write a checkpoint and return its folder; a change of None takes a setting out."""
    settings = {**ARGUMENTS, **changes}
    if vocabulary is None:
        vocabulary = {"<pad>": 0, **{g: i + 1 for i, g in enumerate(GENES)}, "<cls>": 41}
    torch.manual_seed(0)
    style = settings["input_emb_style"]
    sizes = Sizes(
        n_tokens=max(vocabulary.values()) + 1,
        d_model=settings["embsize"],
        n_heads=settings["nheads"],
        d_hidden=settings["d_hid"],
        n_layers=settings["nlayers"],
        value_style=style,
        n_categories=settings["n_bins"] + 2 if style == "category" else 0,
    )
    encoder = ScgptEncoder(sizes)
    for weight in encoder.parameters():
        torch.nn.init.normal_(weight, std=0.4)
    folder.mkdir(parents=True, exist_ok=True)
    given = {name: value for name, value in settings.items() if value is not None}
    (folder / "args.json").write_text(json.dumps(given))
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    torch.save(encoder.state_dict(), folder / "best_model.pt")
    return folder


def change_weights(folder: Path, change) -> None:
    """Rewrite the weights of a checkpoint as a function of them."""
    path = folder / "best_model.pt"
    torch.save(change(torch.load(path, weights_only=True)), path)


def make_adata(n_cells: int = 12, genes: list[str] = GENES) -> ad.AnnData:
    """Return cells of different numbers of genes, and one of all of them."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.uniform(0.2, 2, (n_cells, 1)), (n_cells, len(genes)))
    counts[:, 0] += 1
    counts[-1] += 1
    adata = ad.AnnData(counts.astype(np.float32))
    adata.var_names = genes
    adata.obs_names = [f"cell{i}" for i in range(n_cells)]
    return adata


def make_cells(n_cells: int = 12, genes: list[str] = GENES) -> Cells:
    """Return the cells of `make_adata`."""
    return load_cells(make_adata(n_cells, genes), DataConfig(), "here")
