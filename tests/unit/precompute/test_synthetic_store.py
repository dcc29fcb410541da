"""The synthetic store: whole, the same for a seed, counted from its own activations, and honest."""

import errno
import json
import os

import numpy as np
import pytest

from precompute.cli import main
from precompute.errors import InputError
from precompute.grid import order_by_morton
from precompute.synthetic.big_store import StoreDesign, write_synthetic_store
from precompute.synthetic.big_store.contrast import adjust, rank_correlation
from precompute.synthetic.big_store.tables import membership, overrepresentation_table
from scconcepts_app.library import Library
from scconcepts_app.server import create_app
from scconcepts_app.settings import Settings
from scconcepts_app.store import verify_store
from scconcepts_app.store.payload import decode_payload
from scconcepts_app.store.writer import StoreWriter

DESIGN = StoreDesign(n_cells=3000, n_concepts=40, n_genes=120, k=6, seed=3)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_synthetic_store(DESIGN, tmp_path_factory.mktemp("synthetic") / "s.store")


@pytest.fixture(scope="module")
def store(path):
    return verify_store(path)


def read(store, *names):
    return [np.asarray(store.array(name)) for name in names]


def test_it_is_whole_and_has_everything_that_the_app_shows(store):
    manifest = store.manifest
    assert (store.n_cells, store.n_concepts, store.n_genes) == (3000, 40, 120)
    keys = ["neighbours", "random_matched"]
    for infos in ("attributions", "faithfulness", "cell_effects", "set_swaps"):
        assert [info.key for info in getattr(manifest, infos)] == keys
    assert [info.key for info in manifest.differentials] == ["inactive", "matched"]
    assert len(manifest.enrichments) == 3
    assert {column.role for column in manifest.obs} == {"cell_type", "donor", "condition", "qc"}


def test_it_says_that_it_is_synthetic(store):
    assert store.manifest.title.startswith("SYNTHETIC")
    assert store.manifest.description.startswith("SYNTHETIC: nothing here is biology.")
    assert all(name.startswith("SYNTHETIC") for name in store.strings("gene_sets/name"))


def test_activations_are_the_k_highest_of_the_dictionary(store):
    embeddings, encoder, bias, center, scale, concept, value = read(
        store,
        "embeddings",
        "dictionary/encoder",
        "dictionary/encoder_bias",
        "dictionary/center",
        "dictionary/scale",
        "activations/by_cell/concept",
        "activations/by_cell/value",
    )
    before = (embeddings.astype(float) - center) / scale @ encoder.T.astype(float) + bias
    highest = np.sort(np.maximum(before, 0), axis=1)[:, ::-1][:, : DESIGN.k]
    np.testing.assert_allclose(value, highest, atol=1e-5)
    cell, place = np.nonzero(concept >= 0)
    found = before[cell, concept[cell, place]]
    np.testing.assert_allclose(value[cell, place], found, atol=1e-5)


def test_rows_by_concept_and_payloads_are_the_same_activations(store):
    concept, value = read(store, "activations/by_cell/concept", "activations/by_cell/value")
    for number in range(store.n_concepts):
        expected = {
            int(cell): float(value[cell, place])
            for cell, place in zip(*np.nonzero(concept == number), strict=True)
        }
        rows = store.activations.rows(number)
        assert dict(zip(rows["cell"].tolist(), rows["value"].tolist(), strict=True)) == expected
        assert (np.diff(rows["value"]) <= 0).all()
        cells, levels = decode_payload(store.payload("activations", number))
        assert cells.tolist() == sorted(expected)
        step = max(expected.values(), default=0) / 255
        np.testing.assert_allclose(levels, [expected[c] for c in cells], atol=step)


def test_shares_are_counted_over_all_cells(store):
    levels, share, codes = read(
        store, "association/level", "association/share", "obs/cell_type/codes"
    )
    number = int(np.argmax(store.activations.counts()))
    of_types = levels[:, 0] == 0
    cells = store.activations.rows(number)["cell"]
    expected = np.bincount(codes[cells], minlength=24) / len(cells)
    np.testing.assert_allclose(share[number, of_types], expected, rtol=1e-6)


def test_cells_stand_in_morton_order(store):
    (grid,) = read(store, "maps/umap/quantised")
    assert order_by_morton(grid).tolist() == list(range(store.n_cells))


def test_sizes_of_concepts_have_a_long_tail(tmp_path):
    design = StoreDesign(n_cells=20_000, n_concepts=300, n_genes=100, seed=1)
    counts = verify_store(write_synthetic_store(design, tmp_path / "s.store")).activations.counts()
    share = np.sort(counts) / design.n_cells
    assert 0.004 < np.median(share) < 0.012
    assert share[-1] > 10 * np.median(share)


def test_what_moves_a_concept_by_presence_is_more_in_its_active_cells(store):
    table = store.attribution("neighbours").rows(int(np.argmax(store.activations.counts())))
    assert (np.diff(table["presence"]) <= 0).all()
    np.testing.assert_allclose(table["effect"], table["presence"] + table["absence"], atol=1e-6)
    assert table["presence"][0] > 0
    # Genes outside the model, the last 2 %, have no row.
    assert sorted(table["gene"].tolist()) == list(range(118))


def test_equal_seeds_give_equal_arrays(tmp_path, store):
    again = verify_store(write_synthetic_store(DESIGN, tmp_path / "again.store"))
    assert again.manifest.digest == store.manifest.digest
    other = StoreDesign(n_cells=3000, n_concepts=40, n_genes=120, k=6, seed=4)
    third = verify_store(write_synthetic_store(other, tmp_path / "other.store"))
    assert third.manifest.digest != store.manifest.digest


def test_the_app_shows_it(store, path, tmp_path):
    settings = Settings(annotations_url=f"sqlite:///{tmp_path / 'l.db'}", cache_dir=tmp_path)
    library = Library.open([path])
    client = create_app(library, settings).server.test_client()
    entry = library.default
    base = f"/api/{entry.key}/{entry.digest}"
    assert client.get("/readyz").status_code == 200
    answer = client.get(f"{base}/activations/c0001")
    assert answer.data == store.payload("activations", 0).tobytes()
    assert len(client.get(f"{base}/obs/donor").data) == 3000
    lines = client.get(f"/export/{entry.key}/concepts.csv").text.splitlines()
    assert len(lines) == 41
    genes = client.get(f"/export/{entry.key}/concept/c0001/genes.csv").text.splitlines()
    assert len(genes) == 121


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cells", "0"], "n_cells is 0"),
        (["--cells", "-5"], "n_cells is -5"),
        (["--concepts", "3"], "n_concepts is 3"),
        (["--concepts", "20", "--k", "21"], "k is 21. Expected 1 to 20 (the concepts)"),
        (["--genes", "2"], "n_genes is 2"),
        (["--seed", "-1"], "seed is -1"),
    ],
)
def test_bad_sizes_are_refused_before_anything_is_written(tmp_path, capsys, arguments, words):
    target = tmp_path / "s.store"
    given = {"--cells": "300", "--concepts": "10", "--genes": "100", "--k": "4"}
    given |= dict(zip(arguments[::2], arguments[1::2], strict=True))
    flat = [text for pair in given.items() for text in pair]
    assert main(["synthetic", *flat, "--out", str(target)]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_exists_is_kept(tmp_path, capsys):
    (tmp_path / "s.store").mkdir()
    assert main(["synthetic", "--cells", "300", "--out", str(tmp_path / "s.store")]) == 2
    assert "already exists" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.store"]


def test_a_full_disk_leaves_nothing_behind(tmp_path, capsys, monkeypatch):
    added = []

    def fill(writer, name, array):
        added.append(name)
        if len(added) == 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return add(writer, name, array)

    add = StoreWriter.add
    monkeypatch.setattr(StoreWriter, "add", fill)
    arguments = ["--cells", "300", "--concepts", "10", "--genes", "100", "--k", "4"]
    assert main(["synthetic", *arguments, "--out", str(tmp_path / "s.store")]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_design_is_checked_wherever_it_is_made():
    with pytest.raises(InputError, match="n_cells is 1"):
        StoreDesign(n_cells=1)


def test_false_discovery_rates_by_hand():
    # Benjamini-Hochberg of .01, .02, .03 in four tests: .04, .04, .04; the NaN is no test.
    found = adjust(np.array([[0.02, 0.01, np.nan, 0.5, 0.03]]))
    np.testing.assert_allclose(found, [[0.04, 0.04, np.nan, 0.5, 0.04]])


def test_rank_correlation_by_hand():
    # Ranks 0 1 2 against 0 2 1: 1 - 6 * 2 / (3 * 8) = 0.5.
    found = rank_correlation(np.array([[1.0, 2, 3], [1, np.nan, 2]]), np.array([[1.0, 3, 2]] * 2))
    np.testing.assert_allclose(found, [0.5, np.nan])


def test_overrepresentation_counts_the_listed_genes_of_a_set():
    # 50 of 100 genes are listed; a set of 10 with all of them among the listed: fold 10 / 5 = 2.
    ranking = np.arange(100, 0, -1, dtype=np.float32)[None]
    members = membership([np.arange(10), np.arange(90, 100)], 100)
    table = overrepresentation_table(ranking, members, np.array([True]))
    assert table["gene_set"].tolist() == [0, 1]
    assert table["statistic"].tolist() == [2.0, 0.0]
    assert table["leading_gene"].tolist() == list(range(10))
    assert table["leading_offsets"].tolist() == [0, 10, 10]


def test_evidence_is_json(store):
    evidence = [json.loads(text) for text in store.strings("concepts/evidence")]
    assert len(evidence) == 40
    counts = store.activations.counts()
    assert all(item["genes"] for item, n in zip(evidence, counts, strict=True) if n > 0)
