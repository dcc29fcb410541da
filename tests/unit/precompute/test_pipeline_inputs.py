"""Awkward inputs through all stages: each has an outcome that the store or the message states."""

import json
from functools import partial

import anndata as ad
import numpy as np
import pytest
import torch

from precompute.attribution.matched_cells import match_cells
from precompute.cli import main
from precompute.differential import wilcoxon_matched
from precompute.workspace import StageOutput
from scconcepts_app.store import ConceptStore, verify_store
from scconcepts_app.store.reader import MANIFEST
from scconcepts_app.store.schema import CONCEPT_FLAGS
from tests.run_case import EMPTY_CELLS, N_CELLS, SCVI, copy_stages, plant_activations, write_config

N_KEPT, N_CONCEPTS = N_CELLS - len(EMPTY_CELLS), 8
KEY = "neighbours"
NOBODY, LONELY, EVERYBODY, FEW, ONE_DONOR, HALF = range(6)
NOT_ATTRIBUTED = {
    NOBODY: "no cell activates it",
    LONELY: "only 1 cell activates it, an effect needs 2",
    EVERYBODY: "every cell activates it, so no cell is left to compare with",
    6: "no cell activates it",
    7: "no cell activates it",
}


def donors_of(folder) -> np.ndarray:
    adata = ad.read_h5ad(folder / "cells.h5ad")
    return np.delete(adata.obs["donor"].to_numpy(), EMPTY_CELLS)


@pytest.fixture(scope="module")
def planted(finished, tmp_path_factory) -> ConceptStore:
    """A store of concepts that hardly any cell activates, or all do."""
    folder = tmp_path_factory.mktemp("planted")
    for name in ("cells.h5ad", "sets.gmt"):
        (folder / name).write_bytes((finished.folder / name).read_bytes())
    copy_stages(finished.workspace, folder / "run.workspace", ["model", "dictionary"])
    active = np.zeros((N_KEPT, N_CONCEPTS), bool)
    active[7, LONELY] = True
    active[:, EVERYBODY] = True
    active[10:50:10, FEW] = True
    active[:, ONE_DONOR] = donors_of(folder) == "donor_1"
    active[::2, HALF] = True
    plant_activations(folder / "run.workspace", active)
    assert main(["run", str(write_config(folder, SCVI))]) == 0
    return verify_store(folder / "run.store")


def card(store, name):
    return store.array(f"faithfulness/{KEY}/{name}")


def test_concepts_of_no_one_or_all_cells_say_so(planted):
    reasons = list(planted.strings(f"faithfulness/{KEY}/reason"))
    details = planted.manifest.provenance["attribution"]["counterfactuals"]
    assert [d["not_attributed"] for d in details] == [
        {str(c): r for c, r in NOT_ATTRIBUTED.items()}
    ] * 2
    for concept, words in NOT_ATTRIBUTED.items():
        assert reasons[concept] == f"Not attributed: {words}."
        assert len(planted.attribution(KEY).rows(concept)["gene"]) == 0
        assert len(planted.set_swap(KEY).rows(concept)["gene_set"]) == 0
        assert (planted.array(f"cell_effects/{KEY}/cell")[concept] == -1).all()
        assert (planted.array(f"cell_effects/{KEY}/gene")[concept] == -1).all()
        assert (card(planted, "grade")[concept], card(planted, "held_out")[concept]) == (-1, -1)
        assert np.isnan(card(planted, "deletion")[concept]).all()
        for name in ("full_drop", "completeness", "rank_top", "share_top", "in_support"):
            assert np.isnan(card(planted, name)[concept]), name


def test_a_concept_of_few_cells_is_attributed_and_not_graded(planted):
    assert len(planted.attribution(KEY).rows(FEW)["gene"]) > 10
    cells = planted.array(f"cell_effects/{KEY}/cell")[FEW]
    assert (cells >= 0).sum() == 4 and (cells[4:] == -1).all()
    assert card(planted, "held_out")[FEW] == card(planted, "grade")[FEW] == -1
    assert card(planted, "n_cells")[FEW] == 0
    assert np.isfinite(card(planted, "full_drop")[FEW])
    reason = planted.strings(f"faithfulness/{KEY}/reason")[FEW]
    assert reason.startswith("Not graded, as there is no figure")


def test_a_concept_of_one_donor_holds_out_cells(planted):
    assert card(planted, "held_out")[[ONE_DONOR, HALF]].tolist() == [1, 0]
    assert np.isnan(card(planted, "split_donors")[ONE_DONOR])
    assert np.isfinite(card(planted, "split_cells")[ONE_DONOR])
    # Its errors are of cells, those of the other of donors.
    details = planted.manifest.provenance["attribution"]["counterfactuals"][0]
    assert details["bootstrap_units"] == ["cell", "donor"]
    # No cell of its donor is left to be compared with.
    assert card(planted, "match_rate")[ONE_DONOR] == 0


def test_flags_of_planted_concepts(planted):
    unfaithful = planted.array("concepts/flags") >> CONCEPT_FLAGS.index("unfaithful") & 1
    assert np.array_equal(unfaithful, card(planted, "grade") == 3)
    assert not unfaithful[list(NOT_ATTRIBUTED)].any()


def test_one_donor_zero_genes_and_missing_labels(case):
    """All at once: genes without counts, one donor, cell types matched but not all known."""
    adata = ad.read_h5ad(case / "cells.h5ad")
    counts = adata.X.tolil()
    counts[:, :5] = 0
    adata.X = counts.tocsr()
    adata.obs["donor"] = "only"
    adata.obs["cell_type"] = adata.obs["cell_type"].astype(object)
    adata.obs.loc[adata.obs_names[::3], "cell_type"] = None
    adata.write_h5ad(case / "cells.h5ad")
    match = {"attribution.match": ["donor", "cell_type"], "model.batch_key": ""}
    few = {"attribution.counterfactuals": ["nearest"], "attribution.set_swap_cells": 0}
    settings = {**SCVI, **match, **few}
    assert main(["run", str(write_config(case, settings))]) == 0
    store = verify_store(case / "run.store")
    (details,) = store.manifest.provenance["attribution"]["counterfactuals"]
    assert details["bootstrap_units"] == ["cell"]
    shares = details["matched_on"]
    assert list(shares) == ["cells of any kind", "donor", "donor and cell_type"]
    assert shares["cells of any kind"] == 0 and shares["donor"] > 0.2
    assert shares["donor and cell_type"] > 0.2
    # A third of the cells have no type, and so no more than two thirds can agree in it.
    assert np.mean(store.array("faithfulness/nearest/match_rate")) < 0.85
    assert set(store.array("faithfulness/nearest/held_out")) == {1}
    assert np.isnan(store.array("faithfulness/nearest/split_donors")).all()
    assert store.manifest.set_swaps == []
    assert not [name for name in store.manifest.arrays if name.startswith("set_swap/")]
    for concept in range(store.n_concepts):
        rows = store.attribution("nearest").rows(concept)
        assert rows["gene"].min() >= 5 and np.isfinite(rows["effect"]).all()
        assert np.isfinite(rows["standard_error"]).all()


def test_nothing_to_match_on(finished, case):
    copy_stages(finished.workspace, case / "run.workspace", ["model", "dictionary"])
    settings = {**SCVI, "attribution.match": []}
    assert main(["attribution", str(write_config(case, settings))]) == 0
    output = StageOutput(case / "run.workspace" / "attribution")
    assert np.isnan(output.array(f"{KEY}.match_rate")).all()
    assert output.record["counterfactuals"][0]["matched_on"] == {"cells of any kind": 1.0}


def test_more_cells_than_are_compared_with_their_neighbours(finished, case, monkeypatch):
    """Each concept is cut to 12 cells, spread over donors, and their 30 neighbours at most."""
    copy_stages(finished.workspace, case / "run.workspace", ["model", "dictionary"])
    few = partial(match_cells, max_cells=12)
    monkeypatch.setattr("precompute.stages.genes.match_cells", few)
    groups = []
    test = "precompute.stages.genes.wilcoxon_matched"
    monkeypatch.setattr(test, lambda v, found: groups.extend(found) or wilcoxon_matched(v, found))
    assert main(["differential", str(write_config(case, SCVI))]) == 0
    donors = donors_of(case)
    indices = np.load(case / "run.workspace" / "dictionary" / "indices.npy")
    for concept, (active, matched) in enumerate(groups):
        assert len(active) == 12 and set(np.unique(donors[active], return_counts=True)[1]) == {3}
        assert (indices[active] == concept).any(axis=1).all()
        assert not (indices[matched] == concept).any()
    computed = StageOutput(case / "run.workspace" / "differential").array("matched.z")
    kept = StageOutput(finished.workspace / "differential").array("matched.z")
    assert not np.allclose(computed, kept)


def test_a_role_without_a_column_cannot_be_matched(finished, case, capsys):
    copy_stages(finished.workspace, case / "run.workspace", ["model", "dictionary"])
    config = write_config(case, {**SCVI, "attribution.match": ["donor", "tissue"]})
    assert main(["run", str(config)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: cells.h5ad: attribution.match names 'tissue', which no column")
    assert "data.tissue" in error
    assert not (case / "run.workspace" / "attribution").exists()


def test_a_role_without_a_column_is_refused_before_anything_is_computed(case):
    config = write_config(case, {**SCVI, "attribution.match": ["tissue"]})
    assert main(["model", str(config)]) == 2


@pytest.fixture
def broken(finished, case):
    """A finished model that returns NaN."""
    copy_stages(finished.workspace, case / "run.workspace", ["model", "dictionary"])
    path = case / "run.workspace" / "model" / "scvi" / "model.pt"
    saved = torch.load(path, weights_only=False)
    saved["model_state_dict"]["z_encoder.mean_encoder.bias"][2] = torch.nan
    torch.save(saved, path)
    return write_config(case, SCVI)


def test_a_model_that_returns_nan_is_refused(broken, capsys):
    assert main(["run", str(broken)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: model 'scvi': ")
    assert "embeddings hold NaN or infinity" in error
    left = {path.name for path in (broken.parent / "run.workspace").iterdir()}
    assert left == {".lock", "config.json", "model", "dictionary", "evaluation"}


@pytest.fixture
def all_silent(finished, case) -> ConceptStore:
    """A store in which no concept can be attributed."""
    copy_stages(finished.workspace, case / "run.workspace", ["model", "dictionary"])
    plant_activations(case / "run.workspace", np.zeros((N_KEPT, N_CONCEPTS), bool))
    assert main(["run", str(write_config(case, SCVI))]) == 0
    return verify_store(case / "run.store")


def test_no_concept_can_be_attributed(all_silent):
    assert (card(all_silent, "grade") == -1).all()
    details = all_silent.manifest.provenance["attribution"]["counterfactuals"][0]
    assert details["median_rank_agreement"] is None
    assert set(details["not_attributed"].values()) == {"no cell activates it"}


def test_the_manifest_is_json_that_a_browser_can_read(all_silent):
    def refuse(name):
        raise ValueError(name)

    json.loads((all_silent.path / MANIFEST).read_text(), parse_constant=refuse)
