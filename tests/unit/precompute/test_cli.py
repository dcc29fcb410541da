"""The command line: one clear message, status 2, and nothing left behind for a bad input."""

import json
import subprocess
import sys

import anndata as ad
import numpy as np
import pytest
import scipy.sparse as sp

from precompute.cli import STAGES, main, make_parser
from precompute.config import AttributionConfig
from precompute.demo import MAX_RESIDUE, load_pbmc68k, run_demo
from precompute.errors import InputError
from precompute.pipeline import STAGE_NAMES
from scconcepts_app.store.manifest import manifest_checksum
from tests.conftest import ROOT
from tests.run_case import EMBEDDING, SCVI, write_config


def refuse(capsys, *arguments) -> str:
    """Run a command that must fail with status 2, and return its one message."""
    assert main([str(a) for a in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.count("error: ") == 1
    return err.partition("error: ")[2]


def test_every_stage_has_a_command():
    assert tuple(STAGES) == STAGE_NAMES


def test_the_message_and_the_status_come_through_python_m(tmp_path):
    command = [sys.executable, "-m", "precompute", "run", str(tmp_path / "none.toml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {tmp_path / 'none.toml'}: cannot be read (No such file")
    assert done.stderr.count("\n") == 1


def test_verify_a_good_store(fixture_store, capsys):
    assert main(["verify", str(fixture_store)]) == 0
    assert capsys.readouterr().out.startswith(f"{fixture_store}: whole. 60 cells, 6 concepts")


def flip(store):
    path = store / "embeddings.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")


def cut(store):
    path = store / "embeddings.npy"
    path.write_bytes(path.read_bytes()[:-10])


def renumber(store):
    body = json.loads((store / "manifest.json").read_text())
    body["schema_version"] = 99
    body["checksum"] = manifest_checksum(body)
    (store / "manifest.json").write_text(json.dumps(body))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (flip, "embeddings.npy: sha256 is"),
        (cut, "embeddings.npy: holds 2,038 bytes, expected 2,048"),
        (lambda store: (store / "embeddings.npy").unlink(), "embeddings.npy: the manifest lists"),
        (renumber, "manifest.json: written in schema version 99"),
        (lambda store: (store / "manifest.json").unlink(), "holds no manifest.json"),
    ],
    ids=["flipped byte", "truncated", "missing", "schema version", "no manifest"],
)
def test_verify_a_damaged_store(damaged, capsys, damage, words):
    damage(damaged)
    assert words in refuse(capsys, "verify", damaged)


def edit_cells(change):
    def damage(folder):
        adata = ad.read_h5ad(folder / "cells.h5ad")
        changed = change(adata)
        (adata if changed is None else changed).write_h5ad(folder / "cells.h5ad")

    return damage


@edit_cells
def normalise(adata):
    adata.X = sp.csr_matrix(np.log1p(adata.X.toarray() / 3))


@edit_cells
def repeat_genes(adata):
    adata.var_names = ["gene_1", "gene_1", *adata.var_names[2:]]


@edit_cells
def put_nan(adata):
    adata.X.data[:3] = np.nan


@edit_cells
def put_negative(adata):
    adata.X.data[0] = -1


@edit_cells
def lose_batches(adata):
    adata.obs.loc[adata.obs_names[:4], "donor"] = None


def shorten(folder):
    content = (folder / "cells.h5ad").read_bytes()
    (folder / "cells.h5ad").write_bytes(content[: len(content) // 2])


def break_gmt(folder):
    (folder / "sets.gmt").write_text("programme 0 gene_1 gene_2\n")


def occupy(folder):
    (folder / "run.store").mkdir()


BAD_INPUTS = {
    "log-normalised": (normalise, {}, "cells.h5ad: no raw counts: X holds fractions"),
    "duplicate genes": (repeat_genes, {}, "1 of 100 gene names are duplicated (first: gene_1)"),
    "NaN": (put_nan, {}, "X holds 3 NaN"),
    "negative": (put_negative, {}, "X holds negative values (smallest -1)"),
    "no cells": (edit_cells(lambda a: a[:0].copy()), {}, "0 cells x 100 genes"),
    "obs column": (None, {"data.cell_type": "kind"}, "data.cell_type = 'kind' is no column"),
    "truncated": (shorten, {}, "cells.h5ad: cannot be read"),
    "no file": (None, {"data.path": "none.h5ad"}, "none.h5ad: no such file"),
    "no data": (None, {"data.path": ""}, "data.path: not given"),
    "no output": (None, {"out": ""}, "out: not given"),
    "malformed GMT": (break_gmt, {}, "line 1 ('programme 0 gene_1 gene_2'): no tab in it"),
    "no such GMT": (None, {"enrichment.gene_sets": ["no.gmt"]}, "no.gmt: cannot be read"),
    "foreign GMT": (None, {"enrichment.min_size": 100}, "the largest overlap of a set with the"),
    "unknown key": (None, {"model.layers": 3}, "unknown key 'model.layers'"),
    "several faults": (None, {"seed": "x", "colour": 1}, "2 fault(s)"),
    "output exists": (occupy, {}, "run.store: already exists"),
    "device": (None, {"device": "tpu"}, "device: found 'tpu'. Expected auto, cpu, cuda"),
    "batch column": (None, {"model.batch_key": "lane"}, "model.batch_key = 'lane' is no column"),
    "missing batches": (lose_batches, {}, "the model.batch_key, is missing in 4 cells"),
    "k above latents": (None, {"dictionary.k": 13}, "k = 13 with 12 latents"),
    "no obsm": (None, {**EMBEDDING, "model.obsm": "X_pca"}, "model.obsm = 'X_pca' is not in obsm"),
    "k above latents, embeddings": (None, {**EMBEDDING, "dictionary.k": 11}, "k = 11 with 10"),
    "no model": (None, {"model.path": "none"}, "none: no model.pt"),
    "map": (
        edit_cells(lambda a: a.obsm.update({"X_umap": np.full((160, 2), np.nan)})),
        EMBEDDING,
        "obsm['X_umap'] has NaN",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_a_bad_input_is_refused_and_leaves_nothing(case, capsys, name):
    damage, settings, words = BAD_INPUTS[name]
    config = write_config(case, {**SCVI, **settings})
    if damage:
        damage(case)
    before = sorted(case.rglob("*"))
    assert words in refuse(capsys, "run", config)
    assert sorted(case.rglob("*")) == before


def test_the_options_come_before_the_file(case, capsys):
    config = write_config(case, EMBEDDING)
    assert "device: found 'gpu'" in refuse(capsys, "run", config, "--device", "gpu")
    assert "no.h5ad: no such file" in refuse(capsys, "run", config, "--data", "no.h5ad")
    assert "no.gmt: cannot be read" in refuse(capsys, "run", config, "--gene-sets", "no.gmt")
    assert "already exists" in refuse(capsys, "run", config, "--out", case)


def test_the_default_of_the_command_is_that_of_the_config():
    options = make_parser().parse_args(["attribute", "run.store", "--out", "x.csv"])
    config = AttributionConfig()
    assert options.method == config.method
    assert options.counterfactual == config.counterfactuals[0]


def test_validate(inputs, tmp_path, capsys):
    assert main(["validate", str(inputs / "cells.h5ad")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("cells.h5ad: good. 158 cells x 100 genes")
    assert "note: 2 of 160 cells have no counts" in out
    (tmp_path / "bad.h5ad").write_text("")
    assert "bad.h5ad: cannot be read" in refuse(capsys, "validate", tmp_path / "bad.h5ad")


def test_the_demo_keeps_a_whole_store_and_refuses_a_damaged_one(fixture_store, damaged, capsys):
    demo = ("demo", "--keep", "--out")
    assert main([*demo, str(fixture_store)]) == 0
    assert capsys.readouterr().out.strip() == str(fixture_store)
    flip(damaged)
    assert "sha256" in refuse(capsys, *demo, damaged)
    assert "already exists" in refuse(capsys, "demo", "--out", fixture_store)


def test_the_counts_of_the_demo_are_recovered(monkeypatch):
    adata = load_pbmc68k()
    assert adata.shape == (700, 765) and adata.X.max() == 259
    values = adata.X.toarray()
    assert np.array_equal(values, np.rint(values)) and values.min() == 0
    assert np.all(values.sum(1) <= adata.obs["n_counts"])
    monkeypatch.setattr("precompute.demo.MAX_RESIDUE", MAX_RESIDUE / 1000)
    with pytest.raises(InputError, match="off a whole number"):
        run_demo("pbmc68k_reduced", None, None, "cpu", (), False)
