"""A whole run: the store holds what the stages computed, cells in their new order."""

import json

import numpy as np
import pytest

from precompute.cells import Cells, load_cells, read_h5ad
from precompute.cli import main
from precompute.config import read_config
from precompute.grid import order_by_morton
from precompute.pipeline import STAGES
from precompute.workspace import StageOutput, digest_file
from scconcepts_app.store import ConceptStore, verify_store
from scconcepts_app.store.payload import decode_payload
from scconcepts_app.store.schema import CONCEPT_FLAGS
from tests.run_case import EMPTY_CELLS, N_CELLS, N_GENES, SCVI, copy_stages, write_config

STAGES_BUT_MAPS = [stage.name for stage in STAGES if stage.name != "maps"]


@pytest.fixture(scope="module")
def store(finished) -> ConceptStore:
    return verify_store(finished.store)


@pytest.fixture(scope="module")
def cells(finished) -> Cells:
    config = read_config(finished.config)
    return load_cells(read_h5ad(finished.folder / "cells.h5ad"), config.data, "cells.h5ad")


@pytest.fixture(scope="module")
def order(store, cells) -> np.ndarray:
    """Where the cells of the store stand among the cells that were kept."""
    return np.searchsorted(cells.source_rows, store.array("cells/source_row"))


@pytest.fixture
def stage(finished):
    return lambda name: StageOutput(finished.workspace / name)


def test_source_rows_lead_back_to_the_file(store, cells, order):
    rows = store.array("cells/source_row")
    assert sorted(rows) == [i for i in range(N_CELLS) if i not in EMPTY_CELLS]
    assert not np.array_equal(rows, np.sort(rows))
    assert list(store.strings("cells/id")) == [f"cell_{row}" for row in rows]
    assert np.array_equal(store.array("cells/library_size"), cells.library_size[order])


def test_cells_stand_in_morton_order(store):
    def code(x, y):
        return int("".join(b + a for a, b in zip(f"{x:016b}", f"{y:016b}", strict=True)), 2)

    codes = [code(x, y) for x, y in store.array("maps/umap/quantised").tolist()]
    assert codes == sorted(codes)


def test_model_outputs(store, stage, order):
    assert np.array_equal(store.array("embeddings"), stage("model").array("embeddings")[order])
    assert np.array_equal(store.array("maps/umap/xy"), stage("maps").array("umap")[order])


def test_what_became_no_concept_is_there_in_the_new_order_of_the_cells(store, stage, order):
    dictionary = stage("dictionary")
    offsets, cells, values = (
        np.array(dictionary.array(f"latents.{name}")) for name in ("offsets", "cell", "value")
    )
    assert store.n_latents == len(offsets) - 1 > 0
    n_members = sum(store.array("concepts/n_seeds"))
    settings = store.manifest.dictionary
    n_living = settings["n_seeds"] * settings["n_latents"] - sum(settings["dead_latents"])
    assert store.n_latents == n_living - n_members
    for latent in (0, store.n_latents - 1):
        span = slice(offsets[latent], offsets[latent + 1])
        found, strength = decode_payload(store.payload("latents", latent))
        assert sorted(order[found]) == sorted(cells[span])
        assert store.array("latents/n_active")[latent] == len(found)
        assert strength.max() == pytest.approx(values[span].max())
    assert store.latent_ids[0].startswith(f"s{settings['seeds'][0]}-")
    assert np.isfinite(store.array("latents/similarity")).all()


def test_stability_lies_in_its_interval_and_kin_are_concepts(store):
    low, high = (store.array(f"concepts/stability_{end}") for end in ("low", "high"))
    stability = store.array("concepts/stability")
    assert ((low <= stability) & (stability <= high)).all()
    parent = np.asarray(store.array("concepts/parent"))
    counts = store.activations.counts()
    has = np.flatnonzero(parent >= 0)
    assert (counts[parent[has]] >= 1.5 * counts[has]).all()


def test_the_first_map_of_several_orders_the_cells(finished, tmp_path):
    copy_stages(finished.workspace, tmp_path / "two.workspace", STAGES_BUT_MAPS)
    inputs = {
        "data.path": str(finished.folder / "cells.h5ad"),
        "enrichment.gene_sets": [str(finished.folder / "sets.gmt")],
    }
    make = {"maps.make": ["counts", "X_umap"]}
    assert main(["run", str(write_config(tmp_path, {**SCVI, **inputs, **make}, name="two"))]) == 0
    two = verify_store(tmp_path / "two.store")
    titles = {info.key: info.title for info in two.manifest.maps}
    assert list(titles) == ["counts", "umap"]
    assert titles["counts"] == "UMAP of the counts"
    for key in titles:
        found = np.load(tmp_path / "two.workspace" / "maps" / f"{key}.npy")
        rows = np.argsort(two.array("cells/source_row"))
        assert np.array_equal(two.array(f"maps/{key}/xy")[rows], found)
    grid = two.array("maps/counts/quantised")
    assert np.array_equal(order_by_morton(grid), np.arange(len(grid)))


def test_obs_columns(store, cells, order):
    assert len(store.manifest.obs) == len(cells.obs.columns) == 5
    for info, column in zip(store.manifest.obs, cells.obs.columns, strict=True):
        leaf = "values" if column.categories is None else "codes"
        assert (info.key, info.role, info.categories) == (
            column.key,
            column.role,
            column.categories or [],
        )
        assert np.array_equal(store.array(f"obs/{info.key}/{leaf}"), column.values[order])


def test_dictionary(store, stage):
    output = stage("dictionary")
    for name in ("encoder", "encoder_bias", "decoder", "center"):
        assert np.array_equal(store.array(f"dictionary/{name}"), output.array(name))
    assert store.array("dictionary/scale")[0] == np.float32(output.record["scale"])
    for name in ("stability", "n_seeds"):
        assert np.array_equal(store.array(f"concepts/{name}"), output.array(name))
    assert store.concept_ids == [f"c{i + 1:04d}" for i in range(output.record["n_concepts"])]


def test_activations_by_cell_by_concept_and_as_payload(store, stage, order):
    indices, values = (stage("dictionary").array(n)[order] for n in ("indices", "values"))
    assert np.array_equal(store.array("activations/by_cell/concept"), indices)
    assert np.array_equal(store.array("activations/by_cell/value"), values)
    for concept in range(store.n_concepts):
        cells, slots = np.nonzero(indices == concept)
        expected = dict(zip(cells.tolist(), values[cells, slots].tolist(), strict=True))
        rows = store.activations.rows(concept)
        assert dict(zip(rows["cell"].tolist(), rows["value"].tolist(), strict=True)) == expected
        assert np.all(np.diff(rows["value"]) <= 0)
        assert store.payload("activations", concept)[:4].view(np.uint32)[0] == len(expected)


def test_the_pre_activation_formula_of_the_format_gives_the_activations(store):
    """FORMAT.md: ((e - center) / scale) @ encoder^T + bias, its k largest above 0."""
    parts = {n: store.array(f"dictionary/{n}") for n in ("encoder", "encoder_bias", "center")}
    scaled = (store.array("embeddings") - parts["center"]) / store.array("dictionary/scale")
    pre = scaled @ parts["encoder"].T + parts["encoder_bias"]
    concept, value = (store.array(f"activations/by_cell/{n}") for n in ("concept", "value"))
    cells, slots = np.nonzero(concept >= 0)
    assert np.allclose(pre[cells, concept[cells, slots]], value[cells, slots], atol=1e-4)


def test_expression_is_log1p_of_counts_per_10000(store, cells, order):
    dense = cells.log_normalised().toarray()[order]
    for gene in (0, 17, N_GENES - 1):
        found, values = store.expression(gene)
        assert found.tolist() == np.flatnonzero(dense[:, gene]).tolist()
        largest = dense[:, gene].max(initial=0)
        assert np.all(np.abs(values - dense[found, gene]) <= largest / 255)


@pytest.mark.parametrize("family", ["attribution", "differential"])
def test_gene_tables(store, stage, cells, family):
    infos = getattr(store.manifest, f"{family}s")
    assert len(infos) == 2
    for info in infos:
        table = getattr(store, family)(info.key)
        lead = "presence" if family == "attribution" else "z"
        for concept in range(store.n_concepts):
            rows = table.rows(concept)
            position = np.searchsorted(cells.model_genes, rows["gene"])
            for column, found in rows.items():
                if column == "gene":
                    continue
                computed = stage(family).array(f"{info.key}.{column}")[concept][position]
                assert np.array_equal(found, computed.astype(found.dtype), equal_nan=True)
            assert np.all(np.diff(rows[lead]) <= 0)


def test_enrichment(store, stage, cells):
    keys = [info.key for info in store.manifest.enrichments]
    record = stage("enrichment").record
    expected = ["attribution", "presence", "absence", "differential", "matched"]
    assert record["rankings"] == expected
    assert keys == [
        *(f"prerank_{name}" for name in record["rankings"]),
        *(f"overrepresentation_{name}" for name in record["lists"]),
    ]
    for key in keys:
        output, table = stage("enrichment"), store.enrichment(key)
        for column in ("gene_set", "statistic", "p", "q", "size"):
            computed = output.array(f"{key}.{column}")
            assert np.array_equal(
                table.columns[column], computed.astype(table.columns[column].dtype)
            )
        bounds = output.array(f"{key}.leading_offsets")
        for row in (0, 3, len(bounds) - 2):
            leading = output.array(f"{key}.leading_gene")[bounds[row] : bounds[row + 1]]
            assert store.leading_genes(key, row).tolist() == cells.model_genes[leading].tolist()
    assert list(store.strings("gene_sets/name")) == [f"programme {p}" for p in range(5)]


def test_association_flags_and_labels(store, stage):
    for name in ("auroc", "f1", "share", "rank_correlation"):
        computed = stage("association").array(name).astype(np.float32)
        assert np.array_equal(store.array(f"association/{name}"), computed, equal_nan=True)
    for name in ("column", "code", "within", "design", "n_donors", "q"):
        computed = stage("association").array(f"tests.{name}")
        assert np.array_equal(store.array(f"association/tests/{name}"), computed, equal_nan=True)
    assert len(store.array("association/tests/column")) > len(store.manifest.obs)
    flags = store.array("concepts/flags")
    for bit, name in enumerate(CONCEPT_FLAGS):
        held = stage("naming").array(f"flag.{name}")
        assert np.array_equal((flags >> bit) & 1, held)
    record = stage("naming").record
    assert list(store.strings("concepts/label")) == record["labels"]
    assert [json.loads(text) for text in store.strings("concepts/evidence")] == record["evidence"]


def test_provenance_says_how_it_was_made(store, finished):
    provenance = store.manifest.provenance
    digest = digest_file(finished.folder / "cells.h5ad")
    assert provenance["inputs"]["cells"] == {"source": "cells.h5ad", "sha256": digest}
    assert provenance["config"]["model"]["n_latent"] == 6
    assert provenance["notices"] == ["2 of 160 cells have no counts and were left out."]
    assert {"numpy", "torch", "scvi-tools"} <= set(provenance["packages"])
    assert store.manifest.dictionary["seeds"] == [0, 1, 2]
    assert store.manifest.title == "Planted programmes"
    (library,) = provenance["gene_sets"]
    assert library["sha256"] == digest_file(finished.folder / "sets.gmt")
    assert (library["name"], library["n_gene_sets"], library["n_kept"]) == ("sets", 5, 5)
    assert library["found"] == {"symbol": library["n_genes"]}


def test_nothing_else_is_left_beside_the_store(finished):
    names = sorted(path.name for path in finished.folder.iterdir())
    assert names == ["cells.h5ad", "run.store", "run.toml", "run.workspace", "sets.gmt"]
    hidden = [path.name for path in finished.workspace.iterdir() if path.name.startswith(".")]
    assert hidden == [".lock"]
