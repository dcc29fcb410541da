"""The whole pipeline on token models and on a module: from cells to a store."""

import json
import pickle

import anndata as ad
import numpy as np
import pytest

from precompute.cli import main
from precompute.config import parse_config
from precompute.errors import InputError
from scconcepts_app.store import ConceptStore, verify_store
from tests.run_case import N_GENES, write_config, write_inputs
from tests.scgpt_case import write_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")
SMALL = {
    "attribution.max_cells": 3,
    "attribution.n_verify": 3,
    "attribution.set_swap_cells": 0,
    "dictionary.epochs": 5,
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = write_inputs(tmp_path_factory.mktemp("models"))
    names = ad.read_h5ad(folder / "cells.h5ad").var_names
    known = names[: N_GENES - 10]
    vocabulary = {"<pad>": 0, **{g: i + 1 for i, g in enumerate(known)}, "<cls>": len(known) + 1}
    write_checkpoint(folder / "scgpt", vocabulary, embsize=8, nheads=2, d_hid=8, nlayers=1)
    return folder


def run(folder, name, settings):
    config = write_config(folder, {**SMALL, **settings}, name)
    assert main(["run", str(config)]) == 0
    return verify_store(folder / f"{name}.store")


def record(folder, name, stage):
    path = folder / f"{name}.workspace" / stage / "stage.json"
    return json.loads(path.read_text())["record"]


def test_scgpt_from_cells_to_store(inputs, capsys):
    store = run(inputs, "scgpt", {"model.kind": "scgpt", "model.path": "scgpt"})
    assert isinstance(store, ConceptStore)
    model = record(inputs, "scgpt", "model")
    assert (model["name"], model["unit"], model["differentiable"]) == ("scgpt", "bin", "token_gate")
    in_model = np.array(store.array("genes/in_model"))
    assert in_model.sum() == store.manifest.counts["n_model_genes"] <= N_GENES - 10
    found = record(inputs, "scgpt", "attribution")["counterfactuals"]
    assert [(c["name"], c["method"]) for c in found] == [
        ("nearest", "gradient"),
        ("random_matched", "gradient"),
    ]
    # Genes that the model does not know are absent from its attribution.
    attributed = np.array(store.array("attribution/nearest/gene"))
    assert len(attributed) and in_model[attributed].all()


def test_a_module_from_cells_to_store(inputs):
    store = run(
        inputs, "module", {"model.kind": "module", "model.factory": "tests.run_case:make_module"}
    )
    assert record(inputs, "module", "model")["name"] == "module"
    assert store.manifest.counts["n_model_genes"] == N_GENES


def write_geneformer(folder, genes):
    transformers = pytest.importorskip(
        "transformers", reason="needs transformers, the extra geneformer"
    )
    tokens = {"<pad>": 0, "<mask>": 1, **{gene: i + 2 for i, gene in enumerate(genes)}}
    settings = transformers.BertConfig(
        vocab_size=len(tokens),
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=64,
        hidden_act="relu",
    )
    transformers.BertForMaskedLM(settings).save_pretrained(folder)
    (folder / "token_dictionary.pkl").write_bytes(pickle.dumps(tokens))
    medians = dict.fromkeys(genes, 1.5)
    (folder / "gene_median_dictionary.pkl").write_bytes(pickle.dumps(medians))


def test_geneformer_from_cells_to_attribution(inputs):
    names = ad.read_h5ad(inputs / "cells.h5ad").var_names
    write_geneformer(inputs / "geneformer", list(names[:-5]))
    settings = {"model.kind": "geneformer", "model.path": "geneformer"}
    settings["attribution.counterfactuals"] = ["nearest"]
    config = write_config(inputs, {**SMALL, **settings}, "geneformer")
    assert main(["attribution", str(config)]) == 0
    assert record(inputs, "geneformer", "model")["unit"] == "score"
    effect = np.load(inputs / "geneformer.workspace" / "attribution" / "nearest.effect.npy")
    assert effect.shape[1] <= N_GENES - 5
    assert (np.nan_to_num(effect) != 0).any()


@pytest.mark.parametrize(
    ("model", "attribution", "words"),
    [
        ({"kind": "scgpt"}, {}, "model.path"),
        ({"kind": "scgpt", "path": "x"}, {"method": "integrated_gradients"}, "no line to follow"),
        ({"kind": "module"}, {}, "either factory"),
        ({"kind": "module", "path": "x.pt", "factory": "a:b"}, {}, "either factory"),
        ({"kind": "scgpt", "path": "x", "ties": "first"}, {}, "model.ties"),
    ],
)
def test_settings_that_do_not_go_together(model, attribution, words):
    with pytest.raises(InputError, match=words):
        parse_config({"model": model, "attribution": attribution}, "here")


def test_what_is_usual_for_tokens_gives_way_to_what_is_said():
    raw = {"model": {"kind": "scgpt", "path": "x"}, "attribution": {"max_cells": 7}}
    settings = parse_config(raw, "here").attribution
    assert (settings.max_cells, settings.method, settings.n_verify) == (7, "gradient", 20)
    assert parse_config({}, "here").attribution.method == "integrated_gradients"
