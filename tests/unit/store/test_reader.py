"""Opening a store: what it hands out, and one error class for each kind of damage."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from scconcepts_app.store import ConceptStore, StoreError
from scconcepts_app.store.errors import (
    ChecksumError,
    InvalidManifestError,
    MissingArrayError,
    NotAStoreError,
    SchemaVersionError,
    TruncatedArrayError,
)
from scconcepts_app.store.manifest import content_digest, manifest_checksum

STABILITY = "concepts/stability.npy"


def edit_manifest(folder, change, *, sign: bool) -> None:
    """Change manifest.json; `sign` gives it the digest and checksum that fit the change."""
    path = folder / "manifest.json"
    body = json.loads(path.read_text())
    change(body)
    if sign:
        infos = {name: SimpleNamespace(**info) for name, info in body["arrays"].items()}
        body["digest"] = content_digest(infos)
        body["checksum"] = manifest_checksum(body)
    path.write_text(json.dumps(body))


def test_columns_and_arrays(fixture_store):
    store = ConceptStore.open(str(fixture_store))
    assert (store.n_cells, store.n_genes, store.n_concepts) == (60, 60, 6)
    assert store.concept_ids == [f"c000{i}" for i in range(1, 7)]
    assert store.gene_symbols[:2] == ["CD79A", "MS4A1"]
    assert store.find_concept("c0003") == 2
    assert store.find_concept("c9999") is None
    assert store.strings("concepts/label")[5] == "Interferon response"
    assert store.attribution("neighbours").rows(0)["gene"][:5].tolist() == [0, 1, 2, 3, 4]
    assert store.enrichment("prerank_presence").rows(3)["gene_set"][0] == 3
    # Row 7 of this table is concept 1's second set, set 0, whose first four genes lead.
    assert store.leading_genes("prerank_presence", 7).tolist() == [0, 1, 2, 3]
    with pytest.raises(KeyError):
        store.array("no/such/array")


def test_both_views_of_the_activations_agree(fixture_store):
    store = ConceptStore.open(fixture_store)
    by_concept = np.zeros((60, 6), np.float32)
    for concept in range(6):
        rows = store.activations.rows(concept)
        by_concept[rows["cell"], concept] = rows["value"]
        assert np.all(np.diff(rows["value"]) <= 0)
    by_cell = np.zeros((60, 6), np.float32)
    indices, values = (
        store.array("activations/by_cell/concept"),
        store.array("activations/by_cell/value"),
    )
    for column in range(2):
        cells = np.flatnonzero(indices[:, column] >= 0)
        by_cell[cells, indices[cells, column]] = values[cells, column]
    assert np.array_equal(by_concept, by_cell)


def test_expression_comes_from_the_payload(fixture_store):
    cells, values = ConceptStore.open(fixture_store).expression(0)
    assert np.all(np.diff(cells) > 0) and np.all(values > 0)


def test_maps_cannot_be_written_to(fixture_store):
    with pytest.raises(ValueError, match="read-only"):
        ConceptStore.open(fixture_store).array("embeddings")[0] = 1


def open_error(folder, kind: type[StoreError]) -> str:
    with pytest.raises(StoreError) as caught:
        ConceptStore.open(folder)
    assert type(caught.value) is kind
    return str(caught.value)


def test_missing_folder(tmp_path):
    assert "no such folder" in open_error(tmp_path / "nowhere", NotAStoreError)
    (tmp_path / "table.csv").write_text("gene,a")
    assert "is a file, no concept store" in open_error(tmp_path / "table.csv", NotAStoreError)


def test_folder_without_manifest(tmp_path):
    assert "holds no manifest.json" in open_error(tmp_path, NotAStoreError)


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe\x00", b"not json"])
def test_manifest_that_is_no_json(damaged, garbage):
    (damaged / "manifest.json").write_bytes(garbage)
    assert "cannot be read as JSON" in open_error(damaged, NotAStoreError)


def test_another_schema_version(damaged):
    edit_manifest(damaged, lambda body: body.update(schema_version=7), sign=True)
    assert "schema version 7" in open_error(damaged, SchemaVersionError)


def test_edited_manifest(damaged):
    edit_manifest(damaged, lambda body: body.update(title="Mine"), sign=False)
    assert "was changed after it was written" in open_error(damaged, ChecksumError)


def test_manifest_that_lists_too_few_arrays(damaged):
    def drop(body):
        del body["arrays"]["embeddings"], body["arrays"]["attribution/neighbours/effect"]

    edit_manifest(damaged, drop, sign=True)
    text = open_error(damaged, InvalidManifestError)
    assert "embeddings: missing" in text and "attribution/neighbours/effect: missing" in text


def test_missing_array(damaged):
    (damaged / STABILITY).unlink()
    assert STABILITY in open_error(damaged, MissingArrayError)


def test_truncated_array(damaged):
    raw = (damaged / STABILITY).read_bytes()
    (damaged / STABILITY).write_bytes(raw[:-4])
    assert "holds 148 bytes, expected 152" in open_error(damaged, TruncatedArrayError)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(6, np.int32), r"header says int32 \(6,\), the manifest float32 \[6\]"),
        (np.zeros((1, 6), np.float32), r"header says float32 \(1, 6\)"),
    ],
)
def test_array_of_the_same_size_and_another_header(damaged, array, words):
    np.save(damaged / STABILITY, array)
    with pytest.raises(TruncatedArrayError, match=words):
        ConceptStore.open(damaged)


def test_an_array_in_another_order_of_axes(damaged):
    embeddings = ConceptStore.open(damaged).array("embeddings")
    np.save(damaged / "embeddings.npy", np.asfortranarray(embeddings))
    assert "in Fortran order" in open_error(damaged, TruncatedArrayError)


def test_a_changed_byte_of_a_header_is_refused_or_harmless(damaged):
    path = damaged / STABILITY
    raw = path.read_bytes()
    refused = 0
    for position in range(80):  # what follows is padding
        for value in (1, raw[position] ^ 0x80):
            path.write_bytes(raw[:position] + bytes([value]) + raw[position + 1 :])
            try:
                array = ConceptStore.open(damaged).array("concepts/stability")
            except TruncatedArrayError:
                refused += 1
            else:
                assert (array.dtype, array.shape) == (np.float32, (6,)), position
    assert refused > 100
