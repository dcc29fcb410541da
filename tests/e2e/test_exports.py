"""Results taken home through the browser, and read again by other people's programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scconcepts_app.settings import Settings
from scconcepts_app.slots import Slots

pytestmark = pytest.mark.e2e


@pytest.fixture
def head(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.page.click("#export-menu")
    visitor.page.wait_for_selector("#exports", state="visible")
    return visitor


def download(visitor, name: str, folder: Path) -> Path:
    with visitor.page.expect_download() as started:
        visitor.page.click(f"#exports [aria-label='{name}']")
    target = folder / started.value.suggested_filename
    started.value.save_as(target)
    return target


def test_gene_sets_are_read_again_by_gseapy(head, tmp_path, site):
    parser = pytest.importorskip("gseapy.parser")
    path = download(head, "gene sets (GMT), top, 25", tmp_path)
    assert path.name == "fixture-concepts-top25.gmt"
    sets = parser.read_gmt(str(path))
    assert sets["c0002"][:5] == ["IL7R", "LTB", "CD3D", "CD3E", "CCR7"]
    assert set(sets) == {f"c000{i}{side}" for i in range(1, 7) for side in ("", "_absence")}
    assert max(len(genes) for genes in sets.values()) <= 25
    rows = site.store.attribution("neighbours").rows(1)
    absent = rows["gene"][np.argsort(-rows["absence"])][:3]
    assert sets["c0002_absence"][:3] == [site.store.gene_symbols[g] for g in absent]


def test_a_refused_file_is_said_on_the_page(head, tmp_path, site):
    pytest.importorskip("anndata")
    slots = Slots(Settings(cache_dir=site.store.path.parent / "cache"))
    address = head.page.url
    with slots.take(), slots.take():
        head.page.click("#exports [aria-label='cells (h5ad), h5ad']")
        head.page.wait_for_selector(".sc-notice >> text=Busy: 2 of at most 2")
    assert head.page.url == address
    assert all("503" in complaint for complaint in head.complaints)
    head.complaints.clear()
    head.page.click("#export-menu")
    assert download(head, "cells (h5ad), h5ad", tmp_path).stat().st_size > 10_000


def test_cells_are_read_again_by_anndata(head, tmp_path, site):
    anndata = pytest.importorskip("anndata")
    found = anndata.read_h5ad(download(head, "cells (h5ad), h5ad", tmp_path))
    store = site.store
    assert found.shape == (300, 0)
    assert found.obs_names[7] == "CELL0007"
    assert found.obs["cell_type"].tolist()[0] == "B cell"
    dense = np.zeros((300, 6), np.float32)
    for concept in range(6):
        rows = store.activations.rows(concept)
        dense[rows["cell"], concept] = rows["value"]
    # A cell keeps its k highest activations; by concept all of them are listed.
    kept = found.obsm["X_concepts"].toarray()
    assert (kept[kept > 0] == dense[kept > 0]).all()
    assert (kept > 0).sum() == (np.asarray(store.array("activations/by_cell/concept")) >= 0).sum()
    assert found.obsm["X_umap"].shape == (300, 2)
    assert found.uns["concepts"].index.tolist() == store.concept_ids
    assert found.uns["concepts"]["proposed_label"].tolist()[1] == "CD4 T cell"
    assert found.uns["scconcepts"]["digest"] == store.manifest.digest


def test_concepts_by_genes_are_read_again_by_anndata(head, tmp_path, site):
    anndata = pytest.importorskip("anndata")
    found = anndata.read_h5ad(download(head, "concepts × genes (h5ad), h5ad", tmp_path))
    assert found.shape == (6, 60)
    rows = site.store.attribution("neighbours").rows(1)
    for name in ("effect", "presence", "absence"):
        layer = np.asarray(found.layers[name])
        assert layer[1, rows["gene"]] == pytest.approx(np.asarray(rows[name]))
        assert np.isnan(layer[:, ~found.var["in_model"].to_numpy()]).all()  # missing is not 0
    z = site.store.differential("inactive").rows(1)
    assert np.asarray(found.layers["z"])[1, z["gene"]] == pytest.approx(np.asarray(z["z"]))


def test_a_table_parted_by_tabs(head, tmp_path):
    path = download(head, "genes, TSV", tmp_path)
    lines = path.read_text().splitlines()
    assert lines[0].split("\t")[:3] == ["symbol", "gene_id", "in_model"]
    assert len(lines) == 61


def test_the_menu_is_used_by_keys_and_closes(head):
    page = head.page
    assert page.get_attribute("#export-menu", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "genes, TSV"
    page.keyboard.press("Escape")
    assert not page.is_visible("#exports")
    assert page.evaluate("document.activeElement.id") == "export-menu"
    page.click("#export-menu")
    page.click(".sc-concept-label")
    assert not page.is_visible("#exports")


def test_the_citation_carries_digest_and_permalink(visit, site):
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    visitor.open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.page.click("#export-menu")
    visitor.page.click("#exports >> text='Cite this'")
    visitor.page.wait_for_function(
        "() => document.getElementById('citation-text')?.textContent.includes('http')"
    )
    digest = site.store.manifest.digest
    text = visitor.text("#citation-text")
    assert f"sha256 {digest}" in text
    assert f"{site.url}/?store=fixture" in text
    visitor.page.click("[data-copies=citation-bibtex]")
    visitor.page.wait_for_selector("#citation-status >> text=Copied.")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"@misc{{scconcepts_{digest[:12]},")
    assert f"url = {{{site.url}/?store=fixture}}" in copied
