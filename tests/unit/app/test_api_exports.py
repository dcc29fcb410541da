"""Downloads: complete, unrounded, missing stays empty, formulas stay text."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.views.exports import write_csv


def table(client, path) -> list[dict[str, str]]:
    answer = client.get(f"/export/fixture/{path}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_genes_have_attribution_and_de_side_by_side(client, store):
    rows = {row["symbol"]: row for row in table(client, "concept/c0001/genes.csv")}
    assert list(rows) == store.gene_symbols
    values = store.attribution("neighbours").rows(0)
    for gene, effect, exact in zip(values["gene"], values["effect"], values["exact"], strict=True):
        row = rows[store.gene_symbols[gene]]
        assert float(row["attribution.neighbours.effect"]) == pytest.approx(float(effect))
        assert (row["attribution.neighbours.exact"] == "") == bool(np.isnan(exact))
    q = dict(zip(*(store.differential("matched").rows(0)[n] for n in ("gene", "q")), strict=True))
    assert float(rows["CD79A"]["de.matched.q"]) == pytest.approx(float(q[0]))


def test_genes_the_model_does_not_see_are_empty_not_zero(client, store):
    unseen = [row for row in table(client, "concept/c0001/genes.csv") if row["in_model"] == "0"]
    assert len(unseen) == 3
    assert {row["attribution.neighbours.effect"] for row in unseen} == {""}
    assert {row["de.inactive.z"] for row in unseen} == {""}


def test_pathways_of_every_test_are_there(client):
    rows = table(client, "concept/c0002/pathways.csv")
    assert len(rows) == 3 * 6 + 6
    assert rows[0]["gene_set"] == "CD4 T cell markers"
    assert rows[0]["leading_genes"] == "IL7R LTB CD3D CD3E"
    assert rows[0]["quadrant"] == rows[0]["share_of_full_drop"] == ""


def test_set_swaps_are_the_last_pathways(client, store):
    rows = table(client, "concept/c0002/pathways.csv")[-6:]
    values = store.set_swap("neighbours").rows(1)
    assert {(row["test"], row["ranking"]) for row in rows} == {("set_swap", "neighbours")}
    assert rows[0]["gene_set"] == "CD4 T cell markers"
    assert [float(row["effect"]) for row in rows] == pytest.approx(values["effect"].tolist())
    assert float(rows[0]["share_of_full_drop"]) == pytest.approx(0.56)
    assert float(rows[0]["difference"]) == pytest.approx(1.2)
    assert float(rows[0]["z"]) == float(rows[0]["statistic"]) == pytest.approx(13.6)
    assert [row["quadrant"] for row in rows] == [
        "used and differential",
        "used only",
        "only differential",
        "neither",
        "neither",
        "",
    ]


def test_genes_carry_q_and_share_of_the_effect(client, store):
    rows = table(client, "concept/c0001/genes.csv")
    shares = [row["attribution.neighbours.share_of_effect"] for row in rows]
    assert sum(float(share) for share in shares if share) == pytest.approx(1)
    q = dict(zip(*(store.attribution("neighbours").rows(0)[n] for n in ("gene", "q")), strict=True))
    assert float(rows[7]["attribution.neighbours.q"]) == pytest.approx(float(q[7]))


def test_concepts_carry_experts_labels(client, store, settings):
    service = AnnotationService(settings.annotations_url)
    service.save(store.manifest.digest, "c0002", "Naive T", "", "Ada")
    row = table(client, "concepts.csv")[1]
    assert (row["label"], row["label_author"], row["proposed_label"]) == (
        "Naive T",
        "Ada",
        "CD4 T cell",
    )
    assert row["faithfulness_grades"] == "neighbours:A random_matched:A"
    for name in ("stability", "stability_low", "stability_high"):
        assert float(row[name]) == pytest.approx(store.array(f"concepts/{name}")[1])
    parents = store.array("concepts/parent").tolist()
    assert [row["part_of"] for row in table(client, "concepts.csv")] == [
        "" if parent < 0 else store.concept_ids[parent] for parent in parents
    ]
    assert max(parents) >= 0


def test_labels_keep_every_revision(client, store, settings):
    assert table(client, "labels.csv") == []
    service = AnnotationService(settings.annotations_url)
    service.save(store.manifest.digest, "c0002", "One", "why", "Ada")
    service.save(store.manifest.digest, "c0002", "=HYPERLINK(1)", "", "Grace")
    rows = table(client, "labels.csv")
    assert [row["label"] for row in rows] == ["One", "'=HYPERLINK(1)"]
    assert [row["is_newest"] for row in rows] == ["False", "True"]


@pytest.mark.parametrize(
    "path", ["concept/none/genes.csv", "concept/none/pathways.csv", "none.csv", ""]
)
def test_unknown_downloads_are_404(client, path):
    assert client.get(f"/export/fixture/{path}").status_code == 404
    assert client.get(f"/export/none/{path}").status_code == 404


def test_a_database_that_fails_is_said_not_left_out(client, monkeypatch):
    from scconcepts_app.annotations import AnnotationError

    def fail(*_):
        raise AnnotationError("labels.sqlite3: labels could not be read (disk I/O error).")

    monkeypatch.setattr(AnnotationService, "latest_for_store", fail)
    answer = client.get("/export/fixture/concepts.csv")
    assert answer.status_code == 503
    assert "could not be read" in answer.json["error"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_free_text_cannot_be_a_formula(text):
    assert next(csv.reader(io.StringIO(write_csv([[text]]), newline="")))[0] == "'" + text


def test_missing_numbers_are_empty_fields():
    assert write_csv([[None, float("nan"), 0.0, -1.5]]) == ",,0.0,-1.5\r\n"
