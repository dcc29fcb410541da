"""AnnData files: what is in them, what is left behind, and what is said without the package."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.h5ad import write_cells, write_concepts
from scconcepts_app.store import ConceptStore
from scconcepts_app.views.concepts import list_concepts
from tests.conftest import ROOT
from tests.unit.app.conftest import with_arrays

anndata = pytest.importorskip("anndata")


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def fetch(client, path: str, folder: Path):
    answer = client.get(f"/export/fixture/{path}")
    assert answer.status_code == 200, answer.json
    target = folder.parent / "read.h5ad"
    target.write_bytes(answer.data)
    answer.close()
    return anndata.read_h5ad(target)


def test_cells_carry_experts_labels_and_leave_no_file(client, temporary, store, settings):
    service = AnnotationService(settings.annotations_url)
    service.save(store.manifest.digest, "c0002", "Naive T", "", "Ada")
    found = fetch(client, "cells.h5ad", temporary)
    assert found.uns["concepts"].loc["c0002", "label"] == "Naive T"
    assert found.uns["concepts"].loc["c0002", "label_author"] == "Ada"
    assert list(temporary.iterdir()) == []
    assert found.obsm["X_concepts"].format == "csr"
    assert found.obsm["X_concepts"].has_sorted_indices
    assert found.obs["percent_mito"].to_numpy() == pytest.approx(
        np.asarray(store.array("obs/percent_mito/values"))
    )
    assert found.obs["donor"].cat.categories.tolist() == ["D1", "D2", "D3", "D4"]


def test_other_layers_can_be_asked_for(client, temporary, store):
    path = "concepts.h5ad?attribution=random_matched&differential=matched"
    found = fetch(client, path, temporary)
    rows = store.attribution("random_matched").rows(3)
    layer = np.asarray(found.layers["effect"])
    assert layer[3, rows["gene"]] == pytest.approx(np.asarray(rows["effect"]))
    assert found.uns["scconcepts"]["attribution"] == "random_matched"
    assert found.uns["scconcepts"]["differential"] == "matched"
    q = store.differential("matched").rows(3)
    assert np.asarray(found.layers["differential_q"])[3, q["gene"]] == pytest.approx(
        np.asarray(q["q"]), rel=1e-5
    )


@pytest.mark.parametrize("query", ["attribution=zzz", "differential=../x"])
def test_unknown_layers_are_404(client, query):
    assert client.get(f"/export/fixture/concepts.h5ad?{query}").status_code == 404


def test_what_concepts_are_part_of_and_how_stable_they_are(store, tmp_path):
    path = tmp_path / "concepts.h5ad"
    write_concepts(path, store, list_concepts(store), "neighbours", "inactive")
    found = anndata.read_h5ad(path).obs
    assert found["stability_low"].to_numpy() == pytest.approx(store.array("concepts/stability_low"))
    child = int(np.flatnonzero(store.array("concepts/parent") >= 0)[0])
    assert found["part_of"].iloc[child] == store.concept_ids[store.array("concepts/parent")[child]]
    # A store of an older version has neither.
    archived = ConceptStore.open(ROOT / "tests/data/stores/v2")
    write_concepts(path, archived, list_concepts(archived), "", "")
    found = anndata.read_h5ad(path).obs
    assert found["stability_low"].isna().all() and set(found["part_of"]) == {""}


def test_a_store_without_attribution(plain_store, tmp_path):
    path = tmp_path / "plain.h5ad"
    write_concepts(path, plain_store, list_concepts(plain_store), "", "")
    found = anndata.read_h5ad(path)
    assert "effect" not in found.layers
    assert "z" in found.layers


def test_the_smallest_p_is_not_0(store, tmp_path):
    p = np.array(store.array("differential/inactive/p"))
    p[0] = 1e-200
    variant = with_arrays(store, {"differential/inactive/p": p})
    path = tmp_path / "concepts.h5ad"
    write_concepts(path, variant, list_concepts(variant), "neighbours", "inactive")
    gene = variant.differential("inactive").rows(0)["gene"][0]
    found = anndata.read_h5ad(path)
    assert np.asarray(found.layers["differential_p"])[0, gene] == pytest.approx(1e-200)
    assert found.layers["effect"].dtype == np.float32


def test_a_map_called_concepts_leaves_the_activations_alone(store, tmp_path):
    info = replace(store.manifest.maps[0], key="concepts")
    variant = ConceptStore(store.path, replace(store.manifest, maps=[info]))
    variant._maps = {**store._maps, "maps/concepts/xy": store.array("maps/umap/xy")}
    path = tmp_path / "cells.h5ad"
    write_cells(path, variant, list_concepts(variant))
    found = anndata.read_h5ad(path)
    assert found.obsm["X_concepts"].shape == (300, 6)
    assert found.obsm["X_concepts_map"] == pytest.approx(np.asarray(store.array("maps/umap/xy")))


def test_missing_categories_stay_missing(store, tmp_path):
    codes = np.array(store.array("obs/donor/codes"))
    codes[:3] = -1
    path = tmp_path / "cells.h5ad"
    variant = with_arrays(store, {"obs/donor/codes": codes})
    write_cells(path, variant, list_concepts(store))
    assert anndata.read_h5ad(path).obs["donor"].isna().sum() == 3


def test_without_the_package_it_says_what_to_install(client, monkeypatch):
    monkeypatch.setattr("scconcepts_app.api.h5ad.find_spec", lambda _: None)
    for path in ("cells.h5ad", "concepts.h5ad"):
        answer = client.get(f"/export/fixture/{path}")
        assert answer.status_code == 501
        assert "pip install 'scconcepts[h5ad]'" in answer.json["error"]


def test_a_full_disk_is_said_and_leaves_no_file(client, temporary, monkeypatch):
    def fail(path, *_):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scconcepts_app.api.h5ad.write_cells", fail)
    answer = client.get("/export/fixture/cells.h5ad")
    assert answer.status_code == 507
    assert "No space left on device" in answer.json["error"]
    assert list(temporary.iterdir()) == []
