"""Names of genes, and which of them the model reads."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
import scipy.sparse as sp

from precompute.errors import InputError, fault

_ENSEMBL = re.compile(r"ENS[A-Z]*G\d{11}(\.\d+)?")
# `feature_name` is the CELLxGENE schema's; the others are what 10x and scanpy write.
_SYMBOL_COLUMNS = ("feature_name", "gene_symbols", "gene_symbol", "symbol", "gene_name")
_ID_COLUMNS = ("gene_ids", "ensembl_id", "gene_id", "feature_id")
# With fewer genes that vary, skmisc's loess ends the process instead of raising an error.
_LOESS_LEAST = 4


@dataclass(frozen=True)
class GeneNames:
    """Genes in the order of the counts.

    Attributes
    ----------
    ids : stable identifiers, Ensembl where the data has them; unique.
    symbols : what people call the genes; unique.
    """

    ids: list[str]
    symbols: list[str]


def complete_var(var: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Return `var`, the table of ``.raw``, with the columns that only `whole` has.

    The CELLxGENE schema keeps symbols beside the normalised values, and counts in ``.raw``, whose
    table may be bare. Genes that `whole` lacks have no value there.
    """
    missing = [name for name in whole.columns if name not in var]
    if var is whole or not missing or not (var.index.is_unique and whole.index.is_unique):
        return var
    return var.join(whole[missing])


def read_gene_names(var: pd.DataFrame, column: str, source: str) -> GeneNames:
    """Return the genes' ids and symbols from the var table.

    Parameters
    ----------
    var : one row a gene; its index holds symbols or Ensembl ids.
    column : the var column of symbols, or ``auto``.
    source : what messages call the data.

    Raises
    ------
    InputError
        Duplicate names in the index, or `column` is not there.
    """
    index = [str(name) for name in var.index]
    repeated = [name for name, n in Counter(index).items() if n > 1]
    if repeated:
        n_rows = len(index) - len(set(index))
        raise InputError(
            f"{source}: {n_rows:,} of {len(index):,} gene names are duplicated "
            f"(first: {repeated[0]}). Expected unique names. "
            "Make var_names unique (adata.var_names_make_unique()) or sum the duplicates first."
        )
    if column != "auto" and column not in var:
        raise fault(
            source,
            f"data.gene_symbols = '{column}' is no column of var",
            f"one of: {', '.join(map(str, var.columns))}",
            "Correct the name.",
        )
    if column == "auto" and all(name.isdecimal() for name in index):
        numbered = _name_numbered(var)
        if numbered is not None:
            return numbered
    if column != "auto" or _looks_like_ensembl(index):
        chosen = column if column != "auto" else _first_present(var, _SYMBOL_COLUMNS)
        symbols = index if chosen is None else _fill_missing(var[chosen], index)
        return GeneNames(ids=index, symbols=_make_unique(symbols, index))
    id_column = _first_present(var, _ID_COLUMNS)
    ids = index if id_column is None else [str(name) for name in var[id_column]]
    return GeneNames(ids=ids if len(set(ids)) == len(ids) else index, symbols=index)


def select_genes(counts: sp.csr_matrix, symbols: list[str], n_top_genes: int) -> np.ndarray:
    """Return the indices of the genes the model reads, ascending.

    All expressed genes when there are no more than `n_top_genes`, else the most variable by
    scanpy's ``seurat_v3`` on raw counts (Stuart et al. 2019); when its loess fit fails on few
    cells, by ``seurat`` on log-normalised values (Satija et al. 2015); the first ones when
    hardly any gene varies.
    """
    expressed = np.flatnonzero(np.asarray(counts.sum(axis=0)).ravel() > 0)
    if len(expressed) <= n_top_genes:
        return expressed
    counts = counts[:, expressed]
    if _count_varying(counts) < _LOESS_LEAST:
        return expressed[:n_top_genes]
    names = pd.DataFrame(index=[symbols[i] for i in expressed])
    adata = ad.AnnData(counts.copy(), var=names)
    try:
        table = sc.pp.highly_variable_genes(
            adata, n_top_genes=n_top_genes, flavor="seurat_v3", inplace=False
        )
    except ValueError:
        sc.pp.normalize_total(adata, target_sum=1e4)
        sc.pp.log1p(adata)
        table = sc.pp.highly_variable_genes(
            adata, n_top_genes=n_top_genes, flavor="seurat", inplace=False
        )
        # It takes all of those that tie for the last place.
        score = table["dispersions_norm"].fillna(-np.inf).to_numpy()
        return expressed[np.sort(np.argsort(-score, kind="stable")[:n_top_genes])]
    return expressed[np.flatnonzero(table["highly_variable"].to_numpy())]


def _name_numbered(var: pd.DataFrame) -> GeneNames | None:
    """Return the genes of a table whose index only counts them, as a slice of the Census has it.

    None where it has no column of unique ids.
    """
    id_column, symbol_column = (_first_present(var, c) for c in (_ID_COLUMNS, _SYMBOL_COLUMNS))
    ids = [] if id_column is None else [str(name) for name in var[id_column]]
    if not ids or len(set(ids)) < len(ids):
        return None
    symbols = ids if symbol_column is None else _fill_missing(var[symbol_column], ids)
    return GeneNames(ids=ids, symbols=_make_unique(symbols, ids))


def _looks_like_ensembl(names: list[str]) -> bool:
    sample = names[:200]
    return sum(bool(_ENSEMBL.fullmatch(name)) for name in sample) > len(sample) / 2


def _count_varying(counts: sp.csr_matrix) -> int:
    columns = counts.tocsc()
    return int((columns.max(axis=0).toarray() != columns.min(axis=0).toarray()).sum())


def _fill_missing(symbols: pd.Series, ids: list[str]) -> list[str]:
    """Return the symbols, the id where a gene has none."""
    missing = symbols.isna().to_numpy()
    return [i if m else str(s) for s, i, m in zip(symbols, ids, missing, strict=True)]


def _first_present(var: pd.DataFrame, columns: tuple[str, ...]) -> str | None:
    return next((name for name in columns if name in var), None)


def _make_unique(symbols: list[str], ids: list[str]) -> list[str]:
    """Return the symbols with the id appended where two genes share one symbol."""
    shared = {name for name, n in Counter(symbols).items() if n > 1}
    return [f"{s} ({i})" if s in shared else s for s, i in zip(symbols, ids, strict=True)]
