"""The payload codec: bytes worked out by hand, gaps around 255, round trip of anything."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scconcepts_app.store.payload import decode_payload, encode_payload


def test_bytes_by_hand():
    # Cells 0, 2, 257 from -1: gaps 1, 2, 255. A gap of 255 is one skip and a stop after 0.
    # Values 2, 1, 0.001 of at most 2: 255, 127.5 -> 128 (half to even), 0.1 -> at least 1.
    payload = encode_payload(np.array([0, 2, 257]), np.array([2.0, 1.0, 0.001]))
    header = struct.pack("<IIf", 3, 4, 2.0)
    assert payload.tobytes() == header + bytes([1, 2, 255, 0]) + bytes([255, 128, 1])


def test_no_entries_are_a_bare_header():
    payload = encode_payload(np.empty(0, int), np.empty(0))
    assert payload.tobytes() == struct.pack("<IIf", 0, 0, 0.0)
    cells, values = decode_payload(payload)
    assert len(cells) == 0 and len(values) == 0


@pytest.mark.parametrize(
    ("gap", "gap_bytes"),
    [(1, [1]), (254, [254]), (255, [255, 0]), (256, [255, 1]), (510, [255, 255, 0])],
)
def test_gaps_around_the_skip(gap, gap_bytes):
    # The first cell is gap - 1 because the walk starts at -1.
    payload = encode_payload(np.array([gap - 1]), np.array([5.0]))
    assert payload[12:-1].tolist() == gap_bytes
    assert decode_payload(payload)[0].tolist() == [gap - 1]


def test_order_of_the_cells_does_not_matter():
    cells, values = np.array([700, 3, 90]), np.array([1.0, 2.0, 3.0])
    order = np.argsort(cells)
    expected = encode_payload(cells[order], values[order])
    assert encode_payload(cells, values).tobytes() == expected.tobytes()


@given(
    cells=st.lists(st.integers(0, 100_000), unique=True, max_size=60),
    data=st.data(),
)
def test_round_trip(cells, data):
    values = data.draw(
        hnp.arrays(np.float32, len(cells), elements=st.floats(2**-9, 2**20, width=32))
    )
    found, levels = decode_payload(encode_payload(np.array(cells, np.int64), values))
    order = np.argsort(cells)
    assert found.tolist() == sorted(cells)
    # One level is 1/255 of the largest value; rounding is off by half of it, and a value that
    # would round to nothing is lifted by at most a whole one.
    step = values.max(initial=0) / 255
    assert np.all(np.abs(levels - values[order]) <= step * 1.001)


@pytest.mark.parametrize("cut", [1, 2])
def test_a_cut_payload_is_refused(cut):
    payload = encode_payload(np.array([4, 9]), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="payload says 2 entries"):
        decode_payload(payload[:-cut])
