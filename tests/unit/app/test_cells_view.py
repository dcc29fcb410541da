"""One cell, and the bytes of obs columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.cells import describe_cell, describe_cell_briefly
from scconcepts_app.views.colors import encode_obs, list_obs_colors
from scconcepts_app.views.numbers import MISSING
from tests.store_factory import CELL_TYPES
from tests.unit.app.conftest import with_arrays


def column(store, key):
    return next(c for c in store.manifest.obs if c.key == key)


def test_a_cell_tells_its_values_and_concepts(store):
    cell = int(store.activations.rows(0)["cell"][0])
    found = describe_cell(store, cell)
    assert found["id"] == f"CELL{cell:04d}"
    assert found["obs"]["cell_type"] == "B cell"
    activation = float(store.activations.rows(0)["value"][0])
    assert {"id": "c0001", "activation": activation}.items() <= found["concepts"][0].items()


def test_missing_values_of_a_cell_are_none_and_a_dash(store):
    codes = np.array(store.array("obs/cell_type/codes"))
    mito = np.array(store.array("obs/percent_mito/values"))
    codes[7], mito[7] = -1, np.nan
    arrays = {"obs/cell_type/codes": codes, "obs/percent_mito/values": mito}
    variant = with_arrays(store, arrays)
    assert describe_cell(variant, 7)["obs"]["cell_type"] is None
    lines = dict(describe_cell_briefly(variant, 7, {}))
    assert lines["cell_type"] == lines["percent_mito"] == MISSING


def test_the_tooltip_shows_experts_labels(store):
    cell = int(store.activations.rows(0)["cell"][0])
    assert "c0001 My cells" in dict(describe_cell_briefly(store, cell, {"c0001": "My cells"}))


def test_categories_take_one_byte_with_255_missing(store):
    codes = np.array(store.array("obs/cell_type/codes"))
    codes[3] = -1
    variant = with_arrays(store, {"obs/cell_type/codes": codes})
    decoded = np.frombuffer(encode_obs(variant, column(store, "cell_type")), np.uint8)
    assert decoded[3] == 255
    np.testing.assert_array_equal(np.delete(decoded, 3), np.delete(codes, 3))


def test_many_categories_take_two_bytes(store):
    many = replace(column(store, "cell_type"), categories=[str(i) for i in range(255)])
    decoded = np.frombuffer(encode_obs(store, many), "<u2")
    np.testing.assert_array_equal(decoded, store.array("obs/cell_type/codes"))


def test_numbers_have_255_levels_between_their_limits(store):
    values = np.asarray(store.array("obs/percent_mito/values"))
    decoded = np.frombuffer(encode_obs(store, column(store, "percent_mito")), np.uint8)
    legend = list_obs_colors(store)["percent_mito"]
    step = (legend["max"] - legend["min"]) / 254
    np.testing.assert_allclose(legend["min"] + decoded * step, values, atol=step / 2 + 1e-9)
    assert decoded.max() == 254


@pytest.mark.parametrize("value", [0.3, np.nan])
def test_a_constant_or_missing_column_can_be_drawn(store: ConceptStore, value):
    values = np.full(store.n_cells, value, np.float32)
    variant = with_arrays(store, {"obs/percent_mito/values": values})
    decoded = np.frombuffer(encode_obs(variant, column(store, "percent_mito")), np.uint8)
    assert set(decoded.tolist()) == ({0} if value == 0.3 else {255})


def test_the_legend_has_what_the_map_needs(store):
    legend = list_obs_colors(store)["cell_type"]
    assert legend["kind"] == "category"
    assert legend["categories"] == CELL_TYPES
    assert legend["bytes"] == 1
