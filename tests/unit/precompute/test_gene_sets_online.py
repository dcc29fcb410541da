"""Libraries by name: fetched once, kept with a sha256, checked on reuse. gseapy is a fake here."""

import json
import logging

import pytest

from precompute.config import anchor_paths, override, parse_config
from precompute.enrichment.gene_sets import load_libraries
from precompute.enrichment.sources import is_file
from precompute.errors import InputError


class Network:
    """Stands for gseapy's two doors to the network and counts who goes through."""

    def __init__(self):
        self.asked: list[tuple[str, ...]] = []
        self.is_up = True

    def get_library(self, name, max_size=2000):
        self.answer("enrichr", name)
        if name != "GO":
            raise ValueError("Sorry.")
        return {"term (GO:0000001)": ["CD3D", "LCK", "CD3D"], "large": [f"G{i}" for i in range(9)]}

    def get_gmt(self, category, dbver):
        self.answer("msigdb", category, dbver)
        return {"HALLMARK_HYPOXIA": ["PGK1"]} if category == "h.all" else None

    def answer(self, *asked):
        self.asked.append(asked)
        if not self.is_up:
            raise ConnectionError("no network")


@pytest.fixture
def network(monkeypatch, tmp_path) -> Network:
    monkeypatch.setenv("SCCONCEPTS_DATA", str(tmp_path))
    found = Network()
    monkeypatch.setattr("gseapy.get_library", found.get_library)
    monkeypatch.setattr("gseapy.Msigdb.get_gmt", found.get_gmt)
    return found


@pytest.mark.parametrize("source", ["GO", "enrichr:GO", "Enrichr:GO"])
def test_a_library_is_fetched_once_and_then_kept(network, tmp_path, source):
    (found,) = load_libraries([source])
    assert found.gene_sets[0].name == "term (GO:0000001)"
    assert found.gene_sets[0].genes == ("CD3D", "LCK")
    assert found.source.startswith("enrichr:GO, fetched 2")
    network.is_up = False
    (again,) = load_libraries(["enrichr:GO"])
    assert again == found and again.digest == found.digest and len(network.asked) == 1
    kept = sorted(path.suffix for path in (tmp_path / "gene_sets").iterdir())
    assert kept == [".gmt", ".json"]
    record = json.loads(next((tmp_path / "gene_sets").glob("*.json")).read_text())
    assert record["sha256"] == found.digest and record["library"] == "enrichr:GO"


def test_msigdb_by_collection_and_version(network):
    load_libraries(["msigdb:h.all", "msigdb:h.all@2023.1.Hs", "msigdb:h.all"])
    assert network.asked == [("msigdb", "h.all", "2024.1.Hs"), ("msigdb", "h.all", "2023.1.Hs")]


@pytest.mark.parametrize("damage", ["file", "record", "no record"])
def test_a_kept_file_that_has_changed_is_refused(network, tmp_path, damage):
    load_libraries(["enrichr:GO"])
    (path,) = (tmp_path / "gene_sets").glob("*.gmt")
    if damage == "file":
        path.write_text(path.read_text() + "more\t\tA\n")
    elif damage == "record":
        path.with_suffix(".json").write_text("[]")
    else:
        path.with_suffix(".json").unlink()
    with pytest.raises(InputError, match="another sha256 than its download had.*Remove it"):
        load_libraries(["enrichr:GO"])
    path.unlink()
    assert load_libraries(["enrichr:GO"]) and len(network.asked) == 2


@pytest.mark.parametrize("source", ["enrichr:KEGG", "msigdb:none", "KEGG"])
def test_no_such_library_and_nothing_kept(network, tmp_path, source):
    with pytest.raises(InputError, match="could not be fetched.*Download the GMT file"):
        load_libraries([source])
    assert not (tmp_path / "gene_sets").exists()


def test_no_network_names_the_manual_way(network):
    network.is_up = False
    with pytest.raises(InputError) as caught:
        load_libraries(["msigdb:h.all"])
    text = str(caught.value)
    assert (
        "gene sets 'msigdb:h.all@2024.1.Hs': could not be fetched (ConnectionError: no network)"
        in text
    )
    assert "gsea-msigdb.org/gsea/msigdb" in text and "maayanlab.cloud/Enrichr" in text


def test_what_gseapy_says_is_told_in_short_and_attempts_are_not(network, monkeypatch, caplog):
    def refuse(name, max_size):
        logging.getLogger("urllib3.connectionpool").warning("Retrying")
        raise ValueError(f"Sorry. The input: {name} could\nnot be found" + " any more" * 99)

    monkeypatch.setattr("gseapy.get_library", refuse)
    with pytest.raises(InputError) as caught:
        load_libraries(["KEGG"])
    text = str(caught.value)
    assert "(ValueError: Sorry. The input: KEGG could not be found any more" in text
    assert "…). Expected" in text and len(text) < 600
    assert "Retrying" not in caplog.text
    logging.getLogger("urllib3.connectionpool").warning("Retrying")
    assert "Retrying" in caplog.text


@pytest.mark.parametrize(
    "source", ["enrichr:", "msigdb:../../x", "other:GO", "enrichr:GO@3", "a\nb", "", "a" * 5000]
)
def test_what_is_no_name_asks_nobody(network, source):
    with pytest.raises(InputError, match="is no name of a library|names a version"):
        load_libraries([source])
    assert network.asked == []


def test_paths_and_names_are_told_apart():
    for path in ("a.gmt", "a.gmt.gz", "../a", "sets/a", "a.txt", "C:\\a.gmt"):
        assert is_file(path)
    for name in ("GO_Biological_Process_2023", "enrichr:GO", "msigdb:h.all@2024.1.Hs", "KEGG"):
        assert not is_file(name)


def test_a_file_that_is_there_is_no_name(network, tmp_path, monkeypatch):
    (tmp_path / "GO").write_text("mine\t-\tCD3D\n")
    assert is_file("GO", tmp_path) and not is_file("GO", tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    (found,) = load_libraries(["GO"])
    assert found.source == "GO" and found.gene_sets[0].name == "mine" and not network.asked
    assert load_libraries(["enrichr:GO"])[0].source.startswith("enrichr:GO, fetched")
    config = override(
        parse_config({"data": {"path": "x.h5ad"}, "out": "x.store"}, "test"),
        gene_sets=["GO", "KEGG"],
    )
    anchored = anchor_paths(config, tmp_path).enrichment.gene_sets
    assert anchored == (str(tmp_path / "GO"), "KEGG")
