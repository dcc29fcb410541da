"""Makes the model that a configuration asks for, or loads it again from a workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from precompute.cells import Cells
from precompute.config import ModelConfig
from precompute.models.base import CellModel
from precompute.models.embedding import EmbeddingModel
from precompute.models.geneformer import GeneformerOptions, load_geneformer
from precompute.models.geneformer.model import know_geneformer_genes
from precompute.models.scgpt import ScgptOptions, load_scgpt
from precompute.models.scgpt.model import know_scgpt_genes
from precompute.models.scvi import know_scvi_genes, load_scvi, train_scvi
from precompute.models.surrogate import SurrogateModel, load_surrogate, save_surrogate
from precompute.models.surrogate_fit import fit_surrogate
from precompute.models.torch_module import load_torch_module, read_module_genes, source_file
from precompute.models.vocabulary import KnownGenes, locate_genes

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
    if config.kind == "scvi" and not config.path:
        return train_scvi(
            cells, config, config.batch_key, seed, device, folder / _TRAINED, progress
        )
    if config.surrogate:
        donor = cells.obs.find_role("donor")
        network, quality = fit_surrogate(
            cells.model_counts(),
            EmbeddingModel(cells, config.obsm).embeddings,
            None if donor is None else donor.values,
            seed,
            progress,
        )
        save_surrogate(network, quality, folder)
    return load_model(config, cells, folder, device, seed)


def fit_cells(config: ModelConfig, cells: Cells) -> Cells:
    """Return the cells with the genes that a given model reads, in its order, as model genes.

    What the model does not know of the data is added to the notices.

    Raises
    ------
    InputError
        The model cannot be read, or knows too few of the genes.
    """
    if config.kind == "module":
        names = read_module_genes(config.factory or config.path)
        return replace(cells, model_genes=locate_genes(names, cells))
    known = _know_genes(config, cells)
    if known is None:
        return cells
    notices = (*cells.notices, known.notice) if known.notice else cells.notices
    return replace(cells, model_genes=known.columns, notices=notices)


def _know_genes(config: ModelConfig, cells: Cells) -> KnownGenes | None:
    """Return the genes that a given model knows; None for a model that is yet to be trained."""
    folder = Path(config.path)
    if config.kind == "scgpt":
        return know_scgpt_genes(folder, cells)
    if config.kind == "geneformer":
        return know_geneformer_genes(folder, cells, _geneformer_options(config))
    if config.kind == "scvi" and config.path:
        return know_scvi_genes(folder, cells)
    return None


def load_model(
    config: ModelConfig, cells: Cells, folder: Path, device: torch.device, seed: int = 0
) -> CellModel:
    """Return the model that `make_model` gave for the same arguments."""
    if config.kind == "embedding":
        given = EmbeddingModel(cells, config.obsm)
        if not config.surrogate:
            return given
        genes = np.array([cells.genes.symbols[gene] for gene in cells.model_genes])
        network, quality = load_surrogate(folder)
        return SurrogateModel(network, genes, given.embeddings, quality, device)
    if config.kind == "scgpt":
        return load_scgpt(Path(config.path), cells, _scgpt_options(config, seed), device)
    if config.kind == "geneformer":
        return load_geneformer(Path(config.path), cells, _geneformer_options(config), device)
    if config.kind == "module":
        return load_torch_module(config.factory or config.path, _take_some(cells), device)
    return load_scvi(Path(config.path) if config.path else folder / _TRAINED, cells, device)


# Cells on which a module of the user's is checked when it is loaded.
_CHECKED_CELLS = 8


def _take_some(cells: Cells) -> np.ndarray:
    """Return counts (8, n_genes) of the first cells; of fewer, again with other genes each time."""
    some = np.asarray(cells.model_counts()[:_CHECKED_CELLS].toarray(), np.float32)
    return np.stack([np.roll(some[i % len(some)], i // len(some)) for i in range(_CHECKED_CELLS)])


def list_files(config: ModelConfig) -> list[Path]:
    """Return the files that make a given model what it is, for fingerprints."""
    if config.kind == "module":
        return [Path(config.path) if config.path else source_file(config.factory)]
    if not config.path:
        return []
    folder = Path(config.path)
    if config.kind == "scvi":
        return [folder / "model.pt"]
    places = [folder, *(folder / name for name in ("model",) if config.kind == "geneformer")]
    if config.kind == "geneformer":
        places.append(folder.parent)
    found = {path for place in places for kind in _KINDS[config.kind] for path in place.glob(kind)}
    return sorted(found)


_KINDS = {
    "scgpt": ("args.json", "vocab.json", "best_model.pt"),
    "geneformer": ("config.json", "model.safetensors", "*dictionary*.pkl"),
}


def _scgpt_options(config: ModelConfig, seed: int) -> ScgptOptions:
    return ScgptOptions(
        ties=config.ties,  # type: ignore[arg-type]
        seed=seed,
        pooling=config.pooling,  # type: ignore[arg-type]
        hidden_layer=-1 if config.hidden_layer is None else config.hidden_layer,
        precision=config.precision,  # type: ignore[arg-type]
        batch_size=config.batch_size,
    )


def _geneformer_options(config: ModelConfig) -> GeneformerOptions:
    return GeneformerOptions(
        pooling=config.pooling or "mean",  # type: ignore[arg-type]
        hidden_layer=config.hidden_layer,
        batch_size=config.batch_size,
        token_dictionary=config.token_dictionary,
        median_dictionary=config.median_dictionary,
    )
