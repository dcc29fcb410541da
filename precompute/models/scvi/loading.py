"""Loads a model that scvi-tools saved, for cells it may never have seen."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import torch

from precompute.cells import Cells
from precompute.errors import fault
from precompute.models.scvi.covariates import read_covariates
from precompute.models.scvi.library import import_scvi
from precompute.models.scvi.model import ScviModel
from precompute.models.scvi.saved import CLASSES, SavedScvi, read_saved
from precompute.models.vocabulary import LEAST_SHARE, KnownGenes, match_best


def load_scvi(path: Path, cells: Cells, device: torch.device) -> ScviModel:
    """Load a model that scvi-tools saved in the folder `path`, for these cells.

    Its weights are loaded, whatever cells were saved beside them or were left out (minified).
    Genes that the data lack are 0 in every cell, as scvi-tools does with a query. Covariates
    are read of the data only where the encoder reads them.

    The file holds pickled objects, which can run code: load only models you trust.

    Raises
    ------
    InputError
        No model there, too few of its genes or no covariate of its encoder in the data, or a
        kind of model that is not supported.
    """
    saved = read_saved(path)
    known = know_scvi_genes(path, cells)
    model = _load(saved)
    if model.module.latent_distribution != "normal":
        raise fault(path, "latent_distribution 'ln'", "'normal'", "Train with the default.")
    covariates = read_covariates(saved, cells) if model.module.encode_covariates else None
    return ScviModel(model, covariates, device, known.tokens)


def know_scvi_genes(path: Path, cells: Cells) -> KnownGenes:
    """Return the genes of the data that the model saved in `path` reads, in its order.

    Raises
    ------
    InputError
        No model there, or the data hold fewer than half of its genes.
    """
    saved = read_saved(path)
    genes = saved.genes
    found = match_best(cells.genes, {name: i for i, name in enumerate(genes)})
    missing = sorted(set(range(len(genes))) - set(found.tokens.tolist()))
    first = ", ".join(genes[i] for i in missing[:3])
    if len(found.tokens) < LEAST_SHARE * len(genes):
        raise fault(
            cells.source,
            f"{len(missing):,} of the model's {len(genes):,} genes are missing (first: {first})",
            f"at least {LEAST_SHARE:.0%} of the genes the model was trained on",
            "Give the data with these genes, named alike (symbols or Ensembl ids).",
        )
    notices = []
    if missing:
        notices.append(
            f"{len(missing):,} of the {len(genes):,} genes that the scVI model reads are not in "
            f"the data (first: {first}): they count as 0 in every cell, and have no attribution."
        )
    if saved.likelihood == "normal":
        notices.append(
            "The scVI model was trained with a normal likelihood, as for values that are no "
            "counts; here it reads raw counts."
        )
    return found._replace(notice=" ".join(notices))


def _load(saved: SavedScvi) -> Any:
    if saved.kind not in CLASSES:
        raise fault(
            saved.path, f"a model of class {saved.kind}", " or ".join(CLASSES), "Give one of those."
        )
    scvi = import_scvi()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kind = getattr(scvi.model, saved.kind)
            return kind.load(str(saved.path), adata=_stand_in(saved), accelerator="cpu")
    except Exception as error:  # scvi-tools raises whatever a file of other objects leads to
        reason = " ".join(str(error).split()) or type(error).__name__
        raise fault(
            saved.path,
            f"scvi-tools refused it ({reason[:300]})",
            f"an {' or '.join(CLASSES)} model that this version of scvi-tools loads",
            "Check the model.",
        ) from error


def _stand_in(saved: SavedScvi) -> ad.AnnData:
    """Return cells that scvi-tools accepts for the model: with the columns it was set up with.

    A model is loaded with cells, whose columns must hold what it was trained with even where
    nothing of it reaches the encoder: a new batch, say, would be refused. scANVI has as many
    outputs as there are labels in these cells, so each label stands once.
    """
    setup = saved.setup
    columns: dict[str, Any] = {name: known[0] for name, known in saved.categorical.items()}
    columns |= dict.fromkeys(saved.continuous, 0.0)
    if setup.get("batch_key"):
        columns[setup["batch_key"]] = saved.batches[0]
    if setup.get("labels_key"):
        columns[setup["labels_key"]] = saved.labels
    if setup.get("size_factor_key"):
        columns[setup["size_factor_key"]] = 1.0
    n_cells = len(saved.labels)
    counts = np.zeros((n_cells, len(saved.genes)), np.float32)
    cells = ad.AnnData(
        counts,
        obs=pd.DataFrame(columns, index=[str(i) for i in range(n_cells)]),
        var=pd.DataFrame(index=saved.genes),
    )
    if setup.get("layer"):
        cells.layers[setup["layer"]] = counts
    return cells
