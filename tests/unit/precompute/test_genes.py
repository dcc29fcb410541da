"""Names of genes, and the choice of those the model reads, against scanpy."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import scipy.sparse as sp

from precompute.errors import InputError
from precompute.genes import read_gene_names, select_genes
from precompute.synthetic import simulate

ENSEMBL = [f"ENSG{i:011d}" for i in range(4)]


def var(index, **columns) -> pd.DataFrame:
    return pd.DataFrame(columns, index=index)


def test_symbols_in_the_index_and_ids_in_a_column():
    names = read_gene_names(var(list("ABCD"), gene_ids=ENSEMBL), "auto", "x")
    assert names.symbols == list("ABCD") and names.ids == ENSEMBL


def test_ensembl_index_takes_symbols_from_feature_name():
    names = read_gene_names(var(ENSEMBL, feature_name=list("ABCD")), "auto", "x")
    assert names.symbols == list("ABCD") and names.ids == ENSEMBL


def test_ensembl_index_without_symbols_stands_for_itself():
    names = read_gene_names(var(ENSEMBL), "auto", "x")
    assert names.symbols == names.ids == ENSEMBL


def test_genes_that_share_a_symbol_are_told_apart():
    names = read_gene_names(var(ENSEMBL, feature_name=["A", "B", "A", "C"]), "auto", "x")
    assert names.symbols == [f"A ({ENSEMBL[0]})", "B", f"A ({ENSEMBL[2]})", "C"]


def test_a_gene_without_symbol_goes_by_its_id():
    column = pd.Categorical(["A", None, "C", None])
    names = read_gene_names(var(ENSEMBL, feature_name=column), "auto", "x")
    assert names.symbols == ["A", ENSEMBL[1], "C", ENSEMBL[3]]


def test_a_named_column_is_taken():
    names = read_gene_names(var(list("ABCD"), short=list("abcd")), "short", "x")
    assert names.symbols == list("abcd") and names.ids == list("ABCD")


def test_a_column_that_is_not_there():
    with pytest.raises(InputError, match="data.gene_symbols = 'name' is no column.*one of: short"):
        read_gene_names(var(list("ABCD"), short=list("abcd")), "name", "x")


def test_ids_that_repeat_are_not_ids():
    names = read_gene_names(var(list("AB"), gene_ids=["E1", "E1"]), "auto", "x")
    assert names.ids == ["A", "B"]


def test_duplicate_names_say_how_many_and_the_first():
    # TBCE stands three times and HSPA14 twice: 3 of 6 rows are too many.
    index = ["CD3D", "TBCE", "HSPA14", "TBCE", "HSPA14", "TBCE"]
    with pytest.raises(InputError, match=r"3 of 6 gene names are duplicated \(first: TBCE\)"):
        read_gene_names(var(index), "auto", "x")


CELLS = simulate(150, 120, 5, seed=0)
SYMBOLS = list(CELLS.var_names)


def test_the_most_variable_genes_are_scanpys():
    chosen = select_genes(CELLS.X, SYMBOLS, 40)
    theirs = CELLS.copy()
    sc.pp.highly_variable_genes(theirs, n_top_genes=40, flavor="seurat_v3")
    assert len(chosen) == 40 and np.all(np.diff(chosen) > 0)
    assert chosen.tolist() == np.flatnonzero(theirs.var["highly_variable"]).tolist()


def test_the_counts_are_left_as_they_were():
    before = CELLS.X.copy()
    select_genes(CELLS.X[:5], SYMBOLS, 40)
    assert (before != CELLS.X).nnz == 0


def test_few_genes_are_all_taken_but_those_without_counts():
    counts = sp.csr_matrix(np.array([[1, 0, 2], [0, 0, 1]], np.float32))
    assert select_genes(counts, list("ABC"), 10).tolist() == [0, 2]


@pytest.mark.parametrize("n_cells", [2, 3, 5])
def test_few_cells_fall_back(n_cells):
    chosen = select_genes(CELLS.X[:n_cells], SYMBOLS, 40)
    assert len(chosen) == 40 and np.all(np.diff(chosen) > 0)


@pytest.mark.parametrize("n_varying", [0, 1, 3])
def test_hardly_any_gene_varies(n_varying):
    """Where the loess has less than four points it ends the process."""
    counts = np.ones((30, 20), np.float32)
    counts[::2, :n_varying] = 5
    assert select_genes(sp.csr_matrix(counts), SYMBOLS[:20], 10).tolist() == list(range(10))


def test_one_cell():
    assert len(select_genes(CELLS.X[:1], SYMBOLS, 40)) == 40


@pytest.mark.shared
def test_on_real_cells(shared_data):
    cells = ad.read_h5ad(shared_data / "kang_ifnb_author_labels_1k5.h5ad")
    chosen = select_genes(sp.csr_matrix(cells.X), list(cells.var_names), 500)
    assert len(chosen) == 500
    assert "ISG15" in cells.var_names[chosen]
