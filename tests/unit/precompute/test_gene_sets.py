"""GMT files in their dialects, the shipped sets, and the fit to a background of genes."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from precompute.enrichment import gene_sets
from precompute.enrichment.gene_sets import (
    GeneSet,
    Library,
    load_libraries,
    match_sets,
    parse_gmt,
    read_gmt,
    read_shipped,
)
from precompute.errors import InputError

T_CELL = GeneSet("T cell", "Zheng 2017", ("CD3D", "CD3E", "LCK"))


@pytest.mark.parametrize(
    "text",
    [
        "T cell\tZheng 2017\tCD3D\tCD3E\tLCK\n",
        "T cell\tZheng 2017\tCD3D\tCD3E\tLCK",
        "T cell\tZheng 2017\tCD3D\tCD3E\tLCK\r\n",
        "\n  \nT cell\tZheng 2017\tCD3D\tCD3E\tLCK\n\n",
        "T cell\tZheng 2017\tCD3D,1.0\tCD3E,0.5\tLCK,1.0\n",
        "T cell\tZheng 2017\tCD3D\tCD3E\tCD3D\tLCK\tCD3E\n",
        "T cell\tZheng 2017\tCD3D\tCD3E\tLCK\t\t\n",
        " T cell \t Zheng 2017 \t CD3D\t CD3E \tLCK\n",
    ],
    ids=["plain", "no end", "CRLF", "blank lines", "weights", "repeats", "empty", "spaces"],
)
def test_dialects(text):
    assert parse_gmt(text, "x") == (T_CELL,)


def test_enrichr_writes_no_description():
    assert parse_gmt("a\t\tCD3D\tLCK\n", "x") == (GeneSet("a", "", ("CD3D", "LCK")),)


def test_all_faults_in_one_message():
    with pytest.raises(InputError) as caught:
        parse_gmt("a\tb\tC\n\tb\tC\nonly\ntwo\tfields\na\tb\tD\n", "x.gmt")
    text = str(caught.value)
    assert text.startswith("x.gmt: 4 fault(s) in the GMT format:")
    for expected in (
        "line 2: no name before the first tab",
        "line 3 ('only'): fewer than three",
        "line 4 ('two'): fewer than three",
        "set 'a' stands more than once",
    ):
        assert expected in text


def test_a_long_list_of_faults_is_cut():
    with pytest.raises(InputError) as caught:
        parse_gmt("word\n" * 30, "x.gmt")
    assert "30 fault(s)" in str(caught.value) and str(caught.value).count("line ") == 10


@pytest.mark.parametrize("text", ["", "\n\n", "   "])
def test_nothing_in_it(text):
    with pytest.raises(InputError, match="holds no gene set"):
        parse_gmt(text, "x")


@given(st.text(st.sampled_from("aB1,.\t\t\n\r \ufeff\x00é\u2028"), max_size=40) | st.text())
@example("\t\t\t")
def test_any_text_is_read_or_refused(text):
    try:
        found = parse_gmt(text, "x")
    except InputError as error:
        assert str(error).startswith("x: ")
    else:
        assert found and all(s.name and all(s.genes) for s in found)
        assert len({s.name for s in found}) == len(found)
        assert all(len(set(s.genes)) == len(s.genes) for s in found)


def test_files(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_bytes("T cell\tZheng 2017\tCD3D\tCD3E\tLCK\n".encode("utf-8-sig"))
    assert read_gmt(path) == Library("sets", "sets.gmt", (T_CELL,))
    path.write_bytes(b"\xff\xfe\x00T")
    with pytest.raises(InputError, match="sets.gmt: is not text"):
        read_gmt(path)
    with pytest.raises(InputError, match="none.gmt: cannot be read"):
        read_gmt(tmp_path / "none.gmt")


def test_the_shipped_sets():
    (library,) = load_libraries(())
    assert library == read_shipped()
    assert len(library.gene_sets) >= 40
    names = [gene_set.name for gene_set in library.gene_sets]
    assert len(set(names)) == len(names)
    for gene_set in library.gene_sets:
        assert any(c.isdigit() for c in gene_set.description), f"{gene_set.name}: no source"
        assert len(set(gene_set.genes)) >= 10, gene_set.name
        assert all(g == g.strip() and " " not in g for g in gene_set.genes), gene_set.name


def test_a_name_asks_enrichr_and_a_failure_says_what_to_do(monkeypatch):
    def get_library(name):
        if name != "GO":
            raise Exception("no network")
        return {"term": ["CD3D", "LCK", "CD3D"]}

    monkeypatch.setattr("gseapy.get_library", get_library)
    (library,) = load_libraries(["GO"])
    assert library.source == "Enrichr: GO"
    assert library.gene_sets == (GeneSet("term", "", ("CD3D", "LCK")),)
    with pytest.raises(InputError, match="'KEGG': could not be fetched.*Download the GMT file"):
        gene_sets.fetch_enrichr("KEGG")


def library(name, **sets) -> Library:
    return Library(name, "", tuple(GeneSet(n, n, tuple(g)) for n, g in sets.items()))


def test_sets_are_cut_to_the_background_and_to_their_size():
    sets = library("one", small="AX", fits="CBAXY", large="ABCDE")
    matched = match_sets([sets], list("ABCDE"), min_size=2, max_size=4)
    assert matched.names == ["fits"]
    assert [found.tolist() for found in matched.members] == [[0, 1, 2]]
    assert matched.library.tolist() == [0]


def test_no_overlap_says_the_largest_there_is():
    with pytest.raises(InputError, match="largest overlap of a set with the 3 genes is 1"):
        match_sets([library("one", a="AX", b="YZ")], list("ABC"), 2, 10)


def test_sets_of_several_libraries_keep_unique_names():
    pair = [library("one", t="AB", b="AB"), library("two", t="AB")]
    matched = match_sets(pair, list("AB"), 2, 10)
    assert matched.names == ["t [one]", "b", "t [two]"]
    assert matched.library.tolist() == [0, 0, 1]
    twice = match_sets([pair[1], pair[1]], list("AB"), 2, 10)
    assert twice.names == ["t [two]", "t [two] (2)"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "n_sets"),
    [
        ("hallmark_msigdb_v7.0.gmt", 50),
        ("go_bp_enrichr_2021.gmt", 6036),
        ("reactome_msigdb_2025.gmt", 1787),
        ("btm_li2014.gmt", 346),
    ],
)
def test_real_files(shared_data, file, n_sets):
    found = read_gmt(shared_data / file).gene_sets
    assert len(found) == n_sets
    assert np.mean([len(gene_set.genes) for gene_set in found]) > 5
