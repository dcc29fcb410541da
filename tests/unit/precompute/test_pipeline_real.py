"""Real cells through all stages: the interferon response is where it is known to be."""

import json

import anndata as ad
import numpy as np
import pytest
import scanpy as sc

from precompute.cli import main
from scconcepts_app.store import ConceptStore, verify_store
from tests.run_case import write_config

INTERFERON = {"ISG15", "IFI6", "IFIT1", "IFIT3", "MX1", "ISG20", "IFIT2", "LY6E"}


@pytest.fixture(scope="module")
def store(shared_data, tmp_path_factory) -> ConceptStore:
    """1,556 cells of two donors, half of them stimulated, on 20 principal components."""
    folder = tmp_path_factory.mktemp("kang")
    adata = ad.read_h5ad(shared_data / "kang_ifnb_author_labels_1k5.h5ad")
    logged = adata.copy()
    sc.pp.normalize_total(logged, target_sum=1e4)
    sc.pp.log1p(logged)
    sc.pp.pca(logged, n_comps=20, random_state=0)
    adata.obsm["X_pca"] = logged.obsm["X_pca"]
    adata.obsm["X_umap"] = logged.obsm["X_pca"][:, :2]
    adata.write_h5ad(folder / "cells.h5ad")
    lines = (shared_data / "hallmark_msigdb_v7.0.gmt").read_text().splitlines(keepends=True)
    few = (line for line in lines if line.split("_")[1] in {"INTERFERON", "MYC", "TNFA", "HYPOXIA"})
    (folder / "sets.gmt").write_text("".join(few))
    settings = {
        "model.kind": "embedding",
        "model.obsm": "X_pca",
        "dictionary.epochs": 30,
        "enrichment.min_size": 10,
    }
    assert main(["run", str(write_config(folder, settings))]) == 0
    return verify_store(folder / "run.store")


@pytest.fixture(scope="module")
def arms(store) -> tuple[int, int]:
    """The concepts with the largest and the smallest share of stimulated cells."""
    levels = store.array("association/level").tolist()
    names = [store.manifest.obs[column].categories[code] for column, code in levels]
    share = store.array("association/share")[:, names.index("stim")]
    return int(np.argmax(share)), int(np.argmin(share))


@pytest.mark.shared
def test_interferon_genes_tell_the_arms_apart(store, arms):
    medians = []
    for concept in arms:
        rows = store.differential("inactive").rows(concept)
        symbols = [store.gene_symbols[gene] for gene in rows["gene"]]
        medians.append(np.median(rows["z"][[symbols.index(gene) for gene in INTERFERON]]))
    assert medians[0] > 3 > -3 > medians[1]


@pytest.mark.shared
def test_the_interferon_set_is_enriched_in_one_arm_and_depleted_in_the_other(store, arms):
    names = list(store.strings("gene_sets/name"))
    interferon = names.index("HALLMARK_INTERFERON_ALPHA_RESPONSE")
    for concept, sign in zip(arms, (1, -1), strict=True):
        rows = store.enrichment("prerank_differential").rows(concept)
        (row,) = np.flatnonzero(rows["gene_set"] == interferon)
        assert sign * rows["statistic"][row] > 1.5 and rows["q"][row] < 0.01


@pytest.mark.shared
def test_cell_types_are_found_and_named(store):
    names = store.manifest.obs[0].categories
    best = store.array("association/f1")[:, : len(names)].max(axis=0)
    assert np.median(best) > 0.6
    evidence = [json.loads(text) for text in store.strings("concepts/evidence")]
    named = {item["cell_type"].get("name") for item in evidence} - {None}
    assert len(named) >= 3
