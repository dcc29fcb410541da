"""scGPT against outputs of the official implementation, for the three namings of weights."""

from dataclasses import replace

import anndata as ad
import numpy as np
import pytest
import scipy.sparse as sp
import torch
from scipy.stats import spearmanr

from precompute.cells import load_cells
from precompute.config import DataConfig
from precompute.models.scgpt import ScgptOptions, load_scgpt
from precompute.models.tokens import Tokens
from tests.token_case import entering

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("one_thread")
NAMINGS = ("flash", "impl", "inproj")


@pytest.fixture(scope="module")
def folder(references):
    return references / "scgpt_tiny"


@pytest.fixture(scope="module")
def expected(folder):
    return dict(np.load(folder / "reference.npz"))


@pytest.fixture(scope="module")
def counts(folder):
    return load_cells(ad.read_h5ad(folder / "cells.h5ad"), DataConfig(), "tiny")


@pytest.fixture(scope="module")
def cells(folder, counts):
    """The same cells with X, positive numbers without ties, for counts."""
    return replace(counts, counts=sp.csr_matrix(ad.read_h5ad(folder / "cells.h5ad").X))


def load(folder, naming, cells, **options):
    model = load_scgpt(folder / f"ckpt_{naming}", cells, ScgptOptions(**options), CPU)
    columns = [cells.genes.symbols.index(gene) for gene in model.genes]
    return model, cells.counts[:, columns]


def tokens_of(model, expected, cell):
    """The reference's binned tokens of a cell, without <cls>, as columns of the model."""
    real = ~expected["tok_pad"][cell]
    column = {token: i for i, token in enumerate(model.token_ids.tolist())}
    genes = [column[token] for token in expected["tok_gene"][cell][real][1:].tolist()]
    values = torch.from_numpy(expected["tok_value"][cell][real][1:])
    return Tokens(torch.tensor([genes]), values[None])


@pytest.mark.parametrize("naming", NAMINGS)
def test_embeddings_from_the_file_are_the_official_ones(folder, expected, cells, naming):
    model, counts = load(folder, naming, cells)
    found = model.embed(counts, None, cells.cell_ids)
    assert len(model.genes) == 200  # 30 of the 230 genes are not in the vocabulary
    assert np.abs(found - expected["cls_tiefree_normed"]).max() <= 1e-5


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("naming", NAMINGS)
def test_vectors_and_slopes_by_value_are_the_official_ones(
    folder, expected, cells, naming, normalise
):
    model, _ = load(folder, naming, cells, normalise=normalise)
    reader = torch.from_numpy(expected["u"])[None]
    slope_name = "grad_u_normed" if normalise else "grad_u_raw"
    for cell in range(50):
        found, (_, slopes) = model.slopes_of(tokens_of(model, expected, cell), reader)
        real = ~expected["tok_pad"][cell]
        raw = expected["cls_tok_raw"][cell]
        official = raw / np.linalg.norm(raw) if normalise else raw
        assert np.abs(found[0].numpy() - official).max() <= 1e-5
        assert np.abs(slopes[0].numpy() - expected[slope_name][cell][real][1:]).max() <= 1e-5


@pytest.mark.parametrize("naming", NAMINGS)
def test_dropping_a_token_is_the_official_drop(folder, expected, cells, naming):
    """Through the moves of the protocol, through the gate, and by leaving the token out."""
    model, _ = load(folder, naming, cells, normalise=False)
    tokens = tokens_of(model, expected, 0)
    n = len(tokens.columns[0])
    expression = torch.zeros(n, len(model.genes))
    expression[:, tokens.columns[0]] = tokens.values
    ablated = [model.ablate(expression[:1], column[None]) for column in tokens.columns[0]]
    everywhere = Tokens(tokens.columns.repeat(n, 1), tokens.values.repeat(n, 1))
    zeroed = everywhere._replace(values=everywhere.values * (1 - torch.eye(n)))
    for found, name in (
        (model.embed_expression(torch.cat(ablated), None), "drop_cell0"),
        (model.embed_tokens(everywhere, 1 - torch.eye(n)), "drop_cell0"),
        (model.embed_tokens(zeroed, None), "zero_cell0"),
    ):
        assert np.abs(found.numpy() - expected[name]).max() <= 1e-5


def test_the_gate_slope_ranks_genes_as_the_exact_drop_does(folder, expected, cells):
    model, _ = load(folder, "flash", cells, normalise=False)
    tokens = tokens_of(model, expected, 0)
    reader = torch.from_numpy(expected["u"])[None]
    _, (gate, value) = model.slopes_of(tokens, reader)
    drop = (expected["cls_tok_raw"][0] - expected["drop_cell0"]) @ expected["u"]
    assert spearmanr(gate[0], drop)[0] >= 0.7
    assert np.mean(np.sign(gate[0].numpy()) == np.sign(drop)) >= 0.85
    by_value = spearmanr((value * tokens.values)[0], drop)[0]
    assert by_value < 0.5  # why the gate is there


def test_the_slope_of_entering_ranks_genes_as_entering_does(folder, expected, cells):
    """Genes of the next cell enter one by one, in eight cells of random weights."""
    model, counts = load(folder, "flash", cells, normalise=False)
    bins = torch.from_numpy(model.prepare(counts[:9].toarray(), cells.cell_ids[:9]))
    found = [entering(model, *bins[i : i + 2], expected["u"]) for i in range(8)]
    assert np.median([spearmanr(slope, gain)[0] for slope, gain in found]) >= 0.6
    assert np.mean(np.sign(np.hstack(found)).prod(axis=0) > 0) >= 0.8


def test_midpoints_lie_among_the_random_runs_of_the_official_code(folder, expected, counts):
    """Ten official runs differ from each other; the midpoint is as close to them as their mean."""
    model, of_model = load(folder, "flash", counts)
    runs = expected["counts_runs10_normed"]
    found = model.embed(of_model, None, counts.cell_ids)
    to_mean = np.linalg.norm(found - runs.mean(axis=0), axis=1)
    spread = np.linalg.norm(runs - runs.mean(axis=0), axis=2).mean(axis=0)
    assert (to_mean < 1.5 * spread).mean() > 0.9
    drawn = load(folder, "flash", counts, ties="random", seed=1)[0]
    again = load(folder, "flash", counts, ties="random", seed=1)[0]
    other = load(folder, "flash", counts, ties="random", seed=2)[0]
    one, same, two = (m.embed(of_model, None, counts.cell_ids) for m in (drawn, again, other))
    assert np.array_equal(one, same) and not np.allclose(one, two, atol=1e-3)
    assert not np.allclose(one, found, atol=1e-3)
