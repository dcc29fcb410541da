"""h5ad files as people have them, read or refused with one clear message."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import scipy.sparse as sp

from precompute.cells import describe_cells, load_cells, read_h5ad
from precompute.config import DataConfig
from precompute.errors import InputError

COUNTS = np.random.default_rng(0).poisson(1.0, (12, 7)).astype(np.float32)
COUNTS[:, 0] += 1


def make_adata(counts=COUNTS, **parts) -> ad.AnnData:
    n_cells, n_genes = counts.shape
    obs = pd.DataFrame(
        {"donor": ["d1", "d2"] * (n_cells // 2)}, index=[f"cell{i}" for i in range(n_cells)]
    )
    var = pd.DataFrame(index=[f"g{i}" for i in range(n_genes)])
    return ad.AnnData(sp.csr_matrix(counts), obs=obs, var=var, **parts)


def load(adata, **config):
    return load_cells(adata, DataConfig(**config), "here")


def cellxgene() -> ad.AnnData:
    """As the CELLxGENE schema wants it: Ensembl index, counts in raw, X normalised."""
    cells = make_adata()
    cells.var_names = [f"ENSG{i:011d}" for i in range(7)]
    cells.var["feature_name"] = pd.Categorical(["CD3D", "LYZ", "MS4A1", "A", "A", "B", "C"])
    cells.raw = cells
    cells.X = sp.csr_matrix(np.log1p(COUNTS / COUNTS.sum(1, keepdims=True)))
    del cells.obs["donor"]
    for name in ("cell_type", "disease", "donor_id", "tissue"):
        cells.obs[name] = pd.Categorical([f"{name} a", f"{name} b"] * 6)
    return cells


def test_a_cellxgene_file(tmp_path):
    cellxgene().write_h5ad(tmp_path / "cells.h5ad")
    cells = load(read_h5ad(tmp_path / "cells.h5ad"))
    assert cells.counts_from == "raw"
    assert np.array_equal(cells.counts.toarray(), COUNTS)
    assert cells.genes.ids[1] == "ENSG00000000001" and cells.genes.symbols[1] == "LYZ"
    assert len(set(cells.genes.symbols)) == 7
    roles = {c.name: c.role for c in cells.obs.columns if c.role not in ("qc", "other")}
    assert roles == {
        "cell_type": "cell_type",
        "disease": "condition",
        "donor_id": "donor",
        "tissue": "tissue",
    }


def test_cells_without_counts_are_left_out_with_a_notice():
    counts = COUNTS.copy()
    counts[[3, 8]] = 0
    adata = make_adata(counts, obsm={"X_umap": np.arange(24.0).reshape(12, 2)})
    cells = load(adata)
    kept = [0, 1, 2, 4, 5, 6, 7, 9, 10, 11]
    assert cells.n_cells == 10
    assert cells.source_rows.tolist() == kept
    assert cells.cell_ids == [f"cell{i}" for i in kept]
    assert cells.obsm["X_umap"][:, 0].tolist() == [2.0 * i for i in kept]
    assert cells.obs.find_name("donor").values.tolist() == [i % 2 for i in kept]
    assert cells.notices == ("2 of 12 cells have no counts and were left out.",)
    assert adata.n_obs == 12


def test_log_normalised_is_scanpys():
    adata = make_adata()
    cells = load(adata)
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    assert np.allclose(cells.log_normalised().toarray(), adata.X.toarray(), atol=1e-5)


def test_a_given_library_size_scales():
    adata = make_adata()
    adata.obs["total"] = 2 * COUNTS.sum(1)
    cells = load(adata, library_size="total")
    assert cells.library_size.tolist() == (2 * COUNTS.sum(1)).tolist()
    expected = np.log1p(COUNTS[0] * 1e4 / (2 * COUNTS[0].sum()))
    assert np.allclose(cells.log_normalised()[0].toarray().ravel(), expected, atol=1e-5)


def test_model_counts_are_those_of_the_model_genes():
    cells = load(make_adata())
    assert np.array_equal(cells.model_counts().toarray(), COUNTS[:, cells.model_genes])


def test_describe_says_what_was_found():
    text = describe_cells(load(cellxgene()))
    assert text.startswith("here: good. 12 cells x 7 genes")
    assert "counts from raw" in text and "obs 'donor_id': 2 categories, role donor" in text


def broken(change) -> ad.AnnData:
    adata = make_adata()
    change(adata)
    return adata


def set_x(value):
    def change(adata):
        counts = COUNTS.copy()
        counts[5, 2] = value
        adata.X = sp.csr_matrix(counts)

    return change


@pytest.mark.parametrize(
    ("adata", "config", "words"),
    [
        (make_adata()[:0], {}, "here: 0 cells x 7 genes"),
        (make_adata()[:, :0], {}, "here: 12 cells x 0 genes"),
        (make_adata(COUNTS * 0), {}, "every cell has 0 counts"),
        (broken(set_x(np.nan)), {}, "no raw counts: X holds 1 NaN"),
        (broken(set_x(-3)), {}, r"no raw counts: X holds negative values \(smallest -3\)"),
        (broken(set_x(np.nan)), {"counts": "X"}, r"X holds 1 NaN \(in 1 of 12 cells\)"),
        (make_adata(np.log1p(COUNTS)), {}, r"X holds fractions \(such as 1.099"),
        (make_adata(), {"cell_type": "type"}, "data.cell_type = 'type' is no column of obs"),
        (make_adata(), {"library_size": "n"}, "data.library_size = 'n' is no column of obs"),
        (make_adata(), {"library_size": "donor"}, "below the counts of the cell, or no number"),
        (make_adata(), {"gene_symbols": "n"}, "data.gene_symbols = 'n' is no column of var"),
    ],
)
def test_what_cannot_be_used_is_refused(adata, config, words):
    with pytest.raises(InputError, match=words):
        load(adata, **config)


def test_duplicate_genes_are_refused_with_count_and_first():
    adata = make_adata()
    adata.var_names = ["A", "B", "B", "C", "C", "C", "D"]
    with pytest.raises(InputError, match=r"here: 3 of 7 gene names are duplicated \(first: B\)"):
        load(adata)


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "cells.h5ad"
    with pytest.raises(InputError, match="cells.h5ad: no such file"):
        read_h5ad(path)
    make_adata().write_h5ad(path)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"cell,gene\n", b""):
        path.write_bytes(content)
        with pytest.raises(InputError, match="cells.h5ad: cannot be read"):
            read_h5ad(path)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "shape", "roles"),
    [
        ("kang_ifnb_author_labels_1k5.h5ad", (1556, 1267), {"cell_type": "cell_type"}),
        ("pbmc3k_raw.h5ad", (2700, 16634), {"cell_type": "cell_type"}),
    ],
)
def test_real_files(shared_data, name, shape, roles):
    cells = load_cells(read_h5ad(shared_data / name), DataConfig(n_top_genes=500), name)
    assert cells.counts.shape == shape
    assert {c.name: c.role for c in cells.obs.columns if c.role == "cell_type"} == roles
    assert np.array_equal(cells.library_size, np.asarray(cells.counts.sum(1)).ravel())
