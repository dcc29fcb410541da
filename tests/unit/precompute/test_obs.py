"""obs columns: categories and numbers, roles, names that are safe as folders."""

import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from precompute.config import DataConfig
from precompute.errors import InputError
from precompute.obs import Obs, read_obs

COUNTS = sp.csr_matrix(np.array([[1, 0, 2], [0, 0, 1], [3, 1, 0], [1, 1, 1]], np.float32))
LIBRARY = np.array([4, 1, 4, 3], np.float32)


def obs_of(columns, symbols=("A", "B", "C"), **config) -> Obs:
    table = pd.DataFrame(columns, index=[f"cell{i}" for i in range(4)])
    return read_obs(table, DataConfig(**config), COUNTS, LIBRARY, list(symbols), "here")


def column_of(series, **config):
    return obs_of({"x": series}, **config).find_name("x")


@pytest.mark.parametrize(
    ("series", "categories", "codes"),
    [
        (["b", "a", "b", "a"], ["a", "b"], [1, 0, 1, 0]),
        (["b", None, "b", np.nan], ["b"], [0, -1, 0, -1]),
        ([True, False, True, True], ["False", "True"], [1, 0, 1, 1]),
        (pd.array([True, None, False, True], "boolean"), ["False", "True"], [1, -1, 0, 1]),
        (pd.Categorical(["b", "a", None, "b"], ["c", "b", "a"]), ["b", "a"], [0, 1, -1, 0]),
        (pd.Categorical([2, 1, 2, 1]), ["1", "2"], [1, 0, 1, 0]),
        ([None] * 4, [], [-1, -1, -1, -1]),
    ],
)
def test_categories(series, categories, codes):
    column = column_of(series)
    assert column.categories == categories
    assert column.values.tolist() == codes
    assert column.is_missing.tolist() == [code < 0 for code in codes]


@pytest.mark.parametrize(
    "series",
    [[1.5, np.nan, 3.0, 0.0], pd.array([1, None, 3, 0], "Int64"), pd.array([1, None, 3, 0])],
)
def test_numbers(series):
    column = column_of(series)
    assert column.categories is None and column.values.dtype == np.float32
    assert column.is_missing.tolist() == [False, True, False, False]


def test_numbers_with_a_role_are_categories():
    column = column_of([2, 1, 2, 1], donor="x")
    assert (column.role, column.categories) == ("donor", ["1", "2"])


def test_roles_of_the_cellxgene_schema_are_known():
    names = ["cell_type", "disease", "donor_id", "tissue", "assay"]
    obs = obs_of({name: list("aabb") for name in names})
    roles = {column.name: column.role for column in obs.columns[:5]}
    assert roles == {
        "cell_type": "cell_type",
        "disease": "condition",
        "donor_id": "donor",
        "tissue": "tissue",
        "assay": "other",
    }


def test_named_columns_come_before_those_of_the_schema():
    obs = obs_of({"cell_type": list("aabb"), "fine": list("abab")}, cell_type="fine")
    assert obs.find_role("cell_type").name == "fine"
    assert obs.find_name("cell_type").role == "other"


def test_a_column_that_is_not_there():
    with pytest.raises(InputError, match="data.donor = 'who' is no column of obs.*one of: x"):
        obs_of({"x": list("aabb")}, donor="who")


def test_too_many_categories_are_left_out_with_a_notice():
    table = pd.DataFrame({"barcode": [f"b{i}" for i in range(201)]})
    table.index = table.index.astype(str)
    counts = sp.csr_matrix(np.ones((201, 2), np.float32))
    obs = read_obs(table, DataConfig(), counts, np.full(201, 2.0), ["A", "B"], "here")
    assert obs.find_name("barcode") is None
    assert obs.notices == ("obs['barcode'] has 201 categories and was left out (at most 200).",)


def test_keys_are_safe_and_unique():
    obs = obs_of({name: [1.0] * 4 for name in ("a b", "a_b", "../x", "Ω", "α")})
    keys = [column.key for column in obs.columns]
    assert keys[:5] == ["a_b", "a_b_2", "x", "column", "column_2"]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch("[a-z0-9_]+", key) for key in keys)


def test_quality_control_is_counted():
    obs = obs_of({}, symbols=("A", "MT-CO1", "mt-nd1"))
    found = {column.key: column.values.tolist() for column in obs.columns}
    # Mitochondrial counts 2, 1, 1, 2 of library sizes 4, 1, 4, 3.
    assert found["library_size"] == LIBRARY.tolist()
    assert found["genes_detected"] == [2, 1, 2, 3]
    assert np.allclose(found["percent_mito"], [50, 100, 25, 200 / 3])
    assert {column.role for column in obs.columns} == {"qc"}


@pytest.mark.parametrize("name", ["percent_mito", "pct_counts_mt", "percent.mt", "MT", "mitoRatio"])
def test_mitochondrial_columns_are_quality_control(name):
    obs = obs_of({name: [1.0] * 4}, symbols=("A", "MT-CO1", "B"))
    assert obs.find_name(name).role == "qc"
    assert [c.key for c in obs.columns].count("percent_mito") == (name == "percent_mito")


@pytest.mark.parametrize("name", ["amt", "smtx", "n_counts"])
def test_other_numbers_are_not(name):
    assert obs_of({name: [1.0] * 4}).find_name(name).role == "other"


def test_a_library_size_that_is_there_is_quality_control():
    obs = obs_of({"library_size": LIBRARY})
    assert [column.role for column in obs.columns if column.key == "library_size"] == ["qc"]


def test_share_of_a_category_counts_known_cells():
    column = column_of(["a", "b", None, "a"])
    assert column.share_of(0) == pytest.approx(2 / 3)
    assert column_of([None] * 4).share_of(0) == 0.0


def test_frame_has_the_names_of_the_data():
    frame = obs_of({"a b": ["x", None, "y", "x"]}).to_frame(list("1234"))
    assert list(frame.index) == list("1234")
    assert frame["a b"].isna().tolist() == [False, True, False, False]
