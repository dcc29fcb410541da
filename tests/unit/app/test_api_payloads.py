"""The map's bytes, their headers, and answers to odd requests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scconcepts_app.store.payload import decode_payload


def test_coordinates_are_pairs_of_uint16(client, store, api):
    answer = client.get(f"{api}/map/umap")
    found = np.frombuffer(answer.data, "<u2").reshape(-1, 2)
    np.testing.assert_array_equal(found, store.array("maps/umap/quantised"))


def test_activations_are_the_stores_payload(client, store, api):
    cells, values = decode_payload(
        np.frombuffer(client.get(f"{api}/activations/c0003").data, np.uint8)
    )
    rows = store.activations.rows(2)
    np.testing.assert_array_equal(cells, np.sort(rows["cell"]))
    assert values.max() == pytest.approx(rows["value"].max())


def test_a_latent_that_became_no_concept_has_activations_too(client, api):
    cells, values = decode_payload(
        np.frombuffer(client.get(f"{api}/activations/s0-012").data, np.uint8)
    )
    assert cells.tolist() == list(range(0, 300, 6))
    assert values[0] == 2.0
    assert client.get(f"{api}/activations/s0-013").status_code == 404


@pytest.mark.parametrize("name", ["CD79A", "cd79a", "ENSG00000000000"])
def test_a_gene_is_found_by_symbol_or_id(client, store, api, name):
    assert client.get(f"{api}/expression/{name}").data == store.payload("expression", 0).tobytes()


def test_obs_columns_take_one_byte_a_cell(client, store, api):
    for key in ("cell_type", "percent_mito"):
        assert len(client.get(f"{api}/obs/{key}").data) == store.n_cells


PATHS = ["map/umap", "activations/c0001", "expression/CD79A", "obs/cell_type"]


@pytest.mark.parametrize("path", PATHS)
def test_payloads_may_be_kept_for_ever(client, api, path):
    answer = client.get(f"{api}/{path}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    etag = answer.headers["ETag"]
    again = client.get(f"{api}/{path}", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == etag
    other = client.get(f"{api}/{path}", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_head_answers_without_a_body(client, api, path):
    answer = client.head(f"{api}/{path}")
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(client.get(f"{api}/{path}").data)


@pytest.mark.parametrize(
    "path",
    ["map/none", "activations/c9999", "expression/NOGENE", "obs/none", "cell/300", "nothing"],
)
def test_unknown_names_are_404_with_a_message(client, api, path):
    answer = client.get(f"{api}/{path}")
    assert answer.status_code == 404
    assert answer.json["error"]
    assert answer.headers["Cache-Control"] == "no-store" or "nothing" in path


def test_a_digest_of_other_data_is_explained(client):
    answer = client.get("/api/fixture/000000000000/map/umap")
    assert answer.status_code == 409
    assert "Load the page again" in answer.json["error"]


def test_an_unknown_store_names_those_that_are_open(client):
    answer = client.get("/api/none/000000000000/map/umap")
    assert answer.status_code == 404
    assert "fixture" in answer.json["error"]


def test_a_cell_is_json_without_nan(client, api):
    found = client.get(f"{api}/cell/0").json
    assert found["id"] == "CELL0000"
    assert set(found["obs"]) == {"cell_type", "condition", "donor", "percent_mito"}


def test_the_tooltip_is_pairs_of_words(client, api):
    lines = client.get(f"{api}/cell/5/lines").json
    assert lines[0] == ["Cell", "CELL0005"]
    assert all(len(line) == 2 for line in lines)


@pytest.mark.parametrize("index", ["-1", "1e3", "٣", "9" * 40, "0x1", "%00", "300"])
def test_odd_cell_numbers_are_404(client, api, index):
    assert client.get(f"{api}/cell/{index}").status_code == 404


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    root=st.sampled_from(["api", "export"]),
    parts=st.lists(
        st.one_of(
            st.text(max_size=12),
            st.sampled_from(
                ["fixture", "cell", "map", "obs", "activations", "..", "%2e%2e", "concept", "a.csv"]
            ),
        ),
        max_size=5,
    ),
)
def test_no_address_makes_the_server_fail(client, root, parts):
    from urllib.parse import quote

    path = "/".join(quote(part, safe="%") for part in parts)
    assert client.get(f"/{root}/{path}").status_code < 500
