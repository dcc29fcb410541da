"""Text columns and ragged tables, against plain Python lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scconcepts_app.store.columns import Ragged, StringColumn, encode_ragged, encode_strings

TEXTS = ["B cell", "", "γδ T cell", "naïve · \U0001f9ec"]


def test_texts_by_hand():
    # "é" takes two bytes in UTF-8, so the offsets are 0, 1, 1, 3.
    arrays = encode_strings(["a", "", "é"])
    assert arrays["offsets"].tolist() == [0, 1, 1, 3]
    assert arrays["utf8"].tolist() == [0x61, 0xC3, 0xA9]


def test_a_text_column_reads_like_a_list():
    column = StringColumn(**encode_strings(TEXTS))
    assert len(column) == 4
    assert list(column) == TEXTS
    assert [column[i] for i in range(4)] == TEXTS
    assert column[-1] == TEXTS[-1]
    assert column[1:3] == TEXTS[1:3]
    assert "γδ T cell" in column


@pytest.mark.parametrize("index", [4, -5])
def test_beyond_a_text_column_is_an_index_error(index):
    with pytest.raises(IndexError):
        StringColumn(**encode_strings(TEXTS))[index]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_round_trip(texts):
    assert list(StringColumn(**encode_strings(texts))) == texts


@given(st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5), max_size=6))
def test_ragged_round_trip(rows):
    arrays = encode_ragged([{"gene": np.array(row, np.int64)} for row in rows], {"gene": "int32"})
    table = Ragged(arrays["offsets"], {"gene": arrays["gene"]})
    assert arrays["gene"].dtype == np.int32
    assert [table.rows(i)["gene"].tolist() for i in range(len(table))] == rows
    assert table.counts().tolist() == [len(row) for row in rows]


def test_ragged_columns_of_unequal_length_are_refused():
    rows = [{"gene": [1], "z": [0.5]}, {"gene": [1, 2], "z": [0.5]}]
    with pytest.raises(ValueError, match="owner 1 differ"):
        encode_ragged(rows, {"gene": "int32", "z": "float32"})
