"""GMT texts and files in their dialects: what is read, what is told, what is refused."""

import gzip
import random
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from precompute.enrichment.gene_sets import GeneSet, Library, read_gmt
from precompute.enrichment.gmt import format_gmt, parse_gmt
from precompute.errors import InputError

T_CELL = GeneSet("T cell", "Zheng 2017", ("CD3D", "CD3E", "LCK"))
LINE = "T cell\tZheng 2017\tCD3D\tCD3E\tLCK"
quick = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize(
    "text",
    [
        f"{LINE}\n",
        LINE,
        f"{LINE}\r\n",
        f"{LINE}\r",
        f"\ufeff{LINE}\n",
        f"\n  \n{LINE}\n\n",
        "T cell\tZheng 2017\tCD3D\tCD3E\tCD3D\tLCK\tCD3E\n",
        f"{LINE}\t\t\n",
        " T cell \t Zheng 2017 \t CD3D\t CD3E \tLCK\n",
        "T cell\tZheng 2017\tCD3D, CD3E,LCK\n",
    ],
    ids=[
        *("plain", "no end", "CRLF", "CR", "byte order mark", "blank lines", "repeats"),
        *("trailing tabs", "spaces", "commas"),
    ],
)
def test_dialects(text):
    assert parse_gmt(text, "x") == ((T_CELL,), ())


def test_old_mac_line_ends_part_sets_and_a_unicode_line_separator_does_not():
    parsed = parse_gmt("a\t\tA\rb\u2028c\t\tB\r", "x")
    assert [(s.name, s.genes) for s in parsed.gene_sets] == [("a", ("A",)), ("b\u2028c", ("B",))]


def test_weights_are_dropped_and_told():
    parsed = parse_gmt("T cell\tZheng 2017\tCD3D,1.0\tCD3E,0.5\tLCK,1e-3\n", "x")
    assert parsed.gene_sets == (T_CELL,)
    assert parsed.notices == ("3 weights after genes were dropped: sets have no weights here.",)


def test_enrichr_writes_no_description_and_msigdb_an_address():
    assert parse_gmt("a\t\tCD3D\tLCK\n", "x").gene_sets == (GeneSet("a", "", ("CD3D", "LCK")),)
    address = "http://www.gsea-msigdb.org/gsea/msigdb/cards/HALLMARK_HYPOXIA"
    (found,), _ = parse_gmt(f"HALLMARK_HYPOXIA\t{address}\tPGK1\n", "x")
    assert found == GeneSet("HALLMARK_HYPOXIA", address, ("PGK1",))


def test_names_may_hold_commas_and_spaces():
    (found,), _ = parse_gmt("T cell, naive (M1.0), αβ\ta, b\tCD3D\n", "x")
    assert (found.name, found.description) == ("T cell, naive (M1.0), αβ", "a, b")


def test_comments_and_sets_without_genes_are_left_out_and_told():
    parsed = parse_gmt(f"#version 3\nempty\tnone\n{LINE}\nbare\tnone\t\t\n", "x")
    assert parsed.gene_sets == (T_CELL,)
    assert parsed.notices == (
        "2 sets without genes left out: empty, bare.",
        "1 line(s) that begin with # were taken for comments.",
    )


def test_a_repeated_set_is_kept_once_when_its_genes_are_the_same():
    parsed = parse_gmt(f"{LINE}\nb\t\tB\nT cell\tagain\tLCK\tCD3E\tCD3D\n", "x")
    assert parsed.gene_sets == (T_CELL, GeneSet("b", "", ("B",)))
    assert parsed.notices == ("1 set met again with the same genes, kept once: T cell.",)


def test_all_faults_in_one_message():
    with pytest.raises(InputError) as caught:
        parse_gmt("a\tb\tC\n\tb\tC\nonly\na b c\na\tb\tD\n", "x.gmt")
    text = str(caught.value)
    assert text.startswith("x.gmt: 4 fault(s) in the GMT format:")
    for expected in (
        "line 2: no name before the first tab",
        "line 3 ('only'): no tab in it",
        "line 4 ('a b c'): no tab in it",
        "set 'a' stands on lines 1 and 5 with different genes",
    ):
        assert expected in text


def test_a_long_list_of_faults_is_cut_and_so_are_long_names():
    with pytest.raises(InputError) as caught:
        parse_gmt(f"{'word' * 1000}\n" * 30, "x.gmt")
    text = str(caught.value)
    assert "30 fault(s)" in text and text.count("line ") == 10 and len(text) < 1500


@pytest.mark.parametrize("text", ["", "\n\n", "   ", "# nothing\n"])
def test_nothing_in_it(text):
    with pytest.raises(InputError, match="holds no gene set"):
        parse_gmt(text, "x")


def test_only_empty_sets():
    with pytest.raises(InputError, match="holds no gene set that has genes"):
        parse_gmt("a\tb\nc\td\t\t\n", "x")


WORDS = st.text("abAB12 .,-()é", min_size=1, max_size=8).map(str.strip).filter(bool)
GENES = st.text("ABC123-.", min_size=1, max_size=5)
SETS = st.lists(
    st.builds(
        GeneSet,
        WORDS,
        st.just("") | WORDS,
        st.lists(GENES, min_size=1, max_size=6, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda s: s.name,
).map(tuple)


@quick
@given(SETS, st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_written_is_read_back(gene_sets, end):
    assert parse_gmt(format_gmt(gene_sets).replace("\n", end), "x") == (gene_sets, ())


@quick
@given(SETS, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_genes_changes_no_set(gene_sets, rng: random.Random):
    mixed = [GeneSet(s.name, s.description, tuple(_shuffled(s.genes, rng))) for s in gene_sets]
    found, _ = parse_gmt(format_gmt(tuple(_shuffled(mixed, rng))), "x")
    assert {s.name: set(s.genes) for s in found} == {s.name: set(s.genes) for s in gene_sets}


def _shuffled(items, rng):
    return rng.sample(list(items), len(items))


@quick
@given(st.text(st.sampled_from("aB1,.#\t\t\n\r \ufeff\x00é\u2028"), max_size=40) | st.text())
@example("\t\t\t")
def test_any_text_is_read_or_refused(text):
    try:
        found, _ = parse_gmt(text, "x")
    except InputError as error:
        assert str(error).startswith("x: ")
    else:
        assert found and all(s.name and s.genes and all(s.genes) for s in found)
        assert len({s.name for s in found}) == len(found)
        assert all(len(set(s.genes)) == len(s.genes) for s in found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gmt")


@quick
@given(st.binary(max_size=60), st.sampled_from([b"", b"\x1f\x8b", b"\xff\xfe", b"a\tb\tC\n"]))
def test_any_bytes_are_read_or_refused(folder, body, start):
    path = folder / "any.gmt"
    path.write_bytes(start + body)
    try:
        assert read_gmt(path).gene_sets
    except InputError as error:
        assert str(error).startswith(f"{path}: ")


@quick
@given(st.binary(max_size=60) | st.just(LINE.encode()), st.integers(0, 90))
def test_any_gzip_is_read_or_refused(folder, body, kept):
    path = folder / "any.gmt.gz"
    path.write_bytes(gzip.compress(body, mtime=0)[:kept])
    try:
        assert read_gmt(path).gene_sets
    except InputError as error:
        assert str(error).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("sets.gmt", LINE.encode("utf-8-sig")),
        ("sets.gmt.gz", gzip.compress(LINE.encode())),
        ("sets.gmt", gzip.compress(LINE.encode())),
        ("sets.txt", LINE.encode("utf-16")),
    ],
    ids=["byte order mark", "gzip", "gzip under another name", "Excel's Unicode text"],
)
def test_files(tmp_path, name, raw):
    path = tmp_path / name
    path.write_bytes(raw)
    found = read_gmt(path)
    assert found == Library("sets", name, (T_CELL,))
    assert len(found.digest) == 64


def test_bytes_of_another_encoding_are_read_and_told(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_bytes("a\t\tB\nSjögren’s\t\tCD3D\n".encode("cp1252"))
    found = read_gmt(path)
    assert found.gene_sets[1].name == "Sjögren’s"
    assert found.notices == (
        "It is not UTF-8 (line 2): read as Windows-1252, check names with accents.",
    )


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"a\tb\tC\x00\x01", "is not text (it holds control characters"),
        (b"a\tb\tC\x81", "is not text"),
        (b"\xff\xfea", "is not text"),
        (gzip.compress(LINE.encode())[:-9], "a gzip file that cannot be unpacked"),
        (b"PK\x03\x04rest", "is a zip archive or a workbook"),
        (b"<!DOCTYPE html><html>", "holds a web page"),
        (b'{"HALLMARK_HYPOXIA": {}}', "holds JSON"),
    ],
    ids=["binary", "bytes of no encoding", "half a character", "cut", "zip", "web page", "JSON"],
)
def test_what_is_no_gmt_is_named(tmp_path, raw, told):
    path = tmp_path / "sets.gmt"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_gmt(path)
    assert str(caught.value).startswith(f"{path}: ") and told in str(caught.value)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match="none.gmt: cannot be read.*No such file"):
        read_gmt(tmp_path / "none.gmt")
    with pytest.raises(InputError, match="cannot be read.*directory"):
        read_gmt(tmp_path)


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("precompute.enrichment.text_file.MOST_BYTES", 1000)
    path = tmp_path / "sets.gmt.gz"
    path.write_bytes(gzip.compress(b"a" * 1001))
    with pytest.raises(InputError, match="unpacks to more than 1,000 bytes"):
        read_gmt(path)


def test_a_line_of_ten_megabytes(tmp_path):
    path = tmp_path / "sets.gmt"
    genes = [f"GENE{i:08}" for i in range(800_000)]
    path.write_text("\t".join(["large", "", *genes, *genes[:10]]) + f"\n{LINE}\n")
    assert path.stat().st_size > 10e6
    started = time.perf_counter()
    large, small = read_gmt(path).gene_sets
    assert len(large.genes) == 800_000 and small == T_CELL
    assert time.perf_counter() - started < 20
    path.write_text("no tab " * 1_500_000)
    with pytest.raises(InputError) as caught:
        read_gmt(path)
    assert len(str(caught.value)) < 1000


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
    found = read_gmt(shared_data / file)
    assert len(found.gene_sets) == n_sets and not found.notices
    assert sum(len(s.genes) for s in found.gene_sets) > 5 * n_sets
