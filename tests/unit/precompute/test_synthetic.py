"""Simulated cells: the truth is in the counts, the same seed gives the same cells."""

import anndata as ad
import numpy as np
import pytest
import scanpy as sc

from precompute.errors import InputError
from precompute.synthetic import simulate

CELLS = simulate(n_cells=1500, n_genes=300, n_programmes=6, n_donors=3, seed=1)


def test_form():
    assert CELLS.shape == (1500, 300)
    assert CELLS.X.format == "csr"
    assert CELLS.X.dtype == np.float32
    assert (CELLS.X.data == np.round(CELLS.X.data)).all()
    assert CELLS.X.min() == 0
    assert list(CELLS.obs.columns) == ["cell_type", "donor", "condition"]
    assert CELLS.obs["donor"].nunique() == 3
    assert set(CELLS.obs["condition"]) == {"control", "stimulated"}
    assert CELLS.obsm["programme_activity"].shape == (1500, 6)
    assert CELLS.varm["driver"].shape == (300, 6)
    assert CELLS.obs_names.is_unique
    assert CELLS.var_names.is_unique


def test_types_are_different_combinations_of_their_programmes():
    on = CELLS.obsm["programme_activity"] > 0
    types = CELLS.uns["truth"]["types"]
    assert len(np.unique(types, axis=0)) == len(types) == CELLS.obs["cell_type"].nunique()
    assert (types.sum(axis=1) == 2).all()
    assert np.array_equal(on[:, :5], types[CELLS.obs["cell_type"].cat.codes][:, :5])


def test_response_follows_the_condition():
    response = CELLS.uns["truth"]["response"]
    on = CELLS.obsm["programme_activity"][:, response] > 0
    assert np.array_equal(on, CELLS.obs["condition"] == "stimulated")


def test_each_gene_drives_at_most_one_programme():
    driven = CELLS.varm["driver"] > 0
    assert driven.sum(axis=1).max() == 1
    assert len(set(driven.sum(axis=0))) == 1
    assert driven.sum() > 0


def test_drivers_follow_their_programme():
    cells = CELLS.copy()
    sc.pp.normalize_total(cells, target_sum=1e4)
    values = np.log1p(cells.X.toarray())
    activity = cells.obsm["programme_activity"]
    correlation = np.corrcoef(activity.T, values.T)[:6, 6:]
    drivers = cells.varm["driver"].T > 0
    for programme in range(6):
        n_drivers = drivers[programme].sum()
        top = np.argsort(-correlation[programme])[:n_drivers]
        assert drivers[programme][top].mean() > 0.7
        assert np.median(correlation[programme, drivers[programme]]) > 0.25


def test_counts_are_overdispersed_and_libraries_differ():
    counts = CELLS.X.toarray()
    library = counts.sum(axis=1)
    assert library.std() / library.mean() > 0.2
    silent = counts[:, ~(CELLS.varm["driver"] > 0).any(axis=1)]
    busy = silent[:, silent.mean(axis=0) > 2]
    assert (busy.var(axis=0) > 1.3 * busy.mean(axis=0)).all()


def test_donors_shift_genes():
    values = np.log1p(CELLS.X.toarray()[:, ~(CELLS.varm["driver"] > 0).any(axis=1)])
    codes = CELLS.obs["donor"].cat.codes.to_numpy()
    within = np.stack([values[codes == donor].mean(axis=0) for donor in range(3)])
    shuffled = np.random.default_rng(0).permutation(codes)
    null = np.stack([values[shuffled == donor].mean(axis=0) for donor in range(3)])
    assert within.std(axis=0).mean() > 1.5 * null.std(axis=0).mean()


def test_seed_decides():
    again, other = (simulate(50, 60, 4, 2, seed=seed) for seed in (3, 4))
    once_more = simulate(50, 60, 4, 2, seed=3)
    assert np.array_equal(again.X.toarray(), once_more.X.toarray())
    assert again.obs.equals(once_more.obs)
    assert not np.array_equal(again.X.toarray(), other.X.toarray())


def test_survives_h5ad(tmp_path):
    cells = simulate(50, 60, 4, 2, seed=3)
    cells.write_h5ad(tmp_path / "cells.h5ad")
    read = ad.read_h5ad(tmp_path / "cells.h5ad")
    assert np.array_equal(read.X.toarray(), cells.X.toarray())
    assert np.array_equal(read.uns["truth"]["types"], cells.uns["truth"]["types"])
    assert read.uns["truth"]["arguments"]["seed"] == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_cells": 0}, "n_cells = 0"),
        ({"n_programmes": 3}, "n_programmes >= 4"),
        ({"n_genes": 19, "n_donors": 0}, "n_genes = 19, n_donors = 0"),
    ],
)
def test_refuses(arguments, words):
    with pytest.raises(InputError, match=words):
        simulate(**arguments)
