"""The command ``embed``: models by name, rows in order, whole files or none."""

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.cells import load_cells
from precompute.cli import main
from precompute.config import DataConfig
from precompute.embed import parse_model
from precompute.errors import InputError
from precompute.models.scgpt import ScgptOptions, load_scgpt
from tests.scgpt_case import GENES, make_adata, make_cells, write_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embed")
    write_checkpoint(folder / "scgpt")
    adata = make_adata()
    adata.layers["halved"] = adata.X / 2
    adata.write_h5ad(folder / "cells.h5ad")
    return folder


def embed(folder, *options, model="scgpt:scgpt", data="cells.h5ad", out="found.npy"):
    kind, _, place = model.partition(":")
    place = place if ":" in place else str(folder / place)
    arguments = ["embed", str(folder / data), "--model", f"{kind}:{place}"]
    return main([*arguments, "--out", str(folder / out), *options])


def test_scgpt(folder, capsys):
    import torch

    assert embed(folder) == 0
    assert capsys.readouterr().out.strip().endswith("found.npy: 12 cells x 12")
    cells = make_cells()
    model = load_scgpt(folder / "scgpt", cells, ScgptOptions(), torch.device("cpu"))
    columns = [GENES.index(gene) for gene in model.genes]
    found = np.load(folder / "found.npy")
    assert found.dtype == np.float32
    assert np.array_equal(found, model.embed(cells.counts[:, columns], None, cells.cell_ids))
    first = (folder / "found.npy").read_bytes()
    assert embed(folder) == 0
    assert (folder / "found.npy").read_bytes() == first


def test_options_reach_the_model(folder):
    found = {}
    for name, options in {
        "plain": (),
        "small": ("--batch-size", "1"),
        "random": ("--ties", "random"),
        "again": ("--ties", "random"),
        "seed": ("--ties", "random", "--seed", "1"),
        "mean": ("--pooling", "mean"),
        "early": ("--hidden-layer", "1"),
        "halved": ("--layer", "halved"),
    }.items():
        assert embed(folder, *options, out=f"{name}.npy") == 0
        found[name] = np.load(folder / f"{name}.npy")
    assert np.abs(found["small"] - found["plain"]).max() <= 1e-6
    assert np.array_equal(found["random"], found["again"])
    # Bins are quantiles: half of all counts fall in the same ones.
    assert np.abs(found["halved"] - found["plain"]).max() <= 1e-6
    for name in ("random", "mean", "early"):
        assert not np.allclose(found[name], found["plain"], atol=1e-3)
    assert not np.allclose(found["seed"], found["random"], atol=1e-3)


def test_a_module_of_ones_own(folder):
    assert embed(folder, model="module:tests.own_models:good") == 0
    assert np.load(folder / "found.npy").shape == (12, 4)


@pytest.mark.parametrize(
    ("options", "change", "words"),
    [
        ({"model": "scgpt:"}, None, "error: "),
        ({"model": "bert:x"}, None, "expected"),
        ({"model": "scgpt:nothing"}, None, "no args.json"),
        ({"data": "nothing.h5ad"}, None, "no such file"),
        ({"out": "no/such/folder.npy"}, None, "cannot be written"),
        ({"out": "scgpt"}, None, "it is a folder"),
    ],
)
def test_faults_leave_no_file(folder, capsys, options, change, words):
    before = sorted(folder.rglob("*"))
    assert embed(folder, **{"out": "new.npy", **options}) == 2
    assert words.lower() in capsys.readouterr().err.lower()
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.uns.update({"_scvi_adata_minify_type": "latent_posterior"}), "minified"),
        (lambda a: a.X.__setitem__((0, 0), -1), "negative"),
        (lambda a: a.X.__setitem__((3, slice(None)), 0), "1 of 12 cells express no gene"),
        (lambda a: setattr(a, "var_names", [f"X{g}" for g in a.var_names]), "knows 0 of the 40"),
    ],
)
def test_cells_that_are_refused(folder, tmp_path, capsys, change, words):
    adata = make_adata()
    change(adata)
    adata.write_h5ad(tmp_path / "bad.h5ad")
    arguments = ["embed", str(tmp_path / "bad.h5ad"), "--model", f"scgpt:{folder / 'scgpt'}"]
    assert main([*arguments, "--out", str(tmp_path / "bad.npy")]) == 2
    assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.h5ad"]


def test_a_batch_of_no_cells(folder):
    assert embed(folder, "--batch-size", "0") == 2


def test_names_of_models():
    assert parse_model("scvi:a/b").path == "a/b"
    assert parse_model("module:package.part:make").factory == "package.part:make"
    assert parse_model("module:package.pt_models:make").factory == "package.pt_models:make"
    assert parse_model("module:folder/m.pt2").path == "folder/m.pt2"
    with pytest.raises(InputError, match="scgpt:FOLDER"):
        parse_model("scgpt")


def test_minified_cells_are_no_cells():
    adata = make_adata()
    adata.uns["_scvi_adata_minify_type"] = "latent_posterior_parameters"
    adata.X = sp.csr_matrix(adata.shape, dtype=np.float32)
    with pytest.raises(InputError, match="before minification"):
        load_cells(adata, DataConfig(), "here")
