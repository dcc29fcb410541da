"""The rank-sum test from histograms against scipy and scanpy on the same values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from scconcepts_app.views.rank_sum import (
    compare_genes,
    count_levels,
    finish,
    list_genes,
    rank_sum_z,
    side_of_cells,
)


@pytest.fixture(scope="module")
def sides(store):
    kind = np.asarray(store.array("obs/cell_type/codes"))
    return kind == 0, np.isin(kind, [1, 2])


@pytest.fixture(scope="module")
def quantised(store) -> np.ndarray:
    dense = np.zeros((store.n_cells, store.n_genes))
    for gene in range(store.n_genes):
        cells, values = store.expression(gene)
        dense[cells, gene] = values
    return dense


def run(store, first, second):
    rows = [row for _, row in compare_genes(store, side_of_cells(first, second))]
    return finish(rows, int(first.sum()), int((second & ~first).sum()))


def test_by_hand():
    # Values 0 1 | 1 2: ranks 1, 2.5 | 2.5, 4. Rank sum 3.5, expected 5, ties 1 - 6/60 = .9,
    # variance .9 * 2 * 2 * 5 / 12 = 1.5.
    z = rank_sum_z(np.array([[1, 1, 0], [0, 1, 1]]))
    assert z == pytest.approx(-1.5 / np.sqrt(1.5))


def test_a_gene_that_no_cell_expresses_has_no_z():
    assert np.isnan(rank_sum_z(np.array([[5, 0], [7, 0]])))
    assert np.isnan(rank_sum_z(np.array([[1, 0], [0, 0]])))


def test_histograms_count_every_cell_once(store, sides):
    first, second = sides
    histogram, largest = count_levels(store, 0, side_of_cells(first, second))
    cells, values = store.expression(0)
    assert histogram[0].sum() == first[cells].sum()
    assert largest == pytest.approx(values.max())


def test_the_same_as_scipy(store, sides, quantised):
    first, second = sides
    table = run(store, first, second)
    for gene in range(store.n_genes):
        a, b = quantised[first, gene], quantised[second, gene]
        wanted = mannwhitneyu(a, b, method="asymptotic", use_continuity=False)
        assert table.p[gene] == pytest.approx(wanted.pvalue, rel=1e-9)
        assert np.sign(table.z[gene]) == np.sign(wanted.statistic - a.size * b.size / 2)
        assert table.share_first[gene] == pytest.approx((a > 0).mean())
        ratio = (np.expm1(a).mean() + 1e-9) / (np.expm1(b).mean() + 1e-9)
        assert table.log_fold_change[gene] == pytest.approx(np.log2(ratio), rel=1e-4)


def test_the_same_as_scanpy(store, sides, quantised):
    scanpy = pytest.importorskip("scanpy")
    import anndata

    first, _ = sides
    data = anndata.AnnData(quantised.astype(np.float32))
    data.obs["set"] = np.where(first, "in", "out")
    scanpy.tl.rank_genes_groups(
        data, "set", groups=["in"], reference="out", method="wilcoxon", tie_correct=True
    )
    found = data.uns["rank_genes_groups"]
    z = dict(zip(found["names"]["in"].astype(int), found["scores"]["in"], strict=True))
    q = dict(zip(found["names"]["in"].astype(int), found["pvals_adj"]["in"], strict=True))
    table = run(store, first, ~first)
    genes = range(store.n_genes)
    assert table.z == pytest.approx([float(z[g]) for g in genes], rel=1e-5)
    assert table.q == pytest.approx([float(q[g]) for g in genes], rel=1e-5)


def test_a_cell_in_both_sets_is_of_the_first():
    side = side_of_cells(np.array([True, True, False, False]), np.array([True, False, True, False]))
    assert side.tolist() == [1, 1, 2, 0]


def test_genes_are_listed_by_absolute_z(store, sides):
    first, _ = sides
    rows = list_genes(store, run(store, first, ~first))
    assert {row[0] for row in rows[:5]} == {"CD79A", "MS4A1", "CD79B", "CD74", "HLA-DRA"}
    assert len(rows) == store.n_genes
    known = [abs(row[2]) for row in rows if row[2] is not None]
    assert known == sorted(known, reverse=True)
