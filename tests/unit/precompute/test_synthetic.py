"""Simulated cells: the truth is in the counts, the same seed gives the same cells."""

import anndata as ad
import numpy as np
import pytest
import scanpy as sc

from precompute.errors import InputError
from precompute.synthetic import simulate, simulate_yardstick

CELLS = simulate(n_cells=1500, n_genes=300, n_programmes=6, n_donors=3, seed=1)
HARD = simulate_yardstick(seed=2)
KIND = HARD.uns["truth"]["kind"]
ACTIVITY = HARD.obsm["programme_activity"]


def correlate(adata):
    """Correlation (n_programmes, n_genes) of activities with log-normalised expression."""
    cells = adata.copy()
    sc.pp.normalize_total(cells, target_sum=1e4)
    activity = cells.obsm["programme_activity"]
    n = activity.shape[1]
    return np.corrcoef(activity.T, np.log1p(cells.X.toarray()).T)[:n, n:]


def own(adata, name, sign=1):
    """Which genes (n_programmes, n_genes) follow each programme in this direction."""
    return sign * adata.varm[name].T > 0


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
    correlation, drivers = correlate(CELLS), own(CELLS, "driver")
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


def test_dispersion_by_moments():
    """Of genes that go with no programme: sum((x - mu)^2 - x) / sum(mu^2) is 1 / 4."""
    planted = (CELLS.varm["driver"] != 0).any(axis=1)
    counts = CELLS.X.toarray().astype(float)
    totals = counts[:, ~planted].sum(axis=1, keepdims=True)
    found = []
    for donor in CELLS.obs["donor"].cat.categories:
        cells = (CELLS.obs["donor"] == donor).to_numpy()
        x = counts[cells][:, ~planted]
        expected = totals[cells] * x.sum(axis=0) / totals[cells].sum()
        busy = expected.mean(axis=0) > 1
        x, expected = x[:, busy], expected[:, busy]
        found.append(((x - expected) ** 2 - x).sum() / (expected**2).sum())
    assert np.allclose(found, 0.25, atol=0.05)


def test_form_of_the_yardstick():
    assert HARD.shape == (3000, 2000)
    assert HARD.obs["donor"].nunique() == 8
    kinds = ["type"] * 15 + ["response"] + ["nested"] * 3 + ["coactive"] * 4 + ["library"]
    assert list(KIND) == kinds
    assert HARD.uns["truth"]["types"].shape == (15, 24)
    assert (own(HARD, "driver").sum(axis=1) == 24).all()
    assert (own(HARD, "driver", -1).sum(axis=1) == 6).all()
    assert (own(HARD, "bystander").sum(axis=1) == 20).all()
    assert not own(HARD, "bystander", -1).any()
    planted = (HARD.varm["driver"] != 0).astype(int) + (HARD.varm["bystander"] != 0)
    assert planted.sum(axis=1).max() == 1
    sizes = np.abs(HARD.varm["driver"][HARD.varm["driver"] != 0])
    assert 0.5 <= sizes.min() < 0.51
    assert 1.99 < sizes.max() <= 2


def test_bystanders_follow_their_programme_as_drivers_do():
    correlation = correlate(HARD)
    drivers, bystanders = own(HARD, "driver"), own(HARD, "bystander")
    elsewhere = (HARD.varm["driver"] == 0).all(axis=1) & (HARD.varm["bystander"] == 0).all(axis=1)
    of_drivers, of_bystanders = (
        np.array([np.median(correlation[p, genes[p]]) for p in range(24)])
        for genes in (drivers, bystanders)
    )
    assert abs(of_drivers.mean() - of_bystanders.mean()) < 0.03
    assert (of_bystanders > np.quantile(correlation[:, elsewhere], 0.99, axis=1)).all()


def test_falling_drivers_fall():
    correlation = correlate(HARD)
    falling = own(HARD, "driver", -1)
    of_falling = np.array([np.median(correlation[p, falling[p]]) for p in range(24)])
    assert (of_falling < 0).all()
    assert of_falling[KIND == "type"].mean() < -0.1


def test_nested_programmes_are_on_in_half_of_their_type():
    for programme in np.flatnonzero(KIND == "nested"):
        home = f"type_{HARD.uns['truth']['home'][programme]}"
        inside = (HARD.obs["cell_type"] == home).to_numpy()
        on = ACTIVITY[:, programme] > 0
        assert not on[~inside].any()
        assert 0.35 < on[inside].mean() < 0.65
    homes = HARD.uns["truth"]["home"]
    assert len(set(homes[KIND == "nested"])) == 3
    assert (homes[KIND != "nested"] == -1).all()


def test_coactive_programmes_are_on_together():
    partner = HARD.uns["truth"]["partner"]
    assert (partner[KIND != "coactive"] == -1).all()
    for one in np.flatnonzero(KIND == "coactive"):
        other = partner[one]
        assert partner[other] == one != other
        on = ACTIVITY[:, [one, other]] > 0
        assert 0.85 < on.all(axis=1).sum() / on.any(axis=1).sum() < 0.95
        assert 0.2 < on[:, 0].mean() < 0.28
        both = ACTIVITY[on.all(axis=1)][:, [one, other]]
        assert abs(np.corrcoef(both.T)[0, 1]) < 0.15
        assert not (own(HARD, "driver")[one] & own(HARD, "driver")[other]).any()


def test_a_library_programme_goes_with_the_library():
    library = np.log(HARD.X.sum(axis=1))
    correlation = [np.corrcoef(a, np.ravel(library))[0, 1] for a in ACTIVITY.T]
    assert correlation[-1] > 0.85
    assert np.abs(correlation[:-1]).max() < 0.1
    assert (ACTIVITY[:, -1] > 0).all()
    assert abs(library.std() - 0.35) < 0.02
    assert abs(library.mean() - np.log(1000)) < 0.02


def test_hard_cases_leave_the_activities_of_others_in_law():
    on = ACTIVITY[:, :16][ACTIVITY[:, :16] > 0]
    assert abs(on.mean() - 1) < 0.02
    assert abs(on.var() - 1 / 3) < 0.02


def test_blocks_of_cells_are_one_population():
    """2,000 genes: cells from 2,000 on are drawn in another block than those before."""
    counts = HARD.X.toarray()
    first, second = (np.log1p(rows.mean(axis=0)) for rows in (counts[:2000], counts[2000:]))
    assert np.corrcoef(first, second)[0, 1] > 0.99
    assert not np.array_equal(counts[:1000], counts[2000:])


def test_seed_decides():
    hard = {"n_nested": 1, "n_coactive": 1, "n_library": 1, "n_bystanders": 2}
    again, other = (simulate(50, 60, 4, 2, seed=seed, **hard) for seed in (3, 4))
    once_more = simulate(50, 60, 4, 2, seed=3, **hard)
    assert np.array_equal(again.X.toarray(), once_more.X.toarray())
    assert again.obs.equals(once_more.obs)
    assert not np.array_equal(again.X.toarray(), other.X.toarray())


def test_survives_h5ad(tmp_path):
    cells = simulate(50, 60, 4, 2, seed=3, n_nested=1)
    cells.write_h5ad(tmp_path / "cells.h5ad")
    read = ad.read_h5ad(tmp_path / "cells.h5ad")
    assert np.array_equal(read.X.toarray(), cells.X.toarray())
    for name in ("types", "kind", "home", "partner"):
        assert np.array_equal(read.uns["truth"][name], cells.uns["truth"][name])
    assert read.uns["truth"]["arguments"]["seed"] == 3
    assert read.uns["truth"]["arguments"]["n_drivers"] == 2


def test_the_yardstick_can_be_changed():
    cells = simulate_yardstick(seed=2, n_cells=50, n_bystanders=0)
    assert cells.shape == (50, 2000)
    assert not cells.varm["bystander"].any()
    assert cells.uns["truth"]["arguments"]["seed"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_cells": 0}, "n_cells = 0"),
        ({"n_programmes": 3}, "n_programmes >= 4"),
        ({"n_genes": 19, "n_donors": 0}, "n_genes = 19, n_donors = 0"),
        ({"n_nested": -1, "n_coactive": -1}, "n_nested >= 0, n_coactive >= 0"),
        ({"n_library": -1, "n_bystanders": -1}, "n_library >= 0, n_bystanders >= 0"),
        ({"n_drivers": 1, "library_size": 0}, "n_drivers >= 2, library_size >= 1"),
        ({"n_drivers": 30, "n_bystanders": 21}, "n_genes = 500. Expected n_genes >= 510"),
        ({"n_coactive": 3, "n_nested": 1, "n_genes": 33}, "n_genes >= 34"),
        ({"share_falling": 1.5}, "share_falling = 1.5. Expected 0 to 1"),
    ],
)
def test_refuses(arguments, words):
    with pytest.raises(InputError, match=words):
        simulate(**arguments)
