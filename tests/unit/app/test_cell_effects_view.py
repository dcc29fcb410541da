"""Why one cell has a concept."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.cell_effects import explain_cell, list_top_cells, why_no_cells
from tests.unit.app.conftest import with_arrays

FOLDER = "cell_effects/neighbours"


def with_cell(store, **columns):
    """The store in which these columns of the first cell of the first concept begin so."""
    arrays = {}
    for name, values in columns.items():
        array = np.array(store.array(f"{FOLDER}/{name}"))
        if array.ndim == 3:
            array[0, 0] = -1 if name == "gene" else np.nan
            array[0, 0, : len(values)] = values
        else:
            array[0, 0] = values
        arrays[f"{FOLDER}/{name}"] = array
    return with_arrays(store, arrays)


def test_cells_come_with_activation_and_type(store):
    cells = list_top_cells(store, 0, "neighbours")
    rows = store.activations.rows(0)
    assert [top.cell for top in cells] == rows["cell"][:3].tolist()
    assert [top.activation for top in cells] == pytest.approx(rows["value"][:3].tolist())
    assert cells[0].words == f"CELL0022 · activation {rows['value'][0]:.2f} · B cell"


def test_places_without_a_cell_are_left_out(store):
    assert len(list_top_cells(store, 4, "neighbours")) == 2
    assert list_top_cells(store, 0, "random_matched") == []


def test_shares_and_sentence_by_hand(store):
    variant = with_cell(
        store,
        gene=[3, 0, 5],
        effect=[0.2, -0.5, 0.1],
        value=[1.5, 0.0, 2.0],
        counterfactual=[0.5, 1.0, 2.0],
        full_drop=0.8,
        total=0.4,
    )
    (top, *_) = list_top_cells(variant, 0, "neighbours")
    found = explain_cell(variant, 0, "neighbours", top)
    symbols = variant.gene_symbols
    assert [gene.symbol for gene in found.genes] == [symbols[0], symbols[3], symbols[5]]
    assert [gene.side for gene in found.genes] == ["absence", "presence", "presence"]
    assert found.share == pytest.approx((0.2 - 0.5 + 0.1) / 0.4)
    assert found.sentence == (
        "Replacing all genes of this cell takes 0.80 from the concept's pre-activation; the 3 "
        "genes shown carry −50 % of the sum of all effects (0.40). "
        f"{symbols[0]} matters most: the cell has 0.00 (log1p counts), its counterfactual 1.00."
    )
    assert [g.symbol for g in explain_cell(variant, 0, "neighbours", top, n=1).genes] == symbols[:1]


def test_numbers_are_those_of_the_store(store):
    top = list_top_cells(store, 2, "neighbours")[1]
    found = explain_cell(store, 2, "neighbours", top)
    effects = store.array(f"{FOLDER}/effect")[2, 1]
    assert [gene.effect for gene in found.genes] == pytest.approx(effects.tolist())
    assert found.full_drop == pytest.approx(1.05 * found.total, rel=1e-5)


@pytest.mark.parametrize("total", [0.0, -1.0, float("nan")])
def test_of_a_sum_that_is_not_positive_no_share_is_told(store, total):
    variant = with_cell(store, total=total)
    top = list_top_cells(variant, 0, "neighbours")[0]
    found = explain_cell(variant, 0, "neighbours", top)
    assert found.share is None
    assert "carry" not in found.sentence


def test_a_cell_without_listed_genes(store):
    variant = with_cell(store, gene=[], effect=[], full_drop=float("nan"))
    top = list_top_cells(variant, 0, "neighbours")[0]
    found = explain_cell(variant, 0, "neighbours", top)
    assert found.genes == []
    assert (
        found.sentence
        == "Replacing all genes of this cell takes — from the concept's pre-activation."
    )


def test_why_no_cell_is_explained(store, old_store, plain_store, silent_store):
    assert "without their model" in why_no_cells(plain_store, 0, None)
    assert "holds no effects in single cells" in why_no_cells(old_store, 0, "neighbours")
    assert "they were with: Nearest inactive cells" in why_no_cells(store, 0, "random_matched")
    assert "active in no cell" in why_no_cells(silent_store, 0, "neighbours")
    assert list_top_cells(silent_store, 0, "neighbours") == []
    assert why_no_cells(store, 0, "neighbours") == "No gene was attributed for this concept."
