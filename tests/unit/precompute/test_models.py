"""scVI against scvi-tools itself and finite differences; embeddings without a model."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from precompute.cells import Cells, load_cells
from precompute.cli import main
from precompute.config import DataConfig, ModelConfig
from precompute.errors import InputError
from precompute.models.choose import fit_cells, load_model, make_model
from precompute.models.contract import assert_cell_model_contract
from precompute.models.embedding import EmbeddingModel
from precompute.models.scvi import ScviModel, load_scvi, read_saved_genes, train_scvi
from precompute.models.scvi.training import make_adata
from precompute.synthetic import simulate

CPU = torch.device("cpu")
SIZES = ModelConfig(n_latent=4, n_hidden=16, max_epochs=2, batch_key="donor")


def make_cells(n_top_genes=60, seed=0) -> Cells:
    adata = simulate(150, 100, 5, seed=seed)
    adata.obsm["X_truth"] = adata.obsm["programme_activity"]
    return load_cells(adata, DataConfig(n_top_genes=n_top_genes, donor="donor"), "here")


@pytest.fixture(scope="module")
def cells() -> Cells:
    return make_cells()


@pytest.fixture(scope="module")
def saved(cells, tmp_path_factory):
    return tmp_path_factory.mktemp("model") / "scvi"


@pytest.fixture(scope="module")
def model(cells, saved):
    return train_scvi(cells, SIZES, "donor", 0, CPU, saved)


@pytest.fixture(scope="module")
def embeddings(model, cells) -> np.ndarray:
    return model.embed(cells.model_counts(), model.covariates)


def test_embeddings_are_those_of_scvi_tools(cells, saved, embeddings):
    import scvi

    theirs = scvi.model.SCVI.load(str(saved), adata=make_adata(cells), accelerator="cpu")
    assert embeddings.shape == (150, 4) and embeddings.dtype == np.float32
    assert np.allclose(embeddings, theirs.get_latent_representation(), atol=1e-5)


def test_the_command_embeds_with_a_saved_model(saved, embeddings, tmp_path):
    simulate(150, 100, 5, seed=0).write_h5ad(tmp_path / "cells.h5ad")
    arguments = ["embed", str(tmp_path / "cells.h5ad"), "--model", f"scvi:{saved}"]
    assert main([*arguments, "--out", str(tmp_path / "found.npy")]) == 0
    assert np.allclose(np.load(tmp_path / "found.npy"), embeddings, atol=1e-5)


def test_scvi_keeps_the_contract(model, cells):
    assert_cell_model_contract(model, cells.model_counts()[:5].toarray())


def test_a_loaded_model_gives_equal_embeddings(cells, saved, embeddings):
    loaded = load_scvi(saved, cells, CPU)
    assert loaded.genes.tolist() == [cells.genes.symbols[i] for i in cells.model_genes]
    assert np.array_equal(loaded.embed(cells.model_counts(), loaded.covariates), embeddings)


def test_the_seed_fixes_the_training(cells, embeddings, tmp_path):
    again = train_scvi(cells, SIZES, "donor", 0, CPU, tmp_path / "again")
    other = train_scvi(cells, SIZES, "donor", 1, CPU, tmp_path / "other")
    assert np.array_equal(again.embed(cells.model_counts(), None), embeddings)
    assert not np.allclose(other.embed(cells.model_counts(), None), embeddings, atol=1e-3)


def test_gradients_are_those_of_finite_differences(model, cells):
    counts = torch.from_numpy(cells.model_counts()[:3].toarray()).double()
    double = ScviModel.__new__(ScviModel)
    double.__dict__.update(model.__dict__)
    double.module = model.module.double()
    try:
        x = torch.log1p(counts).requires_grad_(True)
        double.embed_log1p(x, None)[:, 1].sum().backward()
        for cell, gene in ((0, 0), (1, 7), (2, 59)):
            step = torch.zeros_like(x)
            step[cell, gene] = 1e-5
            with torch.no_grad():
                rise = double.embed_log1p(x + step, None) - double.embed_log1p(x - step, None)
            assert x.grad[cell, gene].item() == pytest.approx(rise[cell, 1].item() / 2e-5, rel=1e-4)
    finally:
        model.module.float()


def test_rows_do_not_depend_on_each_other(model, cells, embeddings):
    few = model.embed(cells.model_counts()[[4, 9]], None)
    assert np.allclose(few, embeddings[[4, 9]], atol=1e-6)


def test_other_cells_are_embedded_by_the_genes_of_the_model(model, cells, saved, embeddings):
    """The variable genes of other cells are others; the model's own must be used, in its order."""
    few = load_cells(simulate(150, 100, 5, seed=0)[:60].copy(), DataConfig(n_top_genes=60), "few")
    assert few.model_genes.tolist() != cells.model_genes.tolist()
    fitted = fit_cells(ModelConfig(path=str(saved)), few)
    assert [fitted.genes.symbols[i] for i in fitted.model_genes] == model.genes.tolist()
    loaded = load_scvi(saved, fitted, CPU)
    assert np.allclose(loaded.embed(fitted.model_counts(), None), embeddings[:60], atol=1e-6)


def test_a_model_that_is_trained_or_absent_leaves_the_genes_alone(cells):
    assert fit_cells(SIZES, cells) is cells
    assert fit_cells(ModelConfig(kind="embedding", path="x"), cells) is cells


def test_a_folder_without_model_is_refused(cells, tmp_path):
    with pytest.raises(InputError, match="no model.pt. Expected a folder saved by scvi-tools"):
        load_scvi(tmp_path, cells, CPU)


@pytest.mark.parametrize("content", [b"", b"garbage", "cut"])
def test_a_damaged_model_is_refused(model, saved, tmp_path, content):
    whole = (saved / "model.pt").read_bytes()
    (tmp_path / "model.pt").write_bytes(whole[:5000] if content == "cut" else content)
    with pytest.raises(InputError, match="model.pt: cannot be read"):
        read_saved_genes(tmp_path)


def test_too_few_cells_to_train_on_are_refused(tmp_path):
    few = load_cells(simulate(9, 100, 5, seed=0), DataConfig(), "here")
    with pytest.raises(InputError, match="here: 9 cells. Expected at least 10 to train scVI"):
        train_scvi(few, SIZES, "", 0, CPU, tmp_path / "scvi")


def test_embeddings_that_came_with_the_cells(cells, tmp_path):
    config = ModelConfig(kind="embedding", obsm="X_truth")
    for model in (
        make_model(config, cells, 0, tmp_path, CPU),
        load_model(config, cells, tmp_path, CPU),
    ):
        assert np.array_equal(model.embed(cells.model_counts(), None), cells.obsm["X_truth"])
        assert (model.d_embedding, model.differentiable) == (5, "none")
        with pytest.raises(InputError, match="came without their model"):
            model.embed_expression(torch.zeros(1, 60), None)


def test_embeddings_that_are_not_there(cells):
    with pytest.raises(InputError, match="model.obsm = 'X_pca' is not in obsm.*X_truth"):
        EmbeddingModel(cells, "X_pca")


def test_embeddings_with_nan_are_refused(cells):
    bad = np.zeros((150, 2))
    bad[[3, 5], 0] = np.nan, np.inf
    with pytest.raises(InputError, match="holds NaN or infinite values in 2 cells"):
        EmbeddingModel(replace(cells, obsm={"X": bad}), "X")


def test_a_trained_model_is_loaded_from_where_it_was_left(
    cells, saved, model, embeddings, tmp_path
):
    shutil.copytree(saved, tmp_path / "scvi")
    loaded = load_model(SIZES, cells, tmp_path, CPU)
    assert np.array_equal(loaded.embed(cells.model_counts(), None), embeddings)
