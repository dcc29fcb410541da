"""Where raw counts are found, and what is refused as no counts."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from precompute.counts import check_counts, describe_non_counts, find_counts
from precompute.errors import InputError

COUNTS = np.random.default_rng(0).poisson(1.0, (12, 7)).astype(np.float32)
LOGGED = np.log1p(COUNTS / 3).astype(np.float32)


def adata(matrix, **parts) -> ad.AnnData:
    names = pd.DataFrame(index=[f"g{i}" for i in range(matrix.shape[1])])
    return ad.AnnData(matrix, var=names, **parts)


def with_raw(matrix, raw) -> ad.AnnData:
    """X holds the first columns only, as after a selection of genes; raw holds them all."""
    cells = adata(raw)
    cells.raw = cells
    cells = cells[:, : matrix.shape[1]].copy()
    cells.X = matrix
    return cells


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, sp.csc_matrix, sp.csr_array])
def test_counts_in_x(form):
    counts, place, var = find_counts(adata(form(COUNTS)), "auto", "x")
    assert place == "X"
    assert counts.format == "csr" and counts.dtype == np.float32
    assert np.array_equal(counts.toarray(), COUNTS)
    assert list(var.index) == [f"g{i}" for i in range(7)]


def test_counts_in_a_layer_come_before_x():
    counts, place, _ = find_counts(adata(LOGGED, layers={"counts": COUNTS}), "auto", "x")
    assert place == "counts" and np.array_equal(counts.toarray(), COUNTS)


def test_counts_in_raw_bring_the_genes_of_raw():
    counts, place, var = find_counts(with_raw(LOGGED[:, :3], COUNTS), "auto", "x")
    assert place == "raw" and counts.shape == (12, 7) and len(var) == 7


def test_a_normalised_layer_is_passed_over():
    cells = adata(COUNTS, layers={"counts": LOGGED})
    assert find_counts(cells, "auto", "x")[1] == "X"


def test_the_place_that_is_named_is_taken():
    cells = adata(COUNTS, layers={"umi": COUNTS * 2})
    counts, place, _ = find_counts(cells, "umi", "x")
    assert place == "umi" and np.array_equal(counts.toarray(), COUNTS * 2)


def test_an_unknown_place_is_refused_with_those_there_are():
    with pytest.raises(InputError, match="data.counts = 'raw' does not exist.*one of: umi, X"):
        find_counts(adata(COUNTS, layers={"umi": COUNTS}), "raw", "x")


def test_log_normalised_is_refused_with_what_was_found_in_each_place():
    cells = with_raw(LOGGED, LOGGED)
    with pytest.raises(InputError, match="no raw counts: raw holds fractions.*; X holds fractions"):
        find_counts(cells, "auto", "pbmc.h5ad")


def test_no_matrix_at_all_is_refused():
    with pytest.raises(InputError, match="holds no matrix"):
        find_counts(ad.AnnData(obs=pd.DataFrame(index=["a"]), shape=(1, 2)), "auto", "x")


def test_explicit_zeros_are_not_entries():
    matrix = sp.csr_matrix((np.array([0.0, 2.0]), np.array([0, 1]), np.array([0, 2])), shape=(1, 3))
    counts, _, _ = find_counts(adata(matrix), "auto", "x")
    assert counts.nnz == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 2, 3], None),
        ([1.0, 2.0004], None),
        ([], None),
        ([1.0, np.nan, np.nan], "holds 2 NaN"),
        ([1.0, np.inf], "holds infinite values"),
        ([1.0, -2.0], "holds negative values (smallest -2)"),
        ([1.0, 1.5], "holds fractions (such as 1.5), so it was normalised"),
        ([True, False], "holds bool"),
    ],
)
def test_what_is_wrong_with_values(values, words):
    assert describe_non_counts(np.array(values)) == words


def test_the_message_counts_the_cells():
    bad = COUNTS.copy()
    bad[[2, 5], 0] = np.nan
    bad[7, 1:3] = -1
    with pytest.raises(InputError, match=r"here: X holds 2 NaN \(in 3 of 12 cells\)"):
        check_counts(sp.csr_matrix(bad), "here", "X")
