"""A concept store as an h5ad in which concepts are genes, for programs that show genes."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from scconcepts_app.store import ConceptStore


def write_h5ad(store: ConceptStore, target: Path) -> None:
    """Write activations as X (CSC, the layout in which one column is read fastest), obs and map."""
    table = store.activations
    cells, values = (np.array(table.columns[name]) for name in ("cell", "value"))
    x = sp.csc_matrix((values, cells, np.array(table.offsets)), (store.n_cells, store.n_concepts))
    x.sort_indices()
    obs = {}
    for column in store.manifest.obs:
        if column.kind == "categorical":
            codes = np.array(store.array(f"obs/{column.key}/codes"))
            obs[column.key] = pd.Categorical.from_codes(codes, categories=column.categories)
        else:
            obs[column.key] = np.array(store.array(f"obs/{column.key}/values"))
    adata = ad.AnnData(
        x,
        obs=pd.DataFrame(obs, index=list(store.strings("cells/id"))),
        var=pd.DataFrame(index=store.concept_ids),
        obsm={"X_umap": np.array(store.array("maps/umap/xy"))},
    )
    adata.write_h5ad(target)
