"""Runs again: what is kept, what is computed anew, what a killed run leaves."""

import logging
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import anndata as ad
import numpy as np
import pytest

from precompute.cli import main
from precompute.config import read_config
from precompute.errors import InputError
from precompute.pipeline import CODE_VERSION, STAGES, open_finished
from scconcepts_app.store import verify_store
from scconcepts_app.store.reader import read_manifest
from scconcepts_app.store.schema import CONCEPT_FLAGS
from tests.conftest import ROOT
from tests.run_case import EMBEDDING, SCVI, copy_stages, write_config, write_inputs

ALL = {stage.name for stage in STAGES}
ATTRIBUTED = {"attribution", "faithfulness", "enrichment", "nulls", "set_swap", "naming"}


class Log(logging.Handler):
    """Which stages a run computed, and which it kept."""

    def __init__(self):
        super().__init__()
        self.kept, self.computed = set(), set()

    def emit(self, record):
        words = record.getMessage().split()
        if words[0] in ALL:
            (self.kept if "kept" in words else self.computed).add(words[0])


def run(config: Path, *options: str) -> Log:
    log, logger = Log(), logging.getLogger("precompute")
    logger.addHandler(log)
    try:
        assert main(["run", str(config), *options]) == 0
    finally:
        logger.removeHandler(log)
    return log


def digest(store: Path) -> str:
    return verify_store(store).manifest.digest


def hidden_in(folder: Path) -> list[str]:
    names = (path.name for path in folder.rglob(".*"))
    return sorted(name for name in names if name != ".lock")


def test_a_run_with_its_workspace_keeps_all_and_packs_the_same_store(finished, tmp_path):
    again = tmp_path / "again.store"
    workspace = tmp_path / "again.workspace"
    workspace.symlink_to(finished.workspace)
    log = run(finished.config, "--out", str(again))
    assert (log.kept, log.computed) == (ALL, set())
    assert digest(again) == digest(finished.store)


def test_a_finished_run_can_be_opened_for_analysis(finished):
    config = read_config(finished.config)
    assert set(open_finished(config, sorted(ALL)).outputs) == ALL
    opened = open_finished(config, ("model", "dictionary"))
    saved = np.load(finished.workspace / "model" / "embeddings.npy")
    assert np.array_equal(opened.embeddings, saved)
    again = opened.model.embed(opened.cells.model_counts(), opened.covariates)
    assert np.allclose(again, saved, atol=1e-5)


def test_a_run_of_other_settings_is_not_taken_for_this_one(finished):
    config = read_config(finished.config)
    other = replace(config, dictionary=replace(config.dictionary, epochs=11))
    with pytest.raises(InputError, match="no output of 'dictionary' for this config"):
        open_finished(other, ("model", "dictionary"))


def test_two_fresh_runs_with_one_seed_give_the_same_store(finished, case):
    log = run(write_config(case, SCVI))
    assert log.computed == ALL
    assert digest(case / "run.store") == digest(finished.store)
    # The digest is over all arrays: these too are equal to the last bit.
    families = {name.partition("/")[0] for name in read_manifest(case / "run.store").arrays}
    assert {"attribution", "faithfulness", "cell_effects", "set_swap"} <= families


@pytest.fixture(scope="module")
def embedded(tmp_path_factory) -> Path:
    """A finished run on embeddings that came with the cells."""
    folder = write_inputs(tmp_path_factory.mktemp("embedded"))
    run(write_config(folder, EMBEDDING))
    return folder


def test_without_a_model_there_is_no_attribution_and_a_reason(embedded):
    store = verify_store(embedded / "run.store")
    for family in ("attributions", "faithfulness", "cell_effects", "set_swaps"):
        assert getattr(store.manifest, family) == []
    flags = store.array("concepts/flags")
    assert not (flags >> CONCEPT_FLAGS.index("unfaithful") & 1).any()
    reason = store.manifest.provenance["attribution"]["refused"]
    assert reason.startswith("The embeddings came without their model")
    assert all(info.test == "prerank" for info in store.manifest.enrichments)
    assert [info.default for info in store.manifest.enrichments].count(True) == 1
    assert store.differential("inactive").counts().min() > 0


@pytest.mark.parametrize(
    ("changes", "computed"),
    [
        ({}, set()),
        ({"title": "Other", "description": "words"}, set()),
        ({"device": "cpu"}, set()),
        ({"pack.max_gene_sets": 2}, set()),
        ({"enrichment.n_top_genes": 20}, {"enrichment", "nulls", "set_swap", "naming"}),
        ({"attribution.max_cells": 10}, ATTRIBUTED),
        ({"attribution.method": "gradient"}, ATTRIBUTED),
        ({"attribution.match": []}, ATTRIBUTED | {"differential"}),
        ({"dictionary.k": 3}, ALL - {"model", "maps"}),
        ({"maps.make": ["model", "X_umap"]}, {"maps"}),
        ({"data.donor": ""}, ALL),
        ({"seed": 1}, ALL),
    ],
    ids=lambda value: next(iter(value), "nothing") if isinstance(value, dict) else "",
)
def test_a_changed_setting_computes_what_depends_on_it(embedded, tmp_path, changes, computed):
    copy_stages(embedded / "run.workspace", tmp_path / "other.workspace", ALL)
    config = write_config(embedded, {**EMBEDDING, **changes}, name="other")
    log = run(config, "--out", str(tmp_path / "other.store"))
    assert log.computed == computed
    assert log.kept == ALL - computed
    verify_store(tmp_path / "other.store")


def test_code_that_computes_something_else_keeps_nothing(embedded, tmp_path, monkeypatch):
    copy_stages(embedded / "run.workspace", tmp_path / "new.workspace", ALL)
    monkeypatch.setattr("precompute.pipeline.CODE_VERSION", CODE_VERSION + 1)
    config = write_config(embedded, EMBEDDING, name="new")
    log = run(config, "--out", str(tmp_path / "new.store"))
    assert log.computed == ALL
    assert digest(tmp_path / "new.store") == digest(embedded / "run.store")


def test_other_contents_of_the_gene_set_file_compute_the_enrichment_anew(case):
    config = write_config(case, EMBEDDING)
    run(config)
    lines = (case / "sets.gmt").read_text().splitlines()
    (case / "sets.gmt").write_text("\n".join(lines[::-1]) + "\n")
    log = run(config, "--out", str(case / "run"))  # the same workspace
    assert log.computed == {"enrichment", "nulls", "set_swap", "naming"}
    first, second = (scores_by_name(case / name) for name in ("run.store", "run"))
    assert list(first) == [f"programme {p}" for p in range(5)]
    assert np.allclose([first[name] - second[name] for name in first], 0, atol=0.3)
    assert np.ptp(list(first.values())) > 1


def scores_by_name(path: Path) -> dict[str, float]:
    """The NES of concept 0 for each gene set, by the name the store gives it."""
    store = verify_store(path)
    rows = store.enrichment("prerank_differential").rows(0)
    names = [store.strings("gene_sets/name")[row] for row in rows["gene_set"]]
    return dict(sorted(zip(names, rows["statistic"].tolist(), strict=True)))


def test_other_cells_compute_everything_anew(case):
    config = write_config(case, EMBEDDING)
    run(config)
    write_inputs(case)
    assert run(config, "--out", str(case / "run")).kept == ALL
    cells = ad.read_h5ad(case / "cells.h5ad")
    cells[:150].copy().write_h5ad(case / "cells.h5ad")
    log = run(write_config(case, EMBEDDING, name="less"), "--out", str(case / "run.workspace2"))
    assert log.computed == ALL


KILLED_IN = {
    "a stage": ("precompute.stages.genes", "BatchedPrerank", ".enrichment.writing"),
    "pack": ("scconcepts_app.store.writer", "_flush_folder", ".run.store.writing-"),
}


@pytest.mark.parametrize("moment", KILLED_IN)
def test_a_killed_run_goes_on_and_leaves_nothing(embedded, case, moment):
    module, function, leftover = KILLED_IN[moment]
    config = write_config(case, EMBEDDING)
    script = (
        f"import os, signal, sys, {module} as module\n"
        f"module.{function} = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from precompute.cli import main\n"
        "main(sys.argv[1:])"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, "run", str(config)], cwd=ROOT, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (case / "run.store").exists()
    assert any(name.startswith(leftover) for name in hidden_in(case))
    log = run(config)
    assert {"model", "dictionary"} <= log.kept
    assert ("enrichment" in log.kept) == (moment == "pack")
    assert hidden_in(case) == []
    assert digest(case / "run.store") == read_manifest(embedded / "run.store").digest


def test_a_stage_may_be_the_last(case, capsys):
    config = write_config(case, EMBEDDING)
    assert main(["dictionary", str(config)]) == 0
    assert capsys.readouterr().out.strip() == str(case / "run.workspace")
    done = {path.name for path in (case / "run.workspace").iterdir() if path.is_dir()}
    assert done == {"model", "dictionary"}
    assert run(config).kept == {"model", "dictionary"}
