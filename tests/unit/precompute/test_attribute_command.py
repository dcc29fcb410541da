"""`python -m precompute attribute`: any counterfactual and method of a finished run, as a table."""

import json
import shutil
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from precompute.attribution import COUNTERFACTUALS, METHODS
from precompute.cli import main
from precompute.rerun import open_run, read_used_config
from precompute.stages.attribution import make_run_setting
from scconcepts_app.store import ConceptStore
from scconcepts_app.store.reader import MANIFEST
from tests.run_case import copy_stages, plant_activations, write_config

COLUMNS = ["effect", "presence", "absence", "standard_error", "q", "share", "exact"]
FRONT = ["concept", "gene_id", "gene"]


def attribute(path: Path, out: Path, *options: str) -> int:
    return main(["attribute", str(path), "--out", str(out), *options])


def refuse(capsys, path: Path, out: Path, *options: str) -> str:
    """Run it where it must fail with one message, leaving nothing, and return the message."""
    before = sorted(out.parent.iterdir()) if out.parent.is_dir() else None
    assert attribute(path, out, *options) == 2
    printed, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if "%|" not in line and line.strip()]
    assert printed == "" and len(lines) == 1, err
    assert (sorted(out.parent.iterdir()) if out.parent.is_dir() else None) == before
    return lines[0].removeprefix("error: ")


@pytest.fixture(scope="module")
def table(finished, tmp_path_factory) -> pd.DataFrame:
    """What the command says without any option."""
    out = tmp_path_factory.mktemp("tables") / "table.csv"
    assert attribute(finished.store, out) == 0
    assert [path.name for path in out.parent.iterdir()] == ["table.csv"]
    return pd.read_csv(out)


def test_the_table_holds_the_numbers_of_the_store(finished, table):
    store = ConceptStore.open(finished.store)
    ids, symbols = list(store.strings("genes/id")), store.gene_symbols
    assert list(table) == [*FRONT, *COLUMNS]
    n_rows = 0
    for concept, name in enumerate(store.concept_ids):
        rows = table[table["concept"] == name]
        stored = pd.DataFrame(dict(store.attribution("neighbours").rows(concept)))
        stored = stored[stored["effect"] != 0].sort_values("effect", ascending=False)
        n_rows += len(stored)
        assert (np.diff(rows["effect"]) <= 0).all()
        order = stored.set_index([[ids[gene] for gene in stored["gene"]]])
        assert set(rows["gene_id"]) == set(order.index)
        order = order.loc[rows["gene_id"]]
        assert rows["gene"].tolist() == [symbols[gene] for gene in order["gene"]]
        for column in set(COLUMNS) - {"share"}:
            assert np.allclose(rows[column], order[column], rtol=1e-4, atol=1e-7, equal_nan=True), (
                column
            )
        assert rows["share"].sum() == pytest.approx(1, abs=1e-4)
    assert len(table) == n_rows


def test_the_workspace_says_the_same_as_the_store(finished, table, tmp_path, capsys):
    assert attribute(finished.workspace, tmp_path / "same.csv") == 0
    assert capsys.readouterr().out == f"{tmp_path / 'same.csv'}\n"
    assert pd.read_csv(tmp_path / "same.csv").equals(table)


@pytest.mark.parametrize(
    ("counterfactual", "method"),
    [
        ("random_matched", "integrated_gradients"),
        ("neighbours", "exact_swap"),
        ("zero", "gradient"),
        ("permuted", "exact_swap"),
        ("mean_inactive", "integrated_gradients"),
        ("nearest", "gradient"),
    ],
)
def test_every_name_gives_a_table_of_its_own(finished, table, tmp_path, counterfactual, method):
    out = tmp_path / "other.csv"
    options = ("--counterfactual", counterfactual, "--method", method)
    assert attribute(finished.workspace, out, *options) == 0
    other = pd.read_csv(out)
    assert list(other) == list(table)
    assert np.isfinite(other[["effect", "presence", "absence", "standard_error"]]).all(axis=None)
    assert not other["effect"].equals(table["effect"])
    store = ConceptStore.open(finished.store)
    if counterfactual == "random_matched":
        stored = np.sort(store.attribution(counterfactual).columns["effect"])
        stored = stored[stored != 0]
        assert np.allclose(np.sort(other["effect"]), stored, rtol=1e-4, atol=1e-7)
    if method == "exact_swap":  # the genes that were verified have the effect they were verified by
        verified = other.dropna(subset=["exact"])
        assert len(verified) == 10 * store.n_concepts
        assert np.allclose(verified["exact"], verified["effect"], rtol=1e-3, atol=1e-6)


def test_the_names_of_the_test_above_are_all_there_are():
    assert set(METHODS) == {"exact_swap", "gradient", "integrated_gradients"}
    kinds = {"neighbours", "nearest", "random_matched", "mean_inactive", "zero", "permuted"}
    assert set(COUNTERFACTUALS) == kinds


def test_no_expression_is_no_cell_that_this_model_knows(finished):
    from precompute.attribution import attribute_all

    run = open_run(finished.store, None, None)
    zero, neighbours = (
        attribute_all(make_run_setting(run, name)) for name in ("zero", "neighbours")
    )
    assert zero.in_support.max() < 0.5 < neighbours.in_support.min()
    assert (zero.distance > neighbours.distance).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ("--counterfactual", "donut"),
            "counterfactual: found 'donut'. Expected one of neighbours",
        ),
        (
            ("--method", "shap"),
            "attribution method: found 'shap'. Expected one of exact_swap, grad",
        ),
        (("--device", "abacus"), "device: found 'abacus'"),
    ],
)
def test_unknown_names(finished, tmp_path, capsys, options, words):
    assert words in refuse(capsys, finished.store, tmp_path / "x.csv", *options)


def test_a_folder_that_is_not_there_and_places_that_cannot_be_written(finished, tmp_path, capsys):
    out = tmp_path / "none" / "x.csv"
    assert refuse(capsys, finished.store, out).startswith(
        f"{out}: cannot be written (No such file or directory)."
    )
    (tmp_path / "folder").mkdir()
    assert "it is a folder" in refuse(capsys, finished.workspace, tmp_path / "folder")


def test_a_full_disk_leaves_the_old_table(finished, tmp_path, capsys, monkeypatch):
    out = tmp_path / "x.csv"
    out.write_text("old")
    to_csv = pd.DataFrame.to_csv

    def write_half(self, target, **options):
        to_csv(self.head(3), target, **options)
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(pd.DataFrame, "to_csv", write_half)
    assert "No space left on device" in refuse(capsys, finished.workspace, out)
    assert out.read_text() == "old"


def test_what_is_neither_a_store_nor_a_workspace(finished, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "none", tmp_path / "empty", finished.config):
        message = refuse(capsys, path, tmp_path / "x.csv")
        assert message.startswith(f"{path}: no manifest.json and no config.json")


@pytest.fixture
def moved(finished, case) -> Path:
    """A workspace of its own, with all that attribution needs."""
    copy_stages(finished.workspace, case / "run.workspace", ["model", "dictionary"])
    shutil.copy(finished.workspace / "config.json", case / "run.workspace" / "config.json")
    point_to(case / "run.workspace", case / "cells.h5ad")
    return case / "run.workspace"


def point_to(workspace: Path, data: Path) -> None:
    config = json.loads((workspace / "config.json").read_text())
    config["data"]["path"] = str(data)
    (workspace / "config.json").write_text(json.dumps(config))


def test_data_that_have_moved(moved, table, tmp_path, capsys):
    (tmp_path / "cells.h5ad").rename(tmp_path / "elsewhere.h5ad")
    message = refuse(capsys, moved, tmp_path / "x.csv")
    assert message.startswith(f"{tmp_path / 'cells.h5ad'}: no such file.")
    assert "--data" in message
    assert attribute(moved, tmp_path / "x.csv", "--data", str(tmp_path / "elsewhere.h5ad")) == 0
    assert pd.read_csv(tmp_path / "x.csv").equals(table)


def test_data_that_have_changed(moved, tmp_path, capsys):
    adata = ad.read_h5ad(tmp_path / "cells.h5ad")
    adata[:150].copy().write_h5ad(tmp_path / "cells.h5ad")
    message = refuse(capsys, moved, tmp_path / "x.csv")
    assert message.startswith(f"{moved}: no output of 'model' for this config.")


def test_a_workspace_that_is_gone_or_unfinished(finished, moved, tmp_path, capsys):
    alone = shutil.copytree(finished.store, tmp_path / "alone.store")
    message = refuse(capsys, alone, tmp_path / "x.csv")
    assert message.startswith(f"{tmp_path / 'alone.workspace'}: no output of 'model'")
    shutil.rmtree(moved / "dictionary")
    assert "no output of 'dictionary'" in refuse(capsys, moved, tmp_path / "x.csv")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"seed": "x"}', '{"colour": 1}'])
def test_a_damaged_record_of_the_config(moved, tmp_path, capsys, content):
    (moved / "config.json").write_text(content)
    assert attribute(moved, tmp_path / "x.csv") == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {moved}: ") and "Traceback" not in error
    assert not (tmp_path / "x.csv").exists()


def test_a_damaged_manifest(finished, tmp_path, capsys):
    store = shutil.copytree(finished.store, tmp_path / "damaged.store")
    body = (store / MANIFEST).read_text()
    (store / MANIFEST).write_text(body.replace('"n_latent": 6', '"n_latent": 7'))
    assert "was changed after it was written" in refuse(capsys, store, tmp_path / "x.csv")


def test_concepts_that_cannot_be_attributed_are_listed(moved, tmp_path, capsys):
    active = np.zeros((158, 8), bool)
    active[:, 1], active[::2, 2] = True, True
    plant_activations(moved, active)
    assert attribute(moved, tmp_path / "x.csv") == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'x.csv'}\n"
    assert "not attributed, concept 1: no cell activates it" in err
    assert "not attributed, concept 2: every cell activates it, so no cell is left" in err
    assert set(pd.read_csv(tmp_path / "x.csv")["concept"]) == {"c0003"}


def test_the_config_of_a_store_is_that_of_its_workspace(finished):
    assert read_used_config(finished.store) == read_used_config(finished.workspace)
    used = read_used_config(finished.store)
    assert (used.out, used.model.n_latent) == (str(finished.store), 6)
    assert used.data.path == str(finished.folder / "cells.h5ad")


def test_embeddings_without_a_model_cannot_be_attributed(case, tmp_path, capsys):
    settings = {"model.kind": "embedding", "model.obsm": "X_truth"}
    assert main(["dictionary", str(write_config(case, settings))]) == 0
    capsys.readouterr()
    message = refuse(capsys, case / "run.workspace", tmp_path / "x.csv")
    assert "only finished embeddings are at hand" in message


@pytest.mark.parametrize("kind", ["store", "workspace"])
def test_the_folder_one_is_in(finished, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(getattr(finished, kind))
    assert attribute(Path(), tmp_path / "x.csv") == 0


def test_gene_sets_that_have_moved_are_not_needed(moved, tmp_path):
    config = json.loads((moved / "config.json").read_text())
    config["enrichment"]["gene_sets"] = [str(tmp_path / "gone.gmt")]
    (moved / "config.json").write_text(json.dumps(config))
    assert attribute(moved, tmp_path / "x.csv") == 0
