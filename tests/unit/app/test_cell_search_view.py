"""Cells by id, by the beginning of an id and by number; one cell in full."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.store.columns import encode_strings
from scconcepts_app.views.cell_concepts import (
    EXPECTED,
    EXPECTED_DE,
    MEASURED,
    describe_cell_in_full,
)
from scconcepts_app.views.cell_search import find_cell, search_cells
from tests.unit.app.conftest import with_arrays


@pytest.fixture
def odd(store):
    ids = [f"CELL{i:04d}" for i in range(300)]
    ids[0:6] = ["", "#5", "ünï-1", "ünï-12", "AAAC-1", "aaac-1"]
    encoded = encode_strings(ids)
    return with_arrays(store, {f"cells/id/{name}": array for name, array in encoded.items()})


def test_ids_are_found_exactly(odd):
    assert find_cell(odd, "AAAC-1") == 4
    assert find_cell(odd, " aaac-1 ") == 5
    assert find_cell(odd, "ünï-1") == 2
    assert find_cell(odd, "AAAC") is None
    assert find_cell(odd, "CELL02999") is None


def test_numbers_come_after_ids(odd):
    assert find_cell(odd, "#5") == 1
    assert find_cell(odd, "#7") == 7
    assert find_cell(odd, "#299") == 299
    for text in ("\ud800", "#300", "#-1", "#1.5", "#", "", "#٣", "#99999999999999"):
        assert find_cell(odd, text) is None


def test_the_beginning_of_an_id_finds_the_first_in_order(odd):
    assert search_cells(odd, "CELL012", n=3) == ["CELL0120", "CELL0121", "CELL0122"]
    assert search_cells(odd, "ünï") == ["ünï-1", "ünï-12"]
    assert search_cells(odd, "CELL0299x") == []
    assert search_cells(odd, "") == []
    assert search_cells(odd, "x" * 100_000) == []


def test_a_cell_in_full(store):
    cell = int(np.argmax(np.asarray(store.array("activations/by_cell/value"))[:, 0]))
    found = describe_cell_in_full(store, cell)
    assert found.id == f"CELL{cell:04d}"
    facts = dict(found.facts)
    kind = int(store.array("obs/cell_type/codes")[cell])
    assert facts["cell_type"] == store.manifest.obs[0].categories[kind]
    first = found.concepts[0]
    values = np.asarray(store.activations.rows(first.index)["value"])
    assert first.rank == 1 + int((values > np.float32(first.activation)).sum())
    assert first.percentile == pytest.approx(100 * (values <= np.float32(first.activation)).mean())


def test_effects_of_this_cell_come_before_mean_ones(store):
    cells = np.asarray(store.array("cell_effects/neighbours/cell"))
    cell = int(cells[0, 0])
    found = next(c for c in describe_cell_in_full(store, cell).concepts if c.index == 0)
    assert found.is_measured
    assert found.origin == MEASURED
    genes = store.array("cell_effects/neighbours/gene")[0, 0]
    effects = np.asarray(store.array("cell_effects/neighbours/effect")[0, 0])
    assert found.genes[0].symbol == store.gene_symbols[genes[np.argmax(np.abs(effects))]]
    assert found.genes[0].effect == pytest.approx(float(effects[np.argmax(np.abs(effects))]))


def test_else_mean_effects_and_whether_the_cell_expresses_the_gene(store):
    explained = np.asarray(store.array("cell_effects/neighbours/cell"))[0]
    active = store.activations.rows(0)["cell"]
    cell = next(int(c) for c in active if c not in explained)
    found = next(c for c in describe_cell_in_full(store, cell).concepts if c.index == 0)
    assert not found.is_measured
    assert found.origin == EXPECTED
    assert [gene.symbol for gene in found.genes[:3]] == ["CD79A", "MS4A1", "CD79B"]
    for gene in found.genes:
        cells, values = store.expression(store.gene_symbols.index(gene.symbol))
        known = dict(zip(cells.tolist(), values.tolist(), strict=True))
        assert gene.value == pytest.approx(known.get(cell, 0.0))
        assert gene.is_expressed == (cell in known)


def test_a_store_without_attribution_says_what_it_shows(plain_store):
    cell = int(plain_store.activations.rows(0)["cell"][0])
    found = describe_cell_in_full(plain_store, cell).concepts[0]
    assert found.origin == EXPECTED_DE
    assert found.genes[0].symbol == "CD79A"
