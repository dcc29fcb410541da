"""Runs that differ: a given model, genes of the model only, no obs columns, two at once."""

import anndata as ad
import numpy as np
import pytest
import torch

from precompute import pipeline
from precompute.cli import main
from precompute.dictionary import Settings, choose_size, offer_sizes
from precompute.workspace import StageOutput, Workspace
from scconcepts_app.store import ConceptStore, verify_store
from tests.run_case import EMBEDDING, write_config


def run(folder, settings, name="run") -> ConceptStore:
    assert main(["run", str(write_config(folder, settings, name))]) == 0
    return verify_store(folder / f"{name}.store")


def test_a_given_model_reads_its_own_genes(finished, case):
    """With n_top_genes = 40 the cells alone would give it 40 genes where it knows 100."""
    given = {"model.path": str(finished.workspace / "model" / "scvi"), "model.batch_key": "donor"}
    store = run(case, {**given, "data.n_top_genes": 40})
    trained = verify_store(finished.store)
    assert np.array_equal(store.array("embeddings"), trained.array("embeddings"))
    assert store.manifest.counts["n_model_genes"] == 100
    assert store.manifest.digest == trained.manifest.digest


def test_another_model_in_the_same_folder_is_noticed(finished, case, caplog):
    model = case / "model"
    model.mkdir()
    source = finished.workspace / "model" / "scvi" / "model.pt"
    (model / "model.pt").write_bytes(source.read_bytes())
    settings = {"model.path": "model", "model.batch_key": "donor"}
    assert main(["model", str(write_config(case, settings))]) == 0
    assert main(["model", str(write_config(case, settings))]) == 0
    assert "model         kept from an earlier run" in caplog.messages
    caplog.clear()
    saved = torch.load(source, weights_only=False)
    saved["model_state_dict"]["z_encoder.mean_encoder.bias"] += 1
    torch.save(saved, model / "model.pt")
    assert main(["model", str(write_config(case, settings))]) == 0
    assert not any("kept" in message for message in caplog.messages)


def top_genes(store: ConceptStore) -> list[list[tuple[str, float]]]:
    table = store.differential("inactive")
    return [
        [
            (store.gene_symbols[gene], z)
            for gene, z in zip(rows["gene"].tolist(), rows["z"].tolist(), strict=True)
        ]
        for rows in map(table.rows, range(store.n_concepts))
    ]


def test_a_store_of_the_models_genes_only_says_the_same_of_them(case):
    few = {**EMBEDDING, "data.n_top_genes": 40}
    everything = run(case, few, "all")
    (case / "all.workspace").rename(case / "model.workspace")
    models = run(case, {**few, "pack.expression": "model"}, "model")
    assert (everything.n_genes, models.n_genes) == (100, 40)
    in_model = everything.array("genes/in_model").astype(bool)
    assert models.gene_symbols == list(np.array(everything.gene_symbols)[in_model])
    assert models.array("genes/in_model").tolist() == [1] * 40
    assert top_genes(models) == top_genes(everything)
    for gene, symbol in list(enumerate(models.gene_symbols))[:5]:
        found = models.expression(gene)
        expected = everything.expression(everything.gene_symbols.index(symbol))
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_cells_without_any_obs_column(case):
    adata = ad.read_h5ad(case / "cells.h5ad")
    bare = ad.AnnData(adata.X, var=adata.var[[]], obsm=dict(adata.obsm))
    bare.write_h5ad(case / "cells.h5ad")
    nothing = {"data.cell_type": "", "data.condition": "", "data.donor": ""}
    store = run(case, {**EMBEDDING, **nothing})
    assert [column.key for column in store.manifest.obs] == ["library_size", "genes_detected"]
    assert store.array("association/f1").shape == (store.n_concepts, 0)


def test_missing_labels_are_missing_and_no_category(case):
    adata = ad.read_h5ad(case / "cells.h5ad")
    adata.obs["donor"] = adata.obs["donor"].cat.remove_categories("donor_1")
    adata.write_h5ad(case / "cells.h5ad")
    store = run(case, EMBEDDING)
    info = next(column for column in store.manifest.obs if column.key == "donor")
    codes = store.array("obs/donor/codes")
    assert info.categories == ["donor_0", "donor_2", "donor_3"]
    missing = adata.obs["donor"].isna().to_numpy()[store.array("cells/source_row")]
    assert np.array_equal(codes == -1, missing) and missing.any()


def test_the_size_is_chosen_where_none_is_given(case):
    settings = {"dictionary.k": 2, "dictionary.epochs": 40, "dictionary.keep_latents": False}
    config = write_config(case, {**EMBEDDING, **settings})
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if "expansion" not in line))
    assert main(["dictionary", str(config)]) == 0
    found = StageOutput(case / "run.workspace" / "dictionary")
    cells = np.array(StageOutput(case / "run.workspace" / "model").array("embeddings"))
    expected = choose_size(cells, Settings(2 * cells.shape[1], 2, 40))
    assert found.record["n_latents"] == expected
    assert expected in offer_sizes(cells.shape[1], 2, len(cells))
    assert found.record["min_seeds"] == 2
    assert not list((case / "run.workspace" / "dictionary").glob("latents*"))


def test_two_levels_of_concepts_reach_the_store(case):
    settings = {"dictionary.expansion": 1.0, "dictionary.detail": 3.0, "dictionary.min_share": 0.6}
    store = run(case, {**EMBEDDING, **settings})
    said, counts = store.manifest.dictionary, store.manifest.counts
    n_general, k = said["n_general"], said["k"]
    assert 0 < n_general < store.n_concepts
    assert counts["k"] == k + said["k_detail"]
    assert said["detail_latents"] == 3 * counts["d_embedding"]
    chosen = store.array("activations/by_cell/concept")
    general = (chosen >= 0) & (chosen < n_general)
    assert general.sum(axis=1).max() <= k
    assert (chosen >= n_general).sum(axis=1).max() <= said["k_detail"]
    assert general.any() and (chosen >= n_general).any()
    # Latents left over of both levels, told apart by their seeds.
    left = np.array(store.array("latents/seed"))
    assert {*left} <= {*said["seeds"], *(1000 + seed for seed in said["seeds"])}
    assert (left >= 1000).any()
    pairs = set(zip(left.tolist(), store.array("latents/index").tolist(), strict=True))
    assert len(pairs) == store.n_latents


def test_detail_no_finer_than_the_first_level_is_refused(case, capsys):
    settings = {"dictionary.expansion": 1.0, "dictionary.detail": 1.0}
    assert main(["dictionary", str(write_config(case, {**EMBEDDING, **settings}))]) == 2
    assert "dictionary.detail: found 1.0, expected above" in capsys.readouterr().err


def test_a_second_run_of_one_workspace_is_refused(case, capsys):
    config = write_config(case, EMBEDDING)
    with Workspace(case / "run.workspace") as other:
        other.begin("model")
        before = sorted(case.rglob("*"))
        assert main(["run", str(config)]) == 2
        assert "another run is using this workspace" in capsys.readouterr().err
        assert sorted(case.rglob("*")) == before


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "stopped; finished stages are kept"),
        (OSError(28, "No space left on device", "x.npy"), 2, "x.npy: No space left on device"),
    ],
)
def test_what_stops_a_run_from_outside(case, capsys, monkeypatch, error, status, words):
    def stop(*args, **kwargs):
        raise error

    monkeypatch.setattr(pipeline, "load_cells", stop)
    assert main(["run", str(write_config(case, EMBEDDING))]) == status
    assert words in capsys.readouterr().err
