"""A small h5ad as the CELLxGENE schema has it: counts in ``.raw``, Ensembl ids, symbols aside."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from precompute.synthetic import simulate

N_GENES, N_PROGRAMMES = 100, 5
ASSAYS = ("10x 3' v3", "Smart-seq2")


def make_cellxgene(n_cells: int = 160) -> ad.AnnData:
    """Return planted cells in the schema; every fourth is of the second of `ASSAYS`.

    X is log-normalised, with zeros for the last genes, which are "filtered"; ``.raw`` has the
    counts and a bare table of genes; symbols are the names of the simulation.
    """
    planted = simulate(n_cells, N_GENES, N_PROGRAMMES, seed=0)
    rng = np.random.default_rng(0)
    ids = [f"ENSG{gene:011}" for gene in range(N_GENES)]
    obs = pd.DataFrame(
        {
            "cell_type": planted.obs["cell_type"].astype("category"),
            "cell_type_ontology_term_id": pd.Categorical(["CL:0000084"] * n_cells),
            "donor_id": planted.obs["donor"].astype(str).astype("category"),
            "tissue": pd.Categorical(rng.choice(["blood", "spleen"], n_cells)),
            "assay": pd.Categorical([ASSAYS[row % 4 == 3] for row in range(n_cells)]),
            "disease": pd.Categorical(["normal"] * n_cells),
            "is_primary_data": np.ones(n_cells, bool),
        },
        index=planted.obs_names,
    )
    filtered = np.arange(N_GENES) >= N_GENES - 2
    var = pd.DataFrame(
        {
            "feature_is_filtered": filtered,
            "feature_name": pd.Categorical(list(planted.var_names)),
            "feature_biotype": pd.Categorical(["gene"] * N_GENES),
            "feature_reference": pd.Categorical(["NCBITaxon:9606"] * N_GENES),
        },
        index=ids,
    )
    counts = planted.X.tocsr()
    normalised = sp.csr_matrix(counts.log1p() @ sp.diags_array((~filtered).astype(np.float32)))
    adata = ad.AnnData(normalised, obs=obs, var=var, uns={"schema_version": "5.0.0"})
    adata.raw = ad.AnnData(counts, var=pd.DataFrame(index=ids))
    adata.obsm["X_umap"] = rng.normal(size=(n_cells, 2))
    return adata


def write_cellxgene(folder: Path) -> Path:
    """Write ``cells.h5ad``, and ``sets.gmt`` with a set for each programme; return the folder."""
    make_cellxgene().write_h5ad(folder / "cells.h5ad")
    planted = simulate(160, N_GENES, N_PROGRAMMES, seed=0)
    lines = [
        "\t".join([f"programme {p}", "", *planted.var_names[planted.varm["driver"][:, p] > 0]])
        for p in range(N_PROGRAMMES)
    ]
    (folder / "sets.gmt").write_text("\n".join(lines) + "\n")
    return folder
