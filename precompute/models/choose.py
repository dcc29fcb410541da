"""Makes the model that a configuration asks for, or loads it again from a workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from precompute.cells import Cells
from precompute.config import ModelConfig
from precompute.models.base import CellModel
from precompute.models.embedding import EmbeddingModel
from precompute.models.scvi import load_scvi, locate_genes, read_saved_genes, train_scvi

_TRAINED = "scvi"


def make_model(
    config: ModelConfig,
    cells: Cells,
    seed: int,
    folder: Path,
    device: torch.device,
    progress: Callable[[int, int], None] | None = None,
) -> CellModel:
    """Return the model; one that has to be trained is saved below `folder`.

    Raises
    ------
    InputError
        The saved model or the ``obsm`` matrix is missing, damaged or does not fit the cells.
    """
    if config.kind == "embedding":
        return EmbeddingModel(cells, config.obsm)
    if config.path:
        return load_scvi(Path(config.path), cells, device)
    return train_scvi(cells, config, config.batch_key, seed, device, folder / _TRAINED, progress)


def fit_cells(config: ModelConfig, cells: Cells) -> Cells:
    """Return the cells with the genes that a given model reads, in its order, as model genes."""
    if config.kind == "embedding" or not config.path:
        return cells
    names = read_saved_genes(Path(config.path))
    return replace(cells, model_genes=locate_genes(names, cells))


def load_model(config: ModelConfig, cells: Cells, folder: Path, device: torch.device) -> CellModel:
    """Return the model that `make_model` gave for the same arguments."""
    if config.kind == "embedding":
        return EmbeddingModel(cells, config.obsm)
    return load_scvi(Path(config.path) if config.path else folder / _TRAINED, cells, device)
