"""Ragged tables read across their owners: worked out by hand on three owners."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.store.columns import Ragged
from scconcepts_app.views import lookup
from scconcepts_app.views.lookup import find_rows, rank_within, read_across

# Owner 0 has genes 3, 1; owner 1 has none; owner 2 has 1, 2, 3; owner 3 has 3 twice.
TABLE = Ragged(
    np.array([0, 2, 2, 5, 7]),
    {
        "gene": np.array([3, 1, 1, 2, 3, 3, 3], np.int32),
        "effect": np.array([0.5, -2.0, 1.0, -3.0, 0.25, 4.0, 9.0], np.float32),
    },
)


def test_rows_of_a_gene_and_their_owners():
    rows, owners = find_rows(TABLE, "gene", 3)
    assert rows.tolist() == [0, 4, 5, 6]
    assert owners.tolist() == [0, 2, 3, 3]
    assert find_rows(TABLE, "gene", 7)[0].tolist() == []


def test_a_column_across_owners_is_missing_where_there_is_no_row():
    found = read_across(TABLE, "gene", 1, ("effect", "q"))
    assert found["effect"].tolist()[::2] == [-2.0, 1.0]
    assert np.isnan(found["effect"][[1, 3]]).all()
    assert np.isnan(found["q"]).all() and len(found["q"]) == 4


def test_of_two_rows_of_one_owner_the_first_counts():
    assert read_across(TABLE, "gene", 3, ("effect",))["effect"][3] == 4.0


@pytest.mark.parametrize("block", [1, 3, 4_000_000])
def test_rank_by_size_and_sum_of_sizes(monkeypatch, block):
    monkeypatch.setattr(lookup, "_BLOCK", block)
    own = np.array([-2.0, np.nan, 1.0, np.nan])
    rank, total = rank_within(TABLE, "effect", own)
    # Owner 0: |-2| is the largest of .5 and 2; owner 2: only |-3| beats 1.
    assert rank[[0, 2]].tolist() == [1, 2]
    assert total[[0, 2]].tolist() == [2.5, 4.25]
    assert np.isnan(rank[[1, 3]]).all() and np.isnan(total[[1, 3]]).all()


def test_missing_values_count_as_nothing():
    table = Ragged(np.array([0, 3]), {"effect": np.array([np.nan, 1.0, -4.0], np.float32)})
    rank, total = rank_within(table, "effect", np.array([1.0]))
    assert (rank[0], total[0]) == (2, 5)


def test_a_table_without_rows():
    table = Ragged(np.zeros(3, int), {"gene": np.empty(0, int), "effect": np.empty(0)})
    rank, total = rank_within(table, "effect", np.full(2, np.nan))
    assert np.isnan(rank).all() and np.isnan(total).all()
