"""Effects in single cells: which cells, which genes, and the same numbers as the method gives."""

import numpy as np
import pytest

from precompute.attribution import METHODS
from precompute.attribution.cell_effects import explain_cells, no_cell_effects
from precompute.attribution.concept import full_drops
from tests.unit.precompute.attribution_case import N_CELLS, N_GENES, arguments, make_case

N_TOP, N_LISTED = 20, 30


def top_cells(concept: int) -> np.ndarray:
    given = arguments()
    value = np.where(given["indices"] == concept, given["values"], 0).max(axis=1)
    return np.argsort(-value, kind="stable")[:N_TOP]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("counterfactual", ["neighbours", "random_matched"])
def test_top_cells_with_the_effects_of_the_method(method, counterfactual):
    setting = make_case(method=method, counterfactual=counterfactual)
    found = explain_cells(setting, 2)
    assert found.cell.tolist() == top_cells(2).tolist()
    pairs = setting.pairs(2, found.cell)
    effects = METHODS[method].effects(setting.readout, pairs)
    assert np.array_equal(found.total, effects.sum(axis=1))
    assert np.array_equal(found.full_drop, full_drops(setting.readout, pairs))
    for row in range(N_TOP):
        genes = found.gene[row]
        assert (
            genes.tolist() == np.argsort(-np.abs(effects[row]), kind="stable")[:N_LISTED].tolist()
        )
        assert np.array_equal(found.effect[row], effects[row, genes])
        assert np.array_equal(found.value[row], pairs.expression[row, genes])
        other = pairs.profiles[:, row].mean(axis=0)
        assert np.allclose(found.counterfactual[row], other[genes], atol=1e-6)
    if method == "integrated_gradients":  # complete in each of these cells
        assert np.allclose(found.total, found.full_drop, rtol=0.02)


@pytest.mark.parametrize("method", ["exact_swap", "gradient"])
def test_a_cell_alone_has_the_same_effects(method):
    setting = make_case(method=method)
    found = explain_cells(setting, 0)
    alone = METHODS[method].effects(setting.readout, setting.pairs(0, found.cell[3:4]))[0]
    assert np.allclose(found.effect[3], alone[found.gene[3]], atol=1e-5)


def test_of_equal_activations_the_first_cells_are_taken():
    indices = np.full((N_CELLS, 3), -1, np.int32)
    indices[::2, 0] = 0
    values = np.where(indices >= 0, 1.0, 0.0).astype(np.float32)
    values[700, 0] = 2
    found = explain_cells(make_case(indices=indices, values=values), 0)
    assert found.cell.tolist() == [700, *range(0, 38, 2)]


def test_fewer_cells_than_the_list():
    indices = np.full((N_CELLS, 3), -1, np.int32)
    indices[[5, 9, 300], 0] = 0
    values = np.where(indices >= 0, 1.0, 0.0).astype(np.float32)
    found = explain_cells(make_case(indices=indices, values=values), 0)
    assert found.cell.tolist() == [5, 9, 300] + [-1] * 17
    assert (found.gene[:3] >= 0).all() and (found.gene[3:] == -1).all()
    assert np.isfinite(found.full_drop[:3]).all() and np.isnan(found.full_drop[3:]).all()
    assert np.isfinite(found.total[:3]).all() and np.isnan(found.total[3:]).all()
    assert not found.effect[3:].any()


def test_genes_without_an_effect_are_not_listed():
    """Only 10 genes are ever expressed, so only they can be replaced."""
    counts = arguments()["counts"].tolil()
    counts[:, 10:] = 0
    found = explain_cells(make_case(counts=counts.tocsr()), 1)
    listed = found.gene >= 0
    assert (listed.sum(axis=1) <= 10).all() and listed.any()
    assert found.gene[listed].max() < 10
    assert np.array_equal(listed, found.effect != 0)


def test_chunks_do_not_matter(monkeypatch):
    setting = make_case(method="exact_swap")
    whole = explain_cells(setting, 3)
    monkeypatch.setattr("precompute.attribution.concept._VALUES_PER_CHUNK", N_GENES * 21 * 3)
    assert len(list(setting.chunks(whole.cell))) == 7
    parts = explain_cells(setting, 3)
    assert np.array_equal(parts.cell, whole.cell)
    for name in (
        "full_drop",
        "total",
        "effect",
    ):  # genes of nearly the same effect may change places
        assert np.allclose(np.abs(getattr(parts, name)), np.abs(getattr(whole, name)), atol=1e-3)


def test_a_concept_without_attribution_and_a_model_of_few_genes():
    nobody = no_cell_effects(n_genes=7)
    assert (nobody.cell == -1).all() and (nobody.gene == -1).all()
    assert np.isnan(nobody.full_drop).all() and np.isnan(nobody.total).all()
    assert nobody.gene.shape == nobody.effect.shape == (N_TOP, 7)
    assert no_cell_effects(n_genes=1000).value.shape == (N_TOP, N_LISTED)
