"""The command evaluate: what it measures of stores, writes, and refuses."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from precompute.cli import main
from precompute.errors import InputError
from precompute.nulls import SIGNIFICANT
from precompute.report.evaluate import SECTIONS, open_sources
from precompute.report.sources import plain
from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import manifest_checksum
from tests.conftest import ROOT
from tests.store_factory import write_store


@pytest.fixture(scope="module")
def report(finished, tmp_path_factory):
    """The JSON and the page of one finished run."""
    folder = tmp_path_factory.mktemp("report")
    outs = [folder / "report.json", folder / "report.html"]
    options = [option for out in outs for option in ("--out", str(out))]
    assert main(["evaluate", str(finished.store), *options]) == 0
    return json.loads(outs[0].read_text()), outs[1].read_text()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A store of the app's fixture with enough genes to compare."""
    return write_store(tmp_path_factory.mktemp("large") / "large.store", n_other_genes=150)


def rewrite(store, target, **changes):
    """Copy a store with another manifest."""
    shutil.copytree(store, target)
    path = target / "manifest.json"
    body = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({**body, "checksum": manifest_checksum(body)}))
    return target


def test_every_section_is_there_for_a_finished_run(report):
    (found,) = report[0]["stores"]
    assert [name for name in SECTIONS if "missing" in found[name]] == []
    assert report[0]["pairs"] == []


def test_numbers_are_those_of_the_store(report, finished):
    store = ConceptStore.open(finished.store)
    (found,) = report[0]["stores"]
    quality = found["quality"]
    assert quality["explained_variance"] == store.manifest.dictionary["explained_variance"]
    assert quality["mean_stability"] == pytest.approx(store.array("concepts/stability").mean())
    for ranking in found["shares"]["rankings"]:
        rows = store.enrichment(ranking["key"])
        has = [
            bool(((r["q"] < SIGNIFICANT) & (r["statistic"] > 0)).any())
            for r in map(rows.rows, range(store.n_concepts))
        ]
        assert ranking["share"] == pytest.approx(np.mean(has))
        for null in ranking["nulls"].values():
            assert null["difference"] == pytest.approx(ranking["share"] - null["share"])
            low, high = null["interval"]
            assert low <= null["difference"] <= high
        neurons = store.array(f"nulls/{ranking['key']}/neurons")
        assert ranking["neurons"]["n"] == len(neurons)
        assert ranking["neurons"]["share"] == pytest.approx((neurons > 0).mean())
    grades = found["faithfulness"]["cards"][0]
    assert sum(grades["grades"].values()) + grades["not_graded"] == store.n_concepts


def test_what_one_ranking_finds_and_the_other_does_not_is_counted(report, finished):
    store = ConceptStore.open(finished.store)

    def hits(key):
        table = store.enrichment(key)
        return {
            (concept, int(found))
            for concept in range(store.n_concepts)
            for found, q, nes in zip(
                *(table.rows(concept)[name] for name in ("gene_set", "q", "statistic")), strict=True
            )
            if q < SIGNIFICANT and nes > 0
        }

    for pair in report[0]["stores"][0]["agreement"]["pairs"]:
        first, second = hits(pair["first"]), hits(pair["second"])
        assert pair["both"] == len(first & second)
        assert pair["only_first"]["pairs"] == len(first - second)
        alone = {found for _, found in second - first} - {found for _, found in first}
        assert pair["only_second"]["sets_the_other_finds_nowhere"] == len(alone)
        assert not pair["cut"]


def test_the_page_stands_alone(report):
    page = report[1]
    assert "http" not in page and "<script" not in page and "<link" not in page
    assert page.count("<h3>") == len(SECTIONS) and page.count("<svg") >= 4
    assert "nan" not in page.lower()


def test_what_a_store_does_not_hold_is_said(fixture_store, tmp_path):
    body = {"evaluations": [], "sweeps": [], "nulls": [], "faithfulness": []}
    bare = rewrite(fixture_store, tmp_path / "bare.store", **body)
    out = tmp_path / "report.html"
    assert main(["evaluate", str(bare), "--out", str(out), "--out", str(tmp_path / "r.json")]) == 0
    (found,) = json.loads((tmp_path / "r.json").read_text())["stores"]
    assert found["shares"]["missing"].startswith("Not in this store.")
    assert {"units", "shares", "faithfulness"} <= {n for n in SECTIONS if "missing" in found[n]}
    assert found["shares"]["missing"] in out.read_text()


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_stores_of_every_version_are_evaluated(version, tmp_path):
    out = tmp_path / "report.html"
    assert main(["evaluate", str(ROOT / "tests/data/stores" / version), "--out", str(out)]) == 0
    assert out.stat().st_size > 5000


def test_a_copy_of_a_store_recurs_whole(large, tmp_path):
    copy = rewrite(large, tmp_path / "copy.store")
    out = tmp_path / "report.json"
    assert main(["evaluate", str(large), str(copy), "--out", str(out)]) == 0
    pairs = json.loads(out.read_text())["pairs"]
    assert [(p["first"], p["second"]) for p in pairs] == [("large", "copy"), ("copy", "large")]
    n_concepts = ConceptStore.open(large).n_concepts
    for pair in pairs:
        assert pair["cells"]["recur"] == pair["cells"]["n_concepts"] == n_concepts
        for profile in pair["genes"]["profiles"]:
            assert profile["recur"] == profile["mutual"] == n_concepts
            assert all(match["concept"] == match["partner"] for match in profile["matches"])
            assert profile["matches"][0]["correlation"] == pytest.approx(1)
        assert pair["encoder"]["missing"].startswith("Each model was trained")


def test_one_model_lets_the_encoder_move(large, tmp_path):
    config = {"model": {"kind": "scgpt", "path": "scgpt"}}
    stores = [
        rewrite(large, tmp_path / f"{name}.store", provenance={"config": config}) for name in "ab"
    ]
    out = tmp_path / "report.json"
    assert main(["evaluate", *map(str, stores), "--out", str(out)]) == 0
    pair = json.loads(out.read_text())["pairs"][0]
    assert pair["encoder"]["n_cells"] == 300
    assert len(pair["encoder"]["matches"]) == ConceptStore.open(large).n_concepts
    config = {"model": {"kind": "geneformer", "path": "scgpt"}}
    other = rewrite(large, tmp_path / "c.store", provenance={"config": config})
    out.unlink()
    assert main(["evaluate", str(stores[0]), str(other), "--out", str(out)]) == 0
    pair = json.loads(out.read_text())["pairs"][0]
    assert pair["encoder"]["missing"] == "Two different models gave their embeddings."


def test_faults_are_named_and_nothing_is_written(fixture_store, tmp_path, capsys):
    store, out = str(fixture_store), tmp_path / "report.html"

    def refused(*arguments):
        assert main(["evaluate", *map(str, arguments)]) == 2
        assert not out.exists()
        return capsys.readouterr().err

    assert "holds no manifest.json" in refused(tmp_path, "--out", out)
    assert "no such folder" in refused(tmp_path / "nothing", "--out", out)
    assert "is a file, no concept store" in refused(fixture_store / "manifest.json", "--out", out)
    assert "ends in '.txt'" in refused(store, "--out", tmp_path / "report.txt")
    assert "its folder is not there" in refused(store, "--out", tmp_path / "no" / "report.html")
    assert "it is named twice" in refused(store, store, "--out", out)
    kept = tmp_path / "kept.html"
    kept.write_text("mine")
    assert "is there already" in refused(store, "--out", out, "--out", kept)
    assert kept.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.html"]


def test_stores_without_anything_in_common_are_refused(fixture_store, finished, tmp_path, capsys):
    out = tmp_path / "report.html"
    arguments = ["evaluate", str(fixture_store), str(finished.store), "--out", str(out)]
    assert main(arguments) == 2
    assert "shares no gene symbol and no cell name" in capsys.readouterr().err
    assert not out.exists()


def test_every_pair_must_have_something_in_common(monkeypatch):
    symbols = {"first": ["A", "B"], "second": ["A"], "third": ["B"]}

    def open_store(path):
        return SimpleNamespace(gene_symbols=symbols[path.name], strings=lambda name: [path.name])

    monkeypatch.setattr("precompute.report.evaluate.ConceptStore.open", open_store)
    assert len(open_sources([Path("first"), Path("second")])) == 2
    with pytest.raises(InputError, match=r"^third: shares no gene symbol .* with second\."):
        open_sources([Path("first"), Path("second"), Path("third")])


def test_stores_of_one_name_are_told_apart(fixture_store, tmp_path):
    (tmp_path / "b").mkdir()
    first = rewrite(fixture_store, tmp_path / "a.store")
    second = rewrite(fixture_store, tmp_path / "b" / "a.store")
    names = [source.name for source in open_sources([first, second])]
    assert names == [str(first), str(second)]


def test_what_is_not_known_is_null_in_json():
    found = plain({1: np.float32("nan"), "b": (np.int64(2), np.array([0.5, np.inf])), "c": True})
    assert found == {"1": None, "b": [2, [0.5, None]], "c": True}
