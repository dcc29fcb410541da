"""scVI (Lopez et al. 2018) as a `CellModel`: loads a saved model or trains one with scvi-tools."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import torch

from precompute.cells import Cells
from precompute.config import ModelConfig
from precompute.device import threads_for
from precompute.errors import InputError, fault
from precompute.models.expression import ExpressionModel
from precompute.models.linear_first import split_layers

if TYPE_CHECKING:
    from scvi.model import SCVI

Progress = Callable[[int, int], None]
LEAST_CELLS = 10


class ScviModel(ExpressionModel):
    """The encoder of an scVI model; the embedding is the mean of its posterior.

    The latent sample ``z`` is random and is never used.

    Parameters
    ----------
    model : a trained scVI model.
    covariates : (n_cells, n_covariates) what the encoder reads besides expression, or None.
    device : where to compute.

    Attributes
    ----------
    linear_first : the encoder taken apart at its first layer, which is linear in log1p counts;
        None when it reads covariates too.
    """

    name = "scvi"

    def __init__(self, model: SCVI, covariates: np.ndarray | None, device: torch.device) -> None:
        self.module = model.module.to(device).eval().requires_grad_(False)
        self.genes = np.asarray(model.adata_manager.get_state_registry("X")["column_names"], str)
        self.d_embedding = int(model.module.n_latent)
        self.n_weights = count_weights(self.module)
        self.covariates = covariates
        self.device = device
        encoder = self.module.z_encoder
        layers = [m for block in encoder.encoder.fc_layers for m in block if m is not None]
        reads_only_genes = covariates is None and self.module.log_variational
        self.linear_first = (
            split_layers(layers, encoder.mean_encoder, len(self.genes))
            if reads_only_genes
            else None
        )

    def embed_log1p(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of log1p counts, with gradients; see `CellModel`."""
        batch = torch.zeros(len(log_counts), 1, device=log_counts.device)
        inputs: dict[str, Any] = {"batch_index": batch if covariates is None else covariates[:, :1]}
        result = self.module.inference(x=torch.expm1(log_counts), **inputs)
        return result["qz"].loc


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
    scvi = _import_scvi()
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
    return ScviModel(model, _encoder_covariates(model), device)


def load_scvi(path: Path, cells: Cells, device: torch.device) -> ScviModel:
    """Load a model that scvi-tools saved in the folder `path`, for these cells.

    The file holds pickled objects, which can run code: load only models you trust.

    Raises
    ------
    InputError
        No model there, genes missing from the data, or a kind of model that is not supported.
    """
    adata = make_adata(cells, read_saved_genes(path))
    scvi = _import_scvi()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = scvi.model.SCVI.load(str(path), adata=adata, accelerator="cpu")
    except Exception as error:  # scvi-tools raises whatever a file of other objects leads to
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise fault(
            path,
            f"scvi-tools refused it ({reason[:200]})",
            "an SCVI model trained with the same obs columns",
            "Check the model and the batch column of the data.",
        ) from error
    if model.module.latent_distribution != "normal":
        raise fault(path, "latent_distribution 'ln'", "'normal'", "Train with the default.")
    return ScviModel(model, _encoder_covariates(model), device)


def read_saved_genes(path: Path) -> list[str]:
    """Return the names of the genes, in order, of the model that scvi-tools saved in `path`.

    Raises
    ------
    InputError
        No model there, or its file cannot be read.
    """
    if not (path / "model.pt").is_file():
        raise fault(path, "no model.pt", "a folder saved by scvi-tools", "Check `model.path`.")
    try:
        saved = torch.load(path / "model.pt", map_location="cpu", weights_only=False)
        return [str(name) for name in saved["var_names"]]
    except Exception as error:  # pickle raises whatever the damaged bytes lead to
        raise fault(
            path / "model.pt",
            f"cannot be read ({type(error).__name__})",
            "a model saved by scvi-tools 1.x",
            "Save it again with model.save().",
        ) from error


def make_adata(cells: Cells, names: list[str] | None = None) -> ad.AnnData:
    """Return an AnnData of the raw counts of the model genes, or of the genes `names` in order.

    Raises
    ------
    InputError
        Some of `names` are not in the data.
    """
    if names is None:
        columns = cells.model_genes
        names = [cells.genes.symbols[i] for i in columns]
    else:
        columns = locate_genes(names, cells)
    return ad.AnnData(
        cells.counts[:, columns].toarray(),
        obs=cells.obs.to_frame(cells.cell_ids),
        var=pd.DataFrame(index=names),
    )


def locate_genes(names: list[str], cells: Cells) -> np.ndarray:
    """Return the index in `cells.genes` of each name, which is a symbol or an id.

    Raises
    ------
    InputError
        Some names are in neither.
    """
    by_name = {name: i for i, name in enumerate(cells.genes.ids)}
    by_name |= {name: i for i, name in enumerate(cells.genes.symbols)}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise fault(
            cells.source,
            f"{len(missing):,} of the model's {len(names):,} genes are missing "
            f"(first: {', '.join(missing[:3])})",
            "all genes the model was trained on",
            "Give the data with these genes, named alike (symbols or Ensembl ids).",
        )
    return np.array([by_name[name] for name in names], dtype=np.int64)


def count_weights(module: torch.nn.Module) -> int:
    """Return the number of weights of a network."""
    return sum(weights.numel() for weights in module.parameters())


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


def _encoder_covariates(model: SCVI) -> np.ndarray | None:
    """Return the batch codes (n_cells, 1) when the encoder reads them, else None."""
    module = model.module
    if not module.encode_covariates:
        return None
    registered = set(model.adata_manager.data_registry)
    if registered & {"extra_continuous_covs", "extra_categorical_covs"}:
        raise InputError(
            "scVI model: its encoder reads extra covariates. Expected expression and batch only. "
            "Train with encode_covariates=False."
        )
    codes = model.adata_manager.get_from_registry("batch")
    return np.asarray(codes, dtype=np.float32).reshape(-1, 1)


def _import_scvi() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import scvi
        except ImportError as error:
            raise InputError(
                "scvi-tools is not installed. Expected it for model.kind = 'scvi'. "
                "Run: pip install 'scconcepts[scvi]'"
            ) from error
    for name in ("lightning", "lightning.pytorch", "lightning.fabric", "scvi"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return scvi
