"""Models that scvi-tools saved: covariates, other likelihoods, scANVI, minified, missing genes."""

from __future__ import annotations

import warnings
from dataclasses import replace

import anndata as ad
import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from precompute.cells import Cells, load_cells
from precompute.cli import main
from precompute.config import DataConfig, ModelConfig
from precompute.errors import InputError
from precompute.models.choose import fit_cells
from precompute.models.contract import assert_cell_model_contract
from precompute.models.scvi import load_scvi, read_saved_genes
from precompute.synthetic import simulate

CPU = torch.device("cpu")
COVARIATES = {
    "batch_key": "donor",
    "categorical_covariate_keys": ["condition"],
    "continuous_covariate_keys": ["age"],
}


def make_adata() -> ad.AnnData:
    """120 cells of 40 genes, with an age."""
    adata = simulate(120, 40, 4, seed=0)
    adata.obs["age"] = np.random.default_rng(0).normal(size=120).astype(np.float32)
    return adata


def as_cells(adata: ad.AnnData) -> Cells:
    return load_cells(adata, DataConfig(), "here")


def train(folder, kind="SCVI", adata=None, minify=False, setup=None, **options):
    """Train a model with scvi-tools alone, save it in `folder`, and return it."""
    import scvi

    adata = make_adata() if adata is None else adata.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scvi.settings.seed = 0
        scvi_class = getattr(scvi.model, kind)
        scvi_class.setup_anndata(adata, **(setup or {}))
        model = scvi_class(adata, n_latent=3, n_hidden=8, **options)
        quiet = {"enable_progress_bar": False, "logger": False, "accelerator": "cpu"}
        model.train(max_epochs=1, **quiet)
        theirs = model.get_latent_representation()
        if minify:
            mean, variance = model.get_latent_representation(return_dist=True)
            adata.obsm["X_latent_qzm"], adata.obsm["X_latent_qzv"] = mean, variance
            model.minify_adata()
        model.save(str(folder), overwrite=True, save_anndata=minify)
    return theirs


def embed(folder, cells: Cells) -> np.ndarray:
    fitted = fit_cells(ModelConfig(path=str(folder)), cells)
    model = load_scvi(folder, fitted, CPU)
    return model.embed(fitted.model_counts(), model.covariates)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("SCVI", {"setup": {"batch_key": "donor"}, "gene_likelihood": "zinb", "n_layers": 2}),
        ("SCVI", {"gene_likelihood": "poisson", "use_layer_norm": "both"}),
        ("SCVI", {"gene_likelihood": "nb", "dispersion": "gene-cell", "use_batch_norm": "none"}),
        ("SCVI", {"gene_likelihood": "normal", "log_variational": False}),
        ("SCVI", {"setup": COVARIATES, "encode_covariates": True, "n_layers": 2}),
        ("SCVI", {"setup": COVARIATES}),
        ("SCVI", {"setup": {"batch_key": "donor"}, "minify": True}),
        (
            "SCANVI",
            {"setup": {"labels_key": "cell_type", "unlabeled_category": "?", "batch_key": "donor"}},
        ),
    ],
    ids=["zinb", "poisson", "nb", "normal", "encoded", "not_encoded", "minified", "scanvi"],
)
def test_embeddings_are_those_of_scvi_tools(tmp_path, kind, options):
    theirs = train(tmp_path / "model", kind, **options)
    assert np.allclose(embed(tmp_path / "model", as_cells(make_adata())), theirs, atol=1e-5)


def test_a_model_that_reads_covariates_keeps_the_contract_and_its_gradient(tmp_path):
    train(tmp_path, setup=COVARIATES, encode_covariates=True)
    cells = as_cells(make_adata())
    model = load_scvi(tmp_path, cells, CPU)
    assert model.linear_first is None and model.covariates.shape == (120, 3)
    few = model.covariates[:4]
    assert_cell_model_contract(model, cells.model_counts()[:4].toarray(), few)
    counts = cells.model_counts()[:4]
    assert not np.allclose(model.embed(counts, few), model.embed(counts, few[::-1].copy()))


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """A model whose encoder reads covariates."""
    folder = tmp_path_factory.mktemp("encoded")
    train(folder, setup=COVARIATES, encode_covariates=True)
    return folder


def test_covariates_that_do_not_fit_are_refused_by_name(encoded):
    adata = make_adata()
    adata.obs["donor"] = adata.obs["donor"].cat.rename_categories({"donor_0": "stranger"})
    with pytest.raises(InputError, match=r"here: obs\['donor'\] holds 'stranger'.*'donor_0'"):
        load_scvi(encoded, as_cells(adata), CPU)
    adata = make_adata()
    adata.obs["age"] = ["young"] * 60 + ["old"] * 60
    with pytest.raises(InputError, match=r"obs\['age'\] holds categories. Expected numbers"):
        load_scvi(encoded, as_cells(adata), CPU)
    adata.obs["age"] = [np.nan] * 5 + [1.0] * 115
    with pytest.raises(InputError, match=r"obs\['age'\] has no value in 5 cells"):
        load_scvi(encoded, as_cells(adata), CPU)
    del adata.obs["age"]
    with pytest.raises(InputError, match="no obs column 'age', which the encoder"):
        load_scvi(encoded, as_cells(adata), CPU)


@pytest.fixture(scope="module")
def by_donor(tmp_path_factory):
    """A model whose decoder alone reads the batch, and what scvi-tools embeds with it."""
    folder = tmp_path_factory.mktemp("by_donor")
    return folder, train(folder, setup={"batch_key": "donor"})


def test_a_batch_the_encoder_does_not_read_may_be_new_or_absent(by_donor):
    folder, theirs = by_donor
    adata = make_adata()
    adata.obs["donor"] = "a new one"
    assert np.allclose(embed(folder, as_cells(adata)), theirs, atol=1e-5)
    del adata.obs["donor"]
    assert np.allclose(embed(folder, as_cells(adata)), theirs, atol=1e-5)


def test_genes_that_the_data_lack_count_as_0_and_are_told(by_donor):
    folder, _ = by_donor
    whole = make_adata()
    gone = whole.copy()
    counts = gone.X.toarray()
    counts[:, [3, 17]] = 0
    gone.X = csr_matrix(counts)
    fewer = as_cells(whole[:, [i for i in range(39, -1, -1) if i not in (3, 17)]].copy())
    fitted = fit_cells(ModelConfig(path=str(folder)), fewer)
    assert any(
        "2 of the 40 genes that the scVI model reads are not in the data" in notice
        for notice in fitted.notices
    )
    model = load_scvi(folder, fitted, CPU)
    assert model.genes.tolist() == [n for i, n in enumerate(whole.var_names) if i not in (3, 17)]
    assert_cell_model_contract(model, fitted.model_counts()[:4].toarray())
    found = model.embed(fitted.model_counts(), None)
    assert np.allclose(found, embed(folder, as_cells(gone)), atol=1e-5)
    split = model.linear_first
    x = torch.from_numpy(model.prepare(fitted.model_counts()[:5].toarray()))
    apart = split.middle(split.first(x, None)) @ split.last_weight + split.last_bias
    assert np.allclose(apart.numpy(), found[:5], atol=1e-5)


def test_a_model_of_values_that_are_no_counts_is_told(tmp_path):
    train(tmp_path, gene_likelihood="normal", log_variational=False)
    fitted = fit_cells(ModelConfig(path=str(tmp_path)), as_cells(make_adata()))
    assert any("trained with a normal likelihood" in notice for notice in fitted.notices)


def test_genes_are_found_by_symbol_or_by_id_without_its_version(tmp_path):
    adata = make_adata()
    adata.var_names = [f"ENSG{i:011d}" for i in range(40)]
    theirs = train(tmp_path, adata=adata)
    query = make_adata()
    query.var["gene_ids"] = [f"ENSG{i:011d}.{i}" for i in range(40)]
    assert np.allclose(embed(tmp_path, as_cells(query)), theirs, atol=1e-5)


def test_data_with_less_than_half_of_the_genes_are_refused(by_donor):
    folder, _ = by_donor
    few = as_cells(make_adata()[:, :19].copy())
    with pytest.raises(InputError, match=r"here: 21 of the model's 40 genes are missing .*50%"):
        fit_cells(ModelConfig(path=str(folder)), few)


def test_minified_cells_are_refused_where_their_weights_are_not(tmp_path, capsys):
    train(tmp_path / "model", setup={"batch_key": "donor"}, minify=True)
    arguments = ["embed", str(tmp_path / "model" / "adata.h5ad"), "--model"]
    arguments += [f"scvi:{tmp_path / 'model'}", "--out", str(tmp_path / "found.npy")]
    assert main(arguments) == 2
    assert "minified" in capsys.readouterr().err
    assert not (tmp_path / "found.npy").exists()


def test_what_is_no_scvi_model_is_refused(by_donor, tmp_path):
    torch.save({"var_names": ["gene_0", "gene_1"]}, tmp_path / "model.pt")
    with pytest.raises(InputError, match=r"model.pt: cannot be read .*convert_legacy_save"):
        read_saved_genes(tmp_path)
    saved = torch.load(by_donor[0] / "model.pt", weights_only=False)
    saved["attr_dict"]["registry_"]["model_name"] = "PEAKVI"
    torch.save(saved, tmp_path / "model.pt")
    with pytest.raises(InputError, match="a model of class PEAKVI. Expected SCVI or SCANVI"):
        load_scvi(tmp_path, as_cells(make_adata()), CPU)
    saved["attr_dict"]["registry_"]["model_name"] = "SCVI"
    del saved["model_state_dict"]["z_encoder.mean_encoder.weight"]
    torch.save(saved, tmp_path / "model.pt")
    with pytest.raises(InputError, match="scvi-tools refused it .*z_encoder.mean_encoder"):
        load_scvi(tmp_path, as_cells(make_adata()), CPU)


def test_categories_that_were_numbers_are_recognised(tmp_path):
    adata = make_adata()
    adata.obs["donor"] = np.arange(120) % 3
    theirs = train(tmp_path, adata=adata, setup={"batch_key": "donor"}, encode_covariates=True)
    assert np.allclose(embed(tmp_path, as_cells(adata)), theirs, atol=1e-5)
    named = replace(as_cells(adata), source="named")
    assert load_scvi(tmp_path, named, CPU).covariates[:4, 0].tolist() == [0, 1, 2, 0]
