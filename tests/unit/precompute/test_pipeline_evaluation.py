"""The stage that compares concepts with other units: what it stores, prints and refuses."""

import json

import numpy as np
import pytest

from precompute.cells import load_cells, read_h5ad
from precompute.cli import main
from precompute.config import read_config
from precompute.evaluation import divide, evaluate, make_folds
from precompute.stages.evaluation import choose_rows, divide_cells
from precompute.workspace import StageOutput
from scconcepts_app.store import verify_store
from scconcepts_app.store.schema import EVALUATION_MEASURES, OWN_UNITS, TRAINING
from tests.run_case import EMBEDDING, write_config


@pytest.fixture(scope="module")
def store(finished):
    return verify_store(finished.store)


def test_every_run_says_whether_its_concepts_earned_their_place(store, finished):
    (info,) = store.manifest.evaluations
    own, fewer, single, *linear = info.methods[:7]
    assert (own, fewer, single) == (*OWN_UNITS, "Single autoencoder")
    assert linear == ["Neurons", "PCA", "ICA", "NMF"] and info.methods[7:] == ["Whole embedding"]
    assert (info.held_out, info.n_cells) == ("donors", store.n_cells)
    n_units = store.array("evaluation/baselines/n_units")
    n, d_embedding = store.n_concepts, store.manifest.counts["d_embedding"]
    assert n > d_embedding and n_units.tolist() == [n, d_embedding, n, *[d_embedding] * 5]
    explained = store.array("evaluation/baselines/explained_variance")
    assert explained[0] == pytest.approx(store.manifest.dictionary["explained_variance"], abs=1e-5)
    assert explained[1] <= explained[0]
    assert explained[3:7].max() == pytest.approx(explained[4])  # PCA: no linear units explain more
    for name in EVALUATION_MEASURES:
        values = store.array(f"evaluation/baselines/{name}")
        assert np.nanmin(values) >= 0 and np.nanmax(values) <= 1
    assert np.isnan(store.array("evaluation/baselines/to_programmes")).all()


def test_the_whole_embedding_goes_through_the_probes_alone(store, finished):
    (info,) = store.manifest.evaluations
    assert info.methods[-1] == "Whole embedding"
    rows = {
        name: store.array(f"evaluation/baselines/{name}")[-1]
        for name in ("n_units", "f1", "auroc", "explained_variance", *EVALUATION_MEASURES)
    }
    embeddings = np.load(finished.workspace / "model" / "embeddings.npy")
    assert rows["n_units"] == embeddings.shape[1]
    assert all(np.isnan(rows[name]).all() for name in ("f1", "auroc", "explained_variance"))
    config = read_config(finished.config)
    cells = load_cells(read_h5ad(finished.folder / "cells.h5ad"), config.data, "cells.h5ad")
    divisions = divide_cells(cells.obs, np.arange(cells.n_cells))
    folds = make_folds(cells.n_cells, divisions, cells.obs.find_role("donor").values)
    expected = evaluate(embeddings, embeddings, None, divisions, folds)  # every unit a dimension
    for name in ("probe_auroc", "probe_accuracy"):
        assert rows[name] == pytest.approx(getattr(expected, name), abs=1e-4, nan_ok=True)


def test_the_concepts_of_the_store_are_what_was_evaluated(store, finished):
    config = read_config(finished.config)
    cells = load_cells(read_h5ad(finished.folder / "cells.h5ad"), config.data, "cells.h5ad")
    columns = {
        role: (cells.obs.find_role(role).values, cells.obs.find_role(role).categories)
        for role in ("cell_type", "condition")
    }
    divisions = divide(columns)
    (info,) = store.manifest.evaluations
    assert info.kinds == [division.kind for division in divisions]
    assert info.groups == [name for division in divisions for name in division.names]
    indices = np.load(finished.workspace / "dictionary" / "indices.npy")
    values = np.load(finished.workspace / "dictionary" / "values.npy")
    dense = np.zeros((cells.n_cells, store.n_concepts), np.float32)
    rows, slots = np.nonzero(indices >= 0)
    dense[rows, indices[rows, slots]] = values[rows, slots]
    folds = make_folds(cells.n_cells, divisions, cells.obs.find_role("donor").values)
    expected = evaluate(dense, dense, None, divisions, folds)
    for name in ("f1", "auroc", "probe_auroc", "probe_accuracy", "f1_error"):
        found = store.array(f"evaluation/baselines/{name}")[0]
        assert found == pytest.approx(getattr(expected, name), abs=1e-6, nan_ok=True)


def test_the_training_of_every_seed_is_kept(store):
    curves = store.array(TRAINING)
    assert curves.shape == (3, 10)  # seeds and epochs of the case
    assert (curves[:, -1] > curves[:, 0]).all()
    assert store.manifest.dictionary["learning_rate"] > 0


def test_baselines_can_be_left_out_and_a_sweep_brought_in(case, capsys):
    (case / "sweep").mkdir()
    settings = {**EMBEDDING, "evaluation.baselines": False, "evaluation.sweep": "sweep"}
    config = str(write_config(case, settings))
    assert main(["dictionary", config]) == 2
    assert "sweep.json: cannot be read (No such file" in capsys.readouterr().err
    options = ["--out", str(case / "sweep"), "--expansions", "2", "--ks", "2,3"]
    options += ["--variants", "topk", "--seeds", "2", "--epochs", "4"]
    swept = str(write_config(case, EMBEDDING, name="swept"))
    assert main(["sweep", swept, *options]) == 0
    assert main(["run", config]) == 0
    store = verify_store(case / "run.store")
    assert store.manifest.evaluations == []
    (info,) = store.manifest.sweeps
    kept = json.loads((case / "sweep" / "sweep.json").read_text())
    assert (info.chosen, info.reason) == (kept["chosen"], kept["reason"])
    assert store.array("sweep/sizes/k").tolist() == [2, 3]
    found = store.array("sweep/sizes/come_back")
    expected = [point["come_back"] for point in kept["points"]]
    assert found == pytest.approx(np.array(expected, float), nan_ok=True)


def test_true_programmes_are_compared_where_they_are_known(case, capsys, caplog):
    settings = {**EMBEDDING, "evaluation.programmes": "X_truth"}
    assert main(["evaluation", str(write_config(case, settings))]) == 0
    assert "Single autoencoder" in caplog.text  # the table of the run's report
    output = StageOutput(case / "run.workspace" / "evaluation")
    to = output.array("to_programmes")
    keys = [method["key"] for method in output.record["methods"]]
    assert to[keys.index("neurons")] == pytest.approx(1)  # the embeddings are the programmes
    assert np.isnan(to[keys.index("whole")])
    assert (to[:-1] > 0).all() and (to[:-1] <= 1 + 1e-6).all()
    settings["evaluation.programmes"] = "X_nothing"
    assert main(["evaluation", str(write_config(case, settings))]) == 2
    assert "evaluation.programmes = 'X_nothing' is not in obsm" in capsys.readouterr().err


def test_many_cells_are_sampled_and_it_is_said(case):
    settings = {**EMBEDDING, "evaluation.max_cells": 100}
    assert main(["evaluation", str(write_config(case, settings))]) == 0
    record = StageOutput(case / "run.workspace" / "evaluation").record
    assert (record["n_cells"], record["n_cells_in_all"]) == (100, 158)
    assert choose_rows(5, 10, 0).tolist() == [0, 1, 2, 3, 4]
    assert len(np.unique(choose_rows(1000, 10, 0))) == 10


def test_a_sweep_of_a_store_without_its_workspace_embeds_apart(case):
    """The workspace may be gone, and the store is never written over."""
    config = write_config(case, EMBEDDING)
    (case / "run.store").mkdir()
    options = ["--out", str(case / "sweep"), "--expansions", "2", "--ks", "2"]
    options += ["--variants", "topk", "--seeds", "2", "--epochs", "2"]
    for _ in range(2):
        assert main(["sweep", str(config), *options]) == 0
    assert (case / "sweep" / "embedded.workspace" / "model").is_dir()
    assert not (case / "run.workspace").exists()
    assert not any((case / "run.store").iterdir())
