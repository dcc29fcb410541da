"""The cells of a run: raw counts, genes and obs columns, checked. Reads AnnData, trains nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from precompute.cell_cycle import score_cell_cycle
from precompute.conditions import choose_rows
from precompute.config import DataConfig
from precompute.counts import check_counts, find_counts
from precompute.errors import InputError, fault
from precompute.genes import GeneNames, complete_var, read_gene_names, select_genes
from precompute.obs import Obs, read_obs

_MINIFIED = "_scvi_adata_minify_type"


@dataclass(frozen=True)
class Cells:
    """Cells that passed every check.

    Attributes
    ----------
    source : path or name the user knows the data by.
    counts : (n_cells, n_genes) raw counts, float32 CSR.
    counts_from : where in the AnnData the counts were found.
    library_size : (n_cells,) total counts, of all genes that were measured.
    genes : names of the genes.
    model_genes : (n_model_genes,) indices of the genes the model reads: ascending, or in the
        order of a model that was given.
    obs : the obs columns and their roles.
    obsm : the matrices that came with the cells, each (n_cells, ...).
    cell_ids : (n_cells,) names of the cells.
    source_rows : (n_cells,) row of each cell in the input.
    notices : what was left out and why, in sentences.
    """

    source: str
    counts: sp.csr_matrix
    counts_from: str
    library_size: np.ndarray
    genes: GeneNames
    model_genes: np.ndarray
    obs: Obs
    obsm: dict[str, np.ndarray]
    cell_ids: list[str]
    source_rows: np.ndarray
    notices: tuple[str, ...]

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.counts.shape[0]

    def model_counts(self) -> sp.csr_matrix:
        """Return the counts (n_cells, n_model_genes) of the genes the model reads."""
        return self.counts[:, self.model_genes]

    def log_normalised(self) -> sp.csr_matrix:
        """Return log1p of counts per 10,000 (n_cells, n_genes), by `library_size`."""
        scaled = sp.diags_array(1e4 / self.library_size).astype(np.float32) @ self.counts
        scaled = sp.csr_matrix(scaled)
        scaled.data = np.log1p(scaled.data)
        return scaled


def read_h5ad(path: Path, backed: bool = False) -> ad.AnnData:
    """Read an h5ad file whole, or only open it where `backed`; `load_cells` then reads its rows.

    Raises
    ------
    InputError
        The file is missing, truncated or no h5ad.
    """
    if not path.is_file():
        raise fault(path, "no such file", "an h5ad file", "Check `data.path` or --data.")
    try:
        return ad.read_h5ad(path, backed="r" if backed else None)
    except Exception as error:  # h5py and anndata raise many kinds for a damaged file
        raise _unreadable(path, error) from error


def _unreadable(where: object, error: Exception) -> InputError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return fault(
        where,
        f"cannot be read ({reason[:160]})",
        "a whole h5ad file",
        "It may be truncated: compare its size with the source and copy it again.",
    )


def load_cells(adata: ad.AnnData, config: DataConfig, source: str) -> Cells:
    """Check an AnnData and return its cells.

    Parameters
    ----------
    adata : raw counts in X, in a layer or in ``.raw``; may only be opened, not read.
    config : which columns mean what.
    source : what messages call the data.

    Raises
    ------
    InputError
        No cells, no raw counts, NaN or negative values, duplicate genes, columns that are not
        there, no cell that meets `config.keep`. Says where and how many.
    """
    notices = []
    rows = choose_rows(adata.obs, config.keep, source)
    if config.keep:
        notices.append(f"{len(rows):,} of {adata.n_obs:,} cells meet data.keep and take part.")
        adata = _take_rows(adata, rows, source)
    if adata.n_obs == 0 or adata.n_vars == 0:
        raise fault(
            source,
            f"{adata.n_obs} cells x {adata.n_vars} genes",
            "at least one cell and one gene",
            "Check the filter that wrote the file.",
        )
    refuse_minified(adata, source)
    counts, counts_from, var = find_counts(adata, config.counts, source)
    check_counts(counts, source, counts_from)
    genes = read_gene_names(complete_var(var, adata.var), config.gene_symbols, source)
    library_size = _read_library_size(adata.obs, counts, config.library_size, source)
    keep = np.flatnonzero((np.diff(counts.indptr) > 0) & (library_size > 0))
    if len(keep) == 0:
        raise fault(source, "every cell has 0 counts", "cells with counts", "Check the filter.")
    if len(keep) < adata.n_obs:
        n = adata.n_obs - len(keep)
        notices.append(f"{n:,} of {adata.n_obs:,} cells have no counts and were left out.")
    counts, library_size = counts[keep], library_size[keep]
    obs = read_obs(adata.obs.iloc[keep], config, counts, library_size, genes.symbols, source)
    obs = obs.with_numbers(score_cell_cycle(counts, library_size, genes.symbols))
    return Cells(
        source=source,
        counts=counts,
        counts_from=counts_from,
        library_size=library_size,
        genes=genes,
        model_genes=select_genes(counts, genes.symbols, config.n_top_genes),
        obs=obs,
        obsm={name: np.asarray(m)[keep] for name, m in adata.obsm.items() if _is_matrix(m)},
        cell_ids=[str(name) for name in adata.obs_names[keep]],
        source_rows=rows[keep].astype(np.int64),
        notices=(*notices, *obs.notices),
    )


def _take_rows(adata: ad.AnnData, rows: np.ndarray, source: str) -> ad.AnnData:
    """Return these cells; of a file that is only opened they are read now, and it is closed."""
    if not adata.isbacked:
        return adata[rows]
    try:
        return adata[rows].to_memory()
    except Exception as error:  # as in `read_h5ad`, in the parts that were not read there
        raise _unreadable(source, error) from error
    finally:
        adata.file.close()


def refuse_minified(adata: ad.AnnData, source: str) -> None:
    """Raise `InputError` when scvi-tools has minified the cells, which leaves zeros for counts."""
    if _MINIFIED in adata.uns:
        raise fault(
            source,
            "it was minified by scvi-tools: its counts are zeros in the place of the real ones",
            "the counts of the cells",
            "Give the h5ad from before minification; the minified model itself can be used.",
        )


def _is_matrix(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 2


def _read_library_size(
    obs: pd.DataFrame, counts: sp.csr_matrix, column: str, source: str
) -> np.ndarray:
    totals = np.asarray(counts.sum(axis=1)).ravel().astype(np.float32)
    if not column:
        return totals
    if column not in obs:
        raise missing_column(source, "library_size", column, obs)
    given = pd.to_numeric(obs[column], errors="coerce").to_numpy(np.float32)
    wrong = int((~(given >= totals * 0.999)).sum())
    if wrong:
        raise fault(
            source,
            f"obs['{column}'] is below the counts of the cell, or no number, in {wrong:,} cells",
            "the total counts of each cell",
            "Correct `data.library_size`, or leave it out to use the sum of the counts.",
        )
    return given


def missing_column(source: str, key: str, column: str, obs: pd.DataFrame) -> InputError:
    """Return the error for an obs column that the config names and the data lack."""
    known = ", ".join(map(str, obs.columns[:20]))
    return fault(
        source,
        f"data.{key} = '{column}' is no column of obs",
        f"one of: {known}",
        "Correct the name.",
    )


def describe_cells(cells: Cells) -> str:
    """Return what was found in the data, a line each, for ``validate``."""
    depth = np.percentile(cells.library_size, [5, 50, 95])
    lines = [
        f"{cells.source}: good. {cells.n_cells:,} cells x {len(cells.genes.ids):,} genes",
        f"  counts from {cells.counts_from}; library size {depth[1]:,.0f} "
        f"(5-95 %: {depth[0]:,.0f}-{depth[2]:,.0f})",
        f"  genes: {cells.genes.symbols[0]} ({cells.genes.ids[0]}), …; "
        f"{len(cells.model_genes):,} would go to the model",
        f"  obsm: {', '.join(cells.obsm) or 'none'}",
    ]
    for column in cells.obs.columns:
        kind = "number" if column.categories is None else f"{column.n_categories} categories"
        lines.append(f"  obs '{column.name}': {kind}, role {column.role}")
    return "\n".join([*lines, *(f"  note: {notice}" for notice in cells.notices)])
