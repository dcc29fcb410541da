"""Routes about a set of cells: bytes for the map, tables, errors in words."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from scconcepts_app.jobs import Jobs
from scconcepts_app.set_expression import answer_comparison
from scconcepts_app.store.payload import decode_payload

WHERE = {"where": "cell_type:B cell"}


def test_the_bytes_are_the_cells_of_the_set(client, api, store):
    answer = client.get(f"{api}/selection", query_string=WHERE)
    cells, values = decode_payload(np.frombuffer(answer.data, np.uint8))
    kind = np.asarray(store.array("obs/cell_type/codes"))
    assert cells.tolist() == np.flatnonzero(kind == 0).tolist()
    assert set(values.tolist()) == {1.0}
    assert "immutable" in answer.headers["Cache-Control"]
    again = client.get(
        f"{api}/selection", query_string=WHERE, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    other = client.get(f"{api}/selection", query_string={"where": "cell_type:NK cell"})
    assert other.headers["ETag"] != answer.headers["ETag"]


def test_an_empty_set_and_one_cell(client, api):
    empty = client.get(f"{api}/selection", query_string={"where": "percent_mito:5.."})
    assert decode_payload(np.frombuffer(empty.data, np.uint8))[0].tolist() == []
    one = client.get(f"{api}/selection", query_string={"cell": "CELL0007"})
    assert decode_payload(np.frombuffer(one.data, np.uint8))[0].tolist() == [7]
    assert client.get(f"{api}/selection", query_string={"cell": "none"}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"where": "x:y"},
        {"sel": "umap:1,2"},
        {"sel": "\x00", "where": "%%%"},
        {"where": "percent_mito:abc"},
        {"sel": "umap:" + "9" * 5000},
        {"where": "cell_type:\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")},
    ],
)
@pytest.mark.parametrize(
    "path", ["selection", "cells.csv", "concepts.tsv", "composition.csv", "expression.csv"]
)
def test_garbage_is_a_400_in_words(client, api, query, path):
    url = f"{api}/selection" if path == "selection" else f"/export/fixture/selection/{path}"
    answer = client.get(url, query_string=query)
    assert answer.status_code == 400
    assert answer.json["error"]


def test_a_store_that_was_replaced_is_a_409(client):
    assert client.get("/api/fixture/000000000000/selection").status_code == 409


def read(client, path: str, query: dict, delimiter: str = ",") -> list[dict]:
    answer = client.get(f"/export/fixture/selection/{path}", query_string=query)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.text), delimiter=delimiter))


def test_the_cells_with_what_is_known_of_them(client, store, monkeypatch):
    monkeypatch.setattr("scconcepts_app.views.set_tables._CELLS_PER_CHUNK", 11)
    monkeypatch.setattr("scconcepts_app.api.selections._ROWS_PER_PART", 7)
    rows = read(client, "cells.csv", WHERE)
    cells = np.flatnonzero(np.asarray(store.array("obs/cell_type/codes")) == 0)
    assert [row["cell"] for row in rows] == [f"CELL{cell:04d}" for cell in cells]
    assert {row["cell_type"] for row in rows} == {"B cell"}
    mito = store.array("obs/percent_mito/values")
    assert float(rows[3]["percent_mito"]) == pytest.approx(float(mito[cells[3]]))
    donors = [f"D{store.array('obs/donor/codes')[cell] + 1}" for cell in cells]
    assert [row["donor"] for row in rows] == donors


def test_the_concepts_of_the_set_by_tabs(client):
    rows = read(client, "concepts.tsv", WHERE, "\t")
    assert (rows[0]["concept"], rows[0]["label"]) == ("c0001", "B cell")
    assert (rows[0]["n_donors_agreeing"], rows[0]["n_donors"]) == ("4", "4")
    assert rows[0]["mean_activation_outside"] == ""
    assert len(rows) == 6


def test_what_the_set_is_made_of(client):
    rows = read(client, "composition.csv", WHERE)
    b = next(row for row in rows if row["value"] == "B cell")
    assert float(b["share_of_set"]) == 1.0


def test_a_comparison_that_was_not_run_says_so(client):
    answer = client.get("/export/fixture/selection/expression.csv", query_string=WHERE)
    assert answer.status_code == 404
    assert "not run yet" in answer.json["error"]


def test_all_other_cells_can_be_named_as_on_the_page(client, store, settings):
    answer_comparison(Jobs(settings), str(store.path), WHERE, lambda _: None)
    rows = read(client, "expression.tsv", {**WHERE, "against": "rest"}, "\t")
    assert rows == read(client, "expression.tsv", WHERE, "\t")
    assert len(rows) == store.n_genes
    assert {row["symbol"] for row in rows[:5]} == {"CD79A", "MS4A1", "CD79B", "CD74", "HLA-DRA"}
    answer = client.get("/export/fixture/selection/expression.csv")
    assert (answer.status_code, answer.json["error"][:12]) == (400, "Choose cells")
