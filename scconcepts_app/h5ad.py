"""Writes a store's concepts as AnnData, for everyone who goes on in Python or R.

anndata and what it brings are loaded only when a file is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scconcepts_app import __version__
from scconcepts_app.store import ConceptStore
from scconcepts_app.store.columns import Ragged
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.gene_set_files import find_attribution

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_matrix

MISSING_IS = "NaN: not computed, for instance a gene that the model does not read. It is not 0."


def write_cells(path: Path, store: ConceptStore, rows: Sequence[ConceptRow]) -> None:
    """Write cells with their concepts: ``obsm["X_concepts"]``, sparse, (n_cells, n_concepts).

    With it come the obs columns, every map as ``obsm["X_MAP"]`` (one that is called "concepts" as
    ``X_concepts_map``), and in ``uns["concepts"]`` the concepts in the order of the columns. There
    is no expression, so ``X`` is empty.

    Parameters
    ----------
    rows : of the table of concepts, with experts' labels.
    """
    import anndata

    found = anndata.AnnData(obs=_describe_cells(store))
    found.obsm["X_concepts"] = _activations(store)
    for info in store.manifest.maps:
        name = f"X_{info.key}" if info.key != "concepts" else "X_concepts_map"
        found.obsm[name] = np.array(store.array(f"maps/{info.key}/xy"))
    found.uns["concepts"] = _describe_concepts(rows)
    found.uns["scconcepts"] = _describe_store(store)
    found.write_h5ad(path)


def write_concepts(
    path: Path, store: ConceptStore, rows: Sequence[ConceptRow], attribution: str, differential: str
) -> None:
    """Write concepts x genes: layers ``effect``, ``presence``, ``absence``, ``z`` and more.

    Layers are written one after the other, so that no more than one is in memory.

    Parameters
    ----------
    attribution, differential : keys of what fills the layers; the first ones for "". A store
        may have neither: there are then fewer layers.
    """
    import anndata
    import h5py
    import pandas as pd
    from anndata.io import write_elem

    genes = pd.DataFrame(
        {
            "symbol": store.gene_symbols,
            "in_model": np.asarray(store.array("genes/in_model")).astype(bool),
        },
        index=list(store.strings("genes/id")),
    )
    info = find_attribution(store, attribution)
    key = differential or next((i.key for i in store.manifest.differentials), "")
    found = anndata.AnnData(obs=_describe_concepts(rows), var=genes)
    found.uns["scconcepts"] = {
        **_describe_store(store),
        "attribution": info.key if info else "",
        "differential": key,
        "missing": MISSING_IS,
    }
    found.write_h5ad(path)
    with h5py.File(path, "r+") as file:
        for name, table, column in _layers(store, info.key if info else "", key):
            layer = _spread(table, column, store.n_concepts, store.n_genes)
            write_elem(file["layers"], name, layer, dataset_kwargs={"compression": "lzf"})


def _layers(store: ConceptStore, attribution: str, differential: str) -> list[Any]:
    found: list[Any] = []
    if attribution:
        table = store.attribution(attribution)
        found += [(name, table, name) for name in table.columns if name != "gene"]
    if differential:
        table = store.differential(differential)
        found += [
            (name if name not in {"q", "p"} else f"differential_{name}", table, name)
            for name in table.columns
            if name != "gene"
        ]
    return found


def _spread(table: Ragged, column: str, n_concepts: int, n_genes: int) -> np.ndarray:
    # As the table holds it: a p of 1e-60 would be 0 in float32.
    dense = np.full((n_concepts, n_genes), np.nan, table.columns[column].dtype)
    owner = np.repeat(np.arange(n_concepts), table.counts())
    dense[owner, np.asarray(table.columns["gene"])] = table.columns[column]
    return dense


def _activations(store: ConceptStore) -> csr_matrix:
    from scipy.sparse import csr_matrix

    concepts = np.asarray(store.array("activations/by_cell/concept"))
    active = concepts >= 0
    starts = np.concatenate([[0], np.cumsum(active.sum(axis=1))])
    values = np.asarray(store.array("activations/by_cell/value"))[active]
    matrix = csr_matrix((values, concepts[active], starts), shape=(store.n_cells, store.n_concepts))
    matrix.sort_indices()
    return matrix


def _describe_cells(store: ConceptStore) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {}
    for column in store.manifest.obs:
        if column.kind == "numeric":
            columns[column.name] = np.array(store.array(f"obs/{column.key}/values"))
        else:
            codes = np.asarray(store.array(f"obs/{column.key}/codes"))
            columns[column.name] = pd.Categorical.from_codes(codes, pd.Index(column.categories))
    columns.setdefault("library_size", np.array(store.array("cells/library_size")))
    columns.setdefault("source_row", np.array(store.array("cells/source_row")))
    return pd.DataFrame(columns, index=list(store.strings("cells/id")))


def _describe_concepts(rows: Sequence[ConceptRow]) -> pd.DataFrame:
    import pandas as pd

    columns = {
        "label": [row.label for row in rows],
        "label_author": [row.author for row in rows],
        "proposed_label": [row.proposed for row in rows],
        "n_active_cells": [row.n_active for row in rows],
        "share_of_cells": [row.share for row in rows],
        "best_cell_type": [row.category or "" for row in rows],
        "part_of": [row.part_of or "" for row in rows],
        "flags": [" ".join(row.flags) for row in rows],
    }
    numbers = {
        "best_f1": [row.f1 for row in rows],
        "stability": [row.stability for row in rows],
        "stability_low": [row.stability_low for row in rows],
        "stability_high": [row.stability_high for row in rows],
    }
    columns |= {name: np.array(values, float) for name, values in numbers.items()}
    return pd.DataFrame(columns, index=[row.id for row in rows])


def _describe_store(store: ConceptStore) -> dict[str, str]:
    manifest = store.manifest
    return {
        "title": manifest.title,
        "digest": manifest.digest,
        "created": manifest.created,
        "software": f"scConcepts {__version__}",
    }
