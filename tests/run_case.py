"""Tiny cells with planted programmes, and a TOML that runs every stage on them in seconds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn

from precompute.synthetic import simulate

N_CELLS, N_GENES, N_PROGRAMMES = 160, 100, 5
EMPTY_CELLS = [5, 50]  # rows without counts, which a run leaves out

EMBEDDING = {"model.kind": "embedding", "model.obsm": "X_truth"}
SCVI = {
    "model.n_latent": 6,
    "model.n_hidden": 16,
    "model.max_epochs": 3,
    "model.batch_key": "donor",
}
_SETTINGS = {
    "title": "Planted programmes",
    "data.path": "cells.h5ad",
    "data.cell_type": "cell_type",
    "data.condition": "condition",
    "data.donor": "donor",
    # Enough concepts to tell apart, from a model that has hardly learnt.
    "dictionary.expansion": 2.0,
    "dictionary.min_share": 0.6,
    "dictionary.epochs": 10,
    "dictionary.n_seeds": 3,
    "attribution.max_cells": 20,
    "attribution.n_verify": 5,
    "enrichment.gene_sets": ["sets.gmt"],
    "enrichment.min_size": 2,
    "maps.make": ["X_umap"],
}


def write_inputs(folder: Path) -> Path:
    """Write ``cells.h5ad`` and ``sets.gmt`` to `folder` and return it."""
    adata = simulate(N_CELLS, N_GENES, N_PROGRAMMES, seed=0)
    counts = adata.X.tolil()
    counts[EMPTY_CELLS] = 0
    adata.X = sp.csr_matrix(counts)
    adata.obsm["X_truth"] = adata.obsm["programme_activity"]
    adata.obsm["X_umap"] = np.random.default_rng(0).normal(size=(N_CELLS, 2))
    adata.write_h5ad(folder / "cells.h5ad")
    lines = [
        "\t".join([f"programme {p}", "planted", *adata.var_names[adata.varm["driver"][:, p] > 0]])
        for p in range(N_PROGRAMMES)
    ]
    (folder / "sets.gmt").write_text("\n".join(lines) + "\n")
    return folder


def write_config(folder: Path, settings: dict[str, Any], name: str = "run") -> Path:
    """Write ``NAME.toml``, whose store is ``NAME.store`` beside it; dots in keys are tables."""
    settings = {"out": f"{name}.store", **_SETTINGS, **settings}
    path = folder / f"{name}.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
    return path


def copy_stages(source: Path, target: Path, stages: Iterable[str]) -> None:
    """Copy finished stages from one workspace to another, so that a run need not repeat them."""
    for stage in stages:
        shutil.copytree(source / stage, target / stage)


def plant_activations(workspace: Path, active: np.ndarray) -> None:
    """Let each concept be active in other cells; `active` is (n_cells, n_concepts) bool.

    All activations are 1, but those of a cell that stands later in the data are higher.
    """
    n_cells, k = np.load(workspace / "dictionary" / "indices.npy").shape
    indices = np.full((n_cells, k), -1, np.int32)
    for cell, row in enumerate(active):
        concepts = np.flatnonzero(row)
        indices[cell, : len(concepts)] = concepts
    values = np.where(indices >= 0, 1 + np.arange(n_cells)[:, None] / n_cells, 0)
    np.save(workspace / "dictionary" / "indices.npy", indices)
    np.save(workspace / "dictionary" / "values.npy", values.astype(np.float32))


def make_module() -> tuple[nn.Module, list[str]]:
    """Return a small network that reads the genes of the planted cells."""
    torch.manual_seed(0)
    genes = simulate(N_CELLS, N_GENES, N_PROGRAMMES, seed=0).var_names
    return nn.Sequential(nn.Linear(N_GENES, 8), nn.SiLU(), nn.Linear(8, 4)), list(genes)
