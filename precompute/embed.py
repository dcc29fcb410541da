"""Embeddings of an h5ad file by a given model, as one ``.npy`` file: the command ``embed``."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import anndata as ad
import numpy as np

from precompute.cells import Cells, read_h5ad, refuse_minified
from precompute.config import DataConfig, ModelConfig
from precompute.counts import check_counts, find_counts
from precompute.device import resolve_device, threads_for
from precompute.errors import fault
from precompute.genes import read_gene_names
from precompute.models.choose import fit_cells, load_model
from precompute.models.tokens import TokenModel
from precompute.models.torch_module import FILES
from precompute.obs import read_obs
from precompute.progress import progress_bar
from precompute.whole_file import write_whole

log = logging.getLogger("precompute")

KINDS = ("scgpt", "geneformer", "scvi", "module")


def parse_model(text: str) -> ModelConfig:
    """Return the model that ``KIND:FOLDER`` names, or ``module:`` with a function or a file.

    Raises
    ------
    InputError
        The kind is not known, or nothing follows it.
    """
    kind, _, place = text.partition(":")
    if kind not in KINDS or not place:
        raise fault(
            "--model",
            f"found '{text}'",
            "scgpt:FOLDER, geneformer:FOLDER, scvi:FOLDER, module:package.module:function or "
            "module:FILE.pt2",
            "Change it.",
        )
    if kind == "module" and Path(place).suffix not in FILES:
        return ModelConfig(kind=kind, factory=place)
    return ModelConfig(kind=kind, path=place)


def embed_file(
    data: Path, config: ModelConfig, out: Path, layer: str, device: str, seed: int
) -> np.ndarray:
    """Embed all cells of a file and write them to `out`, a row a cell, in their order.

    Parameters
    ----------
    data : an h5ad file.
    config : a model that exists; nothing is trained.
    out : appears when it is whole.
    layer : where the counts are: ``auto``, ``X``, ``raw`` or a layer. scGPT also takes other
        positive numbers, since it reads quantiles of a cell.
    device : auto, cpu or cuda.
    seed : of what scGPT draws.

    Returns
    -------
    (n_cells, d_embedding) float32.

    Raises
    ------
    InputError
        A file is missing or damaged, the model does not fit the cells, or `out` cannot be written.
    """
    place = resolve_device(device)
    with write_whole(out) as unfinished:
        cells = fit_cells(config, read_cells(read_h5ad(data), config.kind, layer, data.name))
        for notice in cells.notices:
            log.info("note: %s", notice)
        model = load_model(config, cells, Path(), place, seed)
        counts, covariates = cells.model_counts(), getattr(model, "covariates", None)
        with progress_bar("embed") as progress, threads_for(model.n_weights):
            extra = {"progress": progress} if isinstance(model, TokenModel) else {}
            embeddings = model.embed(counts, covariates, cells.cell_ids, **extra)
        with unfinished.open("wb") as file:
            np.save(file, embeddings, allow_pickle=False)
    return embeddings


def read_cells(adata: ad.AnnData, kind: str, layer: str, source: str) -> Cells:
    """Return all cells of an AnnData, those without counts too, with all genes.

    Raises
    ------
    InputError
        There are no cells or no such layer, it holds no counts where the model needs them, or
        gene names are not unique.
    """
    if adata.n_obs == 0 or adata.n_vars == 0:
        found = f"{adata.n_obs} cells x {adata.n_vars} genes"
        raise fault(source, found, "at least one cell and one gene", "Check the file.")
    refuse_minified(adata, source)
    counts, counts_from, var = find_counts(adata, layer, source)
    if kind != "scgpt":
        check_counts(counts, source, counts_from)
    # The column that the official embedding of scGPT reads by default.
    by_column = kind == "scgpt" and "feature_name" in var
    genes = read_gene_names(var, "feature_name" if by_column else "auto", source)
    totals = np.asarray(counts.sum(axis=1)).ravel().astype(np.float32)
    return Cells(
        source=source,
        counts=counts,
        counts_from=counts_from,
        library_size=totals,
        genes=genes,
        model_genes=np.arange(len(genes.ids)),
        obs=read_obs(adata.obs, DataConfig(), counts, totals, genes.symbols, source),
        obsm={},
        cell_ids=[str(name) for name in adata.obs_names],
        source_rows=np.arange(adata.n_obs),
        notices=(),
    )


def apply_options(
    config: ModelConfig,
    batch_size: int,
    ties: str,
    pooling: str,
    hidden_layer: int | None,
    precision: str,
) -> ModelConfig:
    """Return the model with what the command line says of it.

    Raises
    ------
    InputError
        A batch of no cells.
    """
    if batch_size < 1:
        raise fault("--batch-size", f"found {batch_size}", "at least 1", "Raise it.")
    return replace(
        config,
        batch_size=batch_size,
        ties=ties,
        pooling=pooling,
        hidden_layer=hidden_layer,
        precision=precision,
    )
