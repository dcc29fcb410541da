"""The stage that counts what gene sets find by chance: what it stores, prints and leaves out."""

import json
import shutil

import numpy as np
import pytest

from precompute.cli import main
from precompute.stages.neurons import make_neurons
from precompute.stages.nulls import LEFT_OUT, NO_MODEL
from precompute.workspace import StageOutput
from scconcepts_app.store import verify_store
from scconcepts_app.store.errors import StoreError
from tests.run_case import EMBEDDING, write_config


@pytest.fixture(scope="module")
def store(finished):
    return verify_store(finished.store)


def test_every_gsea_has_its_nulls(store):
    assert [info.key for info in store.manifest.nulls] == [
        info.key for info in store.manifest.enrichments if info.test == "prerank"
    ]
    for info in store.manifest.nulls:
        assert (info.n_draws, info.q, len(info.kinds)) == (5, 0.05, 2)
        assert store.array(f"nulls/{info.key}/random").shape == (2, 5, store.n_concepts)
        shuffled = store.array(f"nulls/{info.key}/shuffled")
        assert bool(len(shuffled)) == (not info.reason)
        assert len(shuffled) == 0 or info.n_cells == store.n_cells
        n_neurons = min(store.n_concepts, 2 * store.manifest.counts["d_embedding"])
        assert store.array(f"nulls/{info.key}/neurons").shape == (n_neurons,)


def test_neurons_are_dimensions_up_and_down_in_their_standard_deviations():
    # Standard deviations 1, 3, 0 and 2: the widest first, the one that does not vary never.
    cells = np.array([[1, 5, 7, 2], [-1, -1, 7, 2], [1, 5, 7, -2], [-1, -1, 7, -2]], np.float32)
    neurons = make_neurons(cells, n_units=9, most_active=2)
    assert neurons.decoder.tolist() == [
        [0, 1, 0, 0],
        [0, -1, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 0, -1],
        [1, 0, 0, 0],
        [-1, 0, 0, 0],
    ]
    expected = [1, -1, 1, -1, 1, -1]  # the first cell is one deviation above every mean
    assert neurons.pre_activations(cells)[0] == pytest.approx(expected)
    assert neurons.activate(cells)[1].shape == (4, 2)
    assert make_neurons(cells, n_units=3, most_active=4).decoder.shape == (3, 4)


def test_neurons_can_be_left_out(finished, tmp_path):
    shutil.copytree(finished.workspace, tmp_path / "run.workspace")
    for name in ("cells.h5ad", "sets.gmt"):
        shutil.copy(finished.folder / name, tmp_path)
    text = finished.config.read_text() + "nulls.neurons = false\nnulls.cells = 0\n"
    (tmp_path / "run.toml").write_text(text)
    assert main(["run", str(tmp_path / "run.toml")]) == 0
    bare = verify_store(tmp_path / "run.store")
    assert len(bare.manifest.nulls) == 5
    assert all(bare.optional(f"nulls/{i.key}/neurons") is None for i in bare.manifest.nulls)


def test_what_was_found_is_what_the_store_lists(store):
    for info in store.manifest.nulls:
        table = store.enrichment(info.key)
        rows = [table.rows(concept) for concept in range(store.n_concepts)]
        expected = [int(((row["q"] < 0.05) & (row["statistic"] > 0)).sum()) for row in rows]
        assert store.array(f"nulls/{info.key}/found").tolist() == expected


def test_a_run_prints_shares_and_how_far_they_are_above_the_nulls(case, caplog):
    config = str(write_config(case, EMBEDDING))
    assert main(["nulls", config]) == 0
    assert "random sets of any genes" in caplog.text and "above)" in caplog.text
    record = StageOutput(case / "run.workspace" / "nulls").record
    # Without a model there is no attribution, and no cell can be embedded again.
    assert record["rankings"] == ["differential", "matched"]
    assert (record["reason"], record["n_cells"]) == (NO_MODEL, 0)


def test_either_null_can_be_left_out(case):
    settings = {**EMBEDDING, "nulls.draws": 0, "nulls.cells": 0, "nulls.neurons": False}
    assert main(["run", str(write_config(case, settings))]) == 0
    store = verify_store(case / "run.store")
    assert store.manifest.nulls == []
    shutil.rmtree(case / "run.store")
    settings = {**EMBEDDING, "nulls.draws": 2, "nulls.cells": 0}
    assert main(["run", str(write_config(case, settings))]) == 0
    (first, _) = verify_store(case / "run.store").manifest.nulls
    assert (first.n_draws, first.reason) == (2, LEFT_OUT)


def test_planted_sets_are_found_and_random_ones_are_not(case):
    """The embeddings are the activities of the programmes whose drivers are the gene sets."""
    settings = {**EMBEDDING, "nulls.draws": 40, "nulls.cells": 0}
    assert main(["nulls", str(write_config(case, settings))]) == 0
    output = StageOutput(case / "run.workspace" / "nulls")
    assert (output.array("differential.found") > 0).mean() > 0.5
    assert (output.array("differential.random")[0] > 0).mean() < 0.15


def test_a_store_whose_nulls_do_not_fit_is_refused(finished, tmp_path):
    from scconcepts_app.store.manifest import manifest_checksum

    shutil.copytree(finished.store, tmp_path / "bad.store")
    path = tmp_path / "bad.store" / "manifest.json"
    body = json.loads(path.read_text())
    body["nulls"][0]["n_draws"] = 7
    path.write_text(json.dumps({**body, "checksum": manifest_checksum(body)}))
    with pytest.raises(StoreError, match=r"random: has shape \(2, 5, \d+\), expected \(2, 7"):
        verify_store(tmp_path / "bad.store")


def test_a_store_without_nulls_opens(finished, tmp_path):
    from scconcepts_app.store.manifest import manifest_checksum

    shutil.copytree(finished.store, tmp_path / "old.store")
    path = tmp_path / "old.store" / "manifest.json"
    body = json.loads(path.read_text())
    del body["nulls"]
    path.write_text(json.dumps({**body, "checksum": manifest_checksum(body)}))
    assert verify_store(tmp_path / "old.store").manifest.nulls == []


def test_shuffled_cells_go_through_the_model(finished):
    output = StageOutput(finished.workspace / "nulls")
    reason = output.record["reason"]
    counts = [output.array(f"{name}.shuffled") for name in output.record["rankings"]]
    assert len({len(found) for found in counts}) == 1
    assert all(np.issubdtype(found.dtype, np.integer) for found in counts)
    assert reason == "" and output.record["n_cells"] == 158
