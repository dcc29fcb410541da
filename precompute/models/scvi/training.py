"""Trains scVI with scvi-tools on the model genes of the cells."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import anndata as ad
import pandas as pd
import torch

from precompute.cells import Cells
from precompute.config import ModelConfig
from precompute.device import threads_for
from precompute.errors import fault
from precompute.models.scvi.library import import_scvi
from precompute.models.scvi.model import ScviModel, count_weights

Progress = Callable[[int, int], None]
LEAST_CELLS = 10


def train_scvi(
    cells: Cells,
    config: ModelConfig,
    batch_key: str,
    seed: int,
    device: torch.device,
    folder: Path,
    progress: Progress | None = None,
) -> ScviModel:
    """Train scVI on the model genes of the cells and save it to `folder`.

    Parameters
    ----------
    cells : raw counts.
    config : sizes and stopping rule.
    batch_key : obs column whose effect the decoder takes on, or empty.
    seed : seed of weights, split and batches.
    device : where to train.
    folder : where the model is saved, in scvi-tools' format.
    progress : called with (epochs done, most epochs).

    Raises
    ------
    InputError
        Fewer than `LEAST_CELLS` cells.
    """
    if cells.n_cells < LEAST_CELLS:
        raise fault(
            cells.source,
            f"{cells.n_cells} cells",
            f"at least {LEAST_CELLS} to train scVI, so that a tenth can validate it",
            "Give more cells, or a trained model in `model.path`.",
        )
    scvi = import_scvi()
    scvi.settings.seed = seed
    adata = make_adata(cells)
    scvi.model.SCVI.setup_anndata(adata, batch_key=batch_key or None)
    model = scvi.model.SCVI(
        adata,
        n_latent=config.n_latent,
        n_hidden=config.n_hidden,
        n_layers=config.n_layers,
        gene_likelihood="nb",
    )
    with warnings.catch_warnings(), threads_for(count_weights(model.module)):
        warnings.simplefilter("ignore")
        with redirect_stdout(StringIO()):  # it announces its early stop
            model.train(**_training_arguments(cells.n_cells, config, device, progress))
    model.save(str(folder), overwrite=True)
    return ScviModel(model, None, device)


def make_adata(cells: Cells) -> ad.AnnData:
    """Return an AnnData of the raw counts of the model genes."""
    names = [cells.genes.symbols[i] for i in cells.model_genes]
    return ad.AnnData(
        cells.model_counts().toarray(),
        obs=cells.obs.to_frame(cells.cell_ids),
        var=pd.DataFrame(index=names),
    )


def _training_arguments(
    n_cells: int, config: ModelConfig, device: torch.device, progress: Progress | None
) -> dict[str, Any]:
    from lightning.pytorch.callbacks import Callback

    class _Report(Callback):
        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            if progress:
                progress(trainer.current_epoch + 1, config.max_epochs)

    return {
        "max_epochs": config.max_epochs,
        "accelerator": "gpu" if device.type == "cuda" else "cpu",
        "devices": [device.index or 0] if device.type == "cuda" else 1,
        "train_size": 0.9,
        "batch_size": min(128, max(2, n_cells // 4)),
        "early_stopping": True,
        "early_stopping_patience": config.early_stopping_patience,
        "logger": False,
        "enable_progress_bar": False,
        "enable_checkpointing": False,
        "enable_model_summary": False,
        "callbacks": [_Report()],
        "datasplitter_kwargs": {"drop_last": True},
        # Early stopping compares losses over epochs, so the weight of the KL term must be at
        # its full value soon; else training ends before unused dimensions are switched off.
        "plan_kwargs": {"n_epochs_kl_warmup": config.n_epochs_kl_warmup},
    }
