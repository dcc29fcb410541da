"""Attribution through a model of tokens: genes that leave, change and enter."""

import numpy as np
import pytest
import torch

from precompute.attribution import ConceptReadout
from precompute.attribution.gradient import fill_slopes, gradient_effects
from precompute.attribution.pairs import Pairs
from precompute.attribution.swap import swap_effects
from precompute.dictionary import Dictionary
from precompute.models.scgpt import ScgptOptions, load_scgpt
from tests.scgpt_case import change_weights, make_cells, write_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A checkpoint whose attention is nearly even, as after a short training, and pairs."""
    folder = write_checkpoint(tmp_path_factory.mktemp("tokens") / "even")
    change_weights(folder, lambda weights: {n: w * 0.3 for n, w in weights.items()})
    cells = make_cells()
    options = ScgptOptions(normalise=False, pooling="mean")
    model = load_scgpt(folder, cells, options, torch.device("cpu"))
    columns = [cells.genes.symbols.index(gene) for gene in model.genes]
    bins = model.prepare(cells.counts[:, columns].toarray(), cells.cell_ids)
    axes = np.eye(2, model.d_embedding, dtype=np.float32)
    nothing = np.zeros(2, np.float32)
    center = np.zeros(model.d_embedding, np.float32)
    readout = ConceptReadout(model, Dictionary(axes, nothing, axes, center, 1.0, 1))
    profiles = np.stack([np.roll(bins, 1, axis=0), np.roll(bins, 2, axis=0)])
    return readout, Pairs(np.arange(len(bins)) % 2, bins, profiles)


def test_genes_that_enter_have_effects_as_exact_swap_finds_them(case):
    readout, pairs = case
    slopes, exact = gradient_effects(readout, pairs), swap_effects(readout, pairs)
    enters = (pairs.expression == 0) & (pairs.profiles > 0).any(axis=0)
    assert enters.sum() > 50
    assert np.corrcoef(slopes[enters], exact[enters])[0, 1] > 0.95
    assert np.corrcoef(slopes.ravel(), exact.ravel())[0, 1] > 0.95


def test_a_gene_that_no_cell_has_does_nothing(case):
    readout, pairs = case
    absent = (pairs.expression == 0) & (pairs.profiles == 0).all(axis=0)
    assert absent.any()
    assert not gradient_effects(readout, pairs)[absent].any()


def test_of_several_draws_the_farthest_is_the_one_slopes_are_taken_to(case):
    readout = case[0]
    cell = np.array([[4.0, 4, 4, 0, 0]], np.float32)
    profiles = np.array([[[5.0, 0, 4, 0, 3]], [[1, 4, 16, 0, 2]], [[20, 6, 0, 0, 9]]], np.float32)
    found = readout._others(Pairs(np.zeros(1, int), cell, profiles))
    assert found.tolist() == [[20, 6, 16, 0, 3]]


def test_the_null_lets_a_gene_enter_with_its_mean_slope():
    slopes = np.array([[[1.0, 0, 0], [3, 0, 5], [0, 0, 0]]])
    assert fill_slopes(slopes).tolist() == [[[1, 0, 5], [3, 0, 5], [2, 0, 5]]]
