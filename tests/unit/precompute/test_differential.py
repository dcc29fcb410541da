"""Wilcoxon for all concepts against scanpy and scipy; ties, chunks, matched cells, edges."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import scipy.sparse as sp
from scipy.stats import false_discovery_control, mannwhitneyu

from precompute.differential import wilcoxon_all, wilcoxon_matched
from precompute.errors import InputError

COLUMNS = ("z", "p", "q", "log_fold_change", "share_active", "share_rest")


def log_values(n_cells=120, n_genes=40, seed=0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.5, 2, n_genes), (n_cells, n_genes))
    counts[:, 0] = 0
    counts[:, 1] = 1
    return np.log1p(counts).astype(np.float32)


VALUES = log_values()
RNG = np.random.default_rng(1)
ACTIVE = RNG.random((120, 5)) < [0.1, 0.2, 0.5, 0.9, 0.3]


def test_equals_scanpy():
    table = wilcoxon_all(sp.csr_matrix(VALUES), sp.csr_matrix(ACTIVE))
    for concept in range(5):
        labels = pd.Categorical(np.where(ACTIVE[:, concept], "active", "rest"))
        names = [f"cell_{cell}" for cell in range(120)]
        cells = ad.AnnData(VALUES, obs=pd.DataFrame({"side": labels}, index=names))
        sc.tl.rank_genes_groups(
            cells, "side", groups=["active"], method="wilcoxon", tie_correct=True, pts=True
        )
        theirs = sc.get.rank_genes_groups_df(cells, "active").set_index("names")
        theirs = theirs.loc[cells.var_names]
        assert np.allclose(table.z[concept], theirs["scores"], rtol=1e-6)
        assert np.allclose(table.p[concept], theirs["pvals"], rtol=1e-12)
        assert np.allclose(table.q[concept], theirs["pvals_adj"], rtol=1e-12)
        assert np.allclose(table.log_fold_change[concept], theirs["logfoldchanges"], atol=1e-4)
        assert np.allclose(table.share_active[concept], theirs["pct_nz_group"])
        assert np.allclose(table.share_rest[concept], theirs["pct_nz_reference"])


def test_equals_scipy_with_negative_values():
    values = np.round(np.random.default_rng(2).normal(size=(60, 8)), 1)
    values[np.abs(values) < 0.4] = 0
    table = wilcoxon_all(values, ACTIVE[:60])
    for concept in range(1, 5):
        side = ACTIVE[:60, concept]
        expected = mannwhitneyu(
            values[side], values[~side], use_continuity=False, method="asymptotic"
        )
        assert np.allclose(table.p[concept], expected.pvalue, rtol=1e-9)
        assert np.allclose(table.q[concept], false_discovery_control(expected.pvalue), rtol=1e-9)


def test_chunks_change_nothing(monkeypatch):
    whole = wilcoxon_all(sp.csc_matrix(VALUES), ACTIVE)
    monkeypatch.setattr("precompute.differential._VALUES_PER_CHUNK", 120 * 7)
    for name in COLUMNS:
        assert np.array_equal(getattr(wilcoxon_all(VALUES, ACTIVE), name), getattr(whole, name))


def test_stored_zeros_are_zeros():
    stored = sp.csr_matrix(VALUES)
    stored.data[::3] = 0
    dense = stored.toarray()
    for name in COLUMNS:
        ours = getattr(wilcoxon_all(stored, ACTIVE), name)
        assert np.array_equal(ours, getattr(wilcoxon_all(dense, ACTIVE), name)), name
    assert (stored.data == 0).any(), "the input must not be changed"


def test_concepts_without_two_sides_are_nan():
    active = ACTIVE.copy()
    active[:, 0], active[:, 3] = False, True
    table = wilcoxon_all(VALUES, active)
    for name in COLUMNS:
        column = getattr(table, name)
        assert np.isnan(column[[0, 3]]).all(), name
        assert np.isfinite(column[[1, 2, 4]]).all(), name
    assert table.n_active.tolist()[0] == 0
    assert table.n_rest.tolist()[3] == 0


def test_constant_gene_tells_nothing():
    table = wilcoxon_all(VALUES, ACTIVE)
    assert (table.z[:, :2] == 0).all()
    assert (table.p[:, :2] == 1).all()


def test_dtypes():
    table = wilcoxon_all(VALUES, ACTIVE)
    assert {name: getattr(table, name).dtype.name for name in COLUMNS} == {
        "z": "float32",
        "p": "float64",
        "q": "float64",
        "log_fold_change": "float32",
        "share_active": "float32",
        "share_rest": "float32",
    }


def test_matched_equals_the_subset_alone():
    groups = [
        (np.arange(10), np.arange(10, 30)),
        (np.array([5, 3, 3]), np.array([50, 60, 60, 70])),
    ]
    table = wilcoxon_matched(sp.csr_matrix(VALUES), groups)
    for concept, (active, matched) in enumerate(groups):
        active, matched = np.unique(active), np.unique(matched)
        values = VALUES.astype(np.float64)
        expected = mannwhitneyu(
            values[active], values[matched], use_continuity=False, method="asymptotic"
        ).pvalue
        assert np.allclose(table.p[concept], np.nan_to_num(expected, nan=1), rtol=1e-9)
    assert table.n_active.tolist() == [10, 2]
    assert table.n_rest.tolist() == [20, 3]


def test_matched_with_no_cell_is_nan():
    groups = [(np.array([], int), np.array([1, 2])), (np.array([0, 1]), np.array([2, 3]))]
    table = wilcoxon_matched(VALUES, groups)
    assert np.isnan(table.z[0]).all()
    assert np.isfinite(table.z[1]).all()


def test_refuses():
    with pytest.raises(InputError, match="120 cells, activations of 119"):
        wilcoxon_all(VALUES, ACTIVE[:119])
    broken = VALUES.copy()
    broken[3, 3] = np.nan
    with pytest.raises(InputError, match="NaN"):
        wilcoxon_all(broken, ACTIVE)
    with pytest.raises(InputError, match="concept 0: 1 cells"):
        wilcoxon_matched(VALUES, [(np.array([1, 2]), np.array([2, 3]))])
    with pytest.raises(InputError, match="no group"):
        wilcoxon_matched(VALUES, [])
