"""Cells in the CELLxGENE schema, conditions on them, and the examples that are made for it."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from precompute.cells import load_cells, read_h5ad
from precompute.cli import main
from precompute.conditions import Condition, choose_rows, parse_condition
from precompute.config import DataConfig, parse_config
from precompute.errors import InputError
from scconcepts_app.store import verify_store
from tests.cellxgene_case import ASSAYS, N_GENES, make_cellxgene, write_cellxgene
from tests.conftest import ROOT
from tests.run_case import write_config

KEEP = (f"assay = {ASSAYS[0]}",)
EXAMPLES = ("tabula_sapiens_immune", "cross_tissue_immune")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_cellxgene(tmp_path_factory.mktemp("cellxgene"))


def test_counts_come_from_raw_and_symbols_from_beside_it():
    adata = make_cellxgene()
    cells = load_cells(adata, DataConfig(), "here")
    assert cells.counts_from == "raw"
    assert np.array_equal(cells.counts.toarray(), adata.raw.X.toarray())
    assert cells.genes.ids[0] == "ENSG00000000000" and cells.genes.symbols[0] == "gene_0"
    # Counts of genes that the schema filters from X are there.
    assert cells.counts[:, N_GENES - 1].nnz > 0
    roles = {column.name: column.role for column in cells.obs.columns}
    assert roles["donor_id"] == "donor" and roles["tissue"] == "tissue"
    assert roles["cell_type"] == "cell_type" and roles["disease"] == "condition"


def test_genes_that_only_raw_has_keep_their_id():
    adata = make_cellxgene()
    fewer = adata[:, :60].copy()
    fewer.raw = adata.raw.to_adata()
    cells = load_cells(fewer, DataConfig(counts="raw", gene_symbols="feature_name"), "here")
    assert cells.genes.symbols[59] == "gene_59" and cells.genes.symbols[60] == "ENSG00000000060"


def test_a_slice_of_the_census_has_numbers_for_an_index():
    adata = make_cellxgene()
    var = adata.var.reset_index(names="feature_id")
    var.index = var.index.astype(str)
    sliced = adata.raw.to_adata()
    sliced.var = var
    cells = load_cells(sliced, DataConfig(), "here")
    assert cells.genes.ids[7] == "ENSG00000000007" and cells.genes.symbols[7] == "gene_7"
    sliced.var = var[["feature_id"]]
    assert load_cells(sliced, DataConfig(), "here").genes.symbols[7] == "ENSG00000000007"


@pytest.mark.parametrize("backed", [False, True])
def test_only_the_cells_that_meet_the_conditions_are_read(folder, backed):
    adata = read_h5ad(folder / "cells.h5ad", backed)
    cells = load_cells(adata, DataConfig(keep=KEEP), "cells.h5ad")
    rows = np.flatnonzero(np.arange(160) % 4 != 3)
    assert np.array_equal(cells.source_rows, rows)
    whole = make_cellxgene()
    assert np.array_equal(cells.counts.toarray(), whole.raw.X.toarray()[rows])
    assert cells.cell_ids == [str(name) for name in whole.obs_names[rows]]
    assert np.array_equal(cells.obsm["X_umap"], whole.obsm["X_umap"][rows])
    assert cells.obs.find_name("assay").categories == [ASSAYS[0]]
    assert cells.notices[0] == "120 of 160 cells meet data.keep and take part."


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("tissue = blood", Condition("tissue", ("blood",), False)),
        ("tissue=blood|bone marrow", Condition("tissue", ("blood", "bone marrow"), False)),
        ("assay != Smart-seq2", Condition("assay", ("Smart-seq2",), True)),
        ("a = b = c", Condition("a", ("b = c",), False)),
        ("tissue", None),
        ("= blood", None),
        ("tissue =", None),
        ("tissue = a | ", None),
    ],
)
def test_conditions_as_they_are_written(text, condition):
    assert parse_condition(text) == condition


def test_conditions_hold_together_and_a_missing_value_is_none_of_them():
    obs = pd.DataFrame({"a": ["x", "y", None, "x"], "n": [True, True, True, False]})
    assert choose_rows(obs, [], "here").tolist() == [0, 1, 2, 3]
    assert choose_rows(obs, ["a = x"], "here").tolist() == [0, 3]
    assert choose_rows(obs, ["a != x"], "here").tolist() == [1, 2]
    assert choose_rows(obs, ["a = x | y", "n = True"], "here").tolist() == [0, 1]


@pytest.mark.parametrize(
    ("keep", "told"),
    [
        ("organ = blood", "data.keep names 'organ', which is no column of obs. Expected one of"),
        (
            "tissue = Blood",
            "asks for 'Blood' in obs['tissue'], where it is not. Expected one of",
        ),
        ("tissue", "'tissue' is no condition"),
    ],
)
def test_conditions_that_cannot_be_met_are_named(keep, told):
    with pytest.raises(InputError) as caught:
        load_cells(make_cellxgene(), DataConfig(keep=(keep,)), "here")
    assert told in str(caught.value)


def test_no_cell_that_meets_all_conditions():
    keep = (f"assay = {ASSAYS[0]}", f"assay = {ASSAYS[1]}")
    with pytest.raises(InputError, match="here: no cell meets all of data.keep: assay = 10x"):
        load_cells(make_cellxgene(), DataConfig(keep=keep), "here")


def test_a_condition_that_is_none_is_a_fault_of_the_config():
    with pytest.raises(InputError, match="data.keep: found 'tissue', expected 'COLUMN = VALUE"):
        parse_config({"data": {"keep": ["tissue"]}}, "x.toml")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_go_from_such_a_file_to_a_store(folder, name):
    settings = tomllib.loads((ROOT / "examples" / f"{name}.toml").read_text(encoding="utf-8"))
    flat = {
        f"{section}.{key}": value
        for section, held in settings.items()
        if isinstance(held, dict)
        for key, value in held.items()
    }
    small = {
        "out": f"{name}.store",
        "title": settings["title"],
        "data.path": "cells.h5ad",
        "enrichment.gene_sets": ["sets.gmt"],
        "model.max_epochs": 3,
        "model.n_latent": 6,
        "dictionary.k": 4,
        "dictionary.n_seeds": 3,
    }
    config = write_config(folder, {**flat, **small}, name)
    assert main(["run", str(config)]) == 0
    store = verify_store(folder / f"{name}.store")
    assert store.n_cells == (120 if name == "tabula_sapiens_immune" else 160)
    assert store.manifest.provenance["counts_from"] == "raw"
    assert list(store.strings("genes/symbol"))[:2] == ["gene_0", "gene_1"]
    assert list(store.strings("genes/id"))[0] == "ENSG00000000000"
    roles = {column.role: column.name for column in store.manifest.obs}
    assert (roles["donor"], roles["tissue"]) == ("donor_id", "tissue")
    assert store.manifest.counts["n_gene_sets"] == 5


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_read_as_they_stand(name):
    raw = tomllib.loads((ROOT / "examples" / f"{name}.toml").read_text(encoding="utf-8"))
    config = parse_config(raw, name)
    assert config.data.counts == "raw" and config.data.gene_symbols == "feature_name"
    assert all(parse_condition(text) for text in config.data.keep)
