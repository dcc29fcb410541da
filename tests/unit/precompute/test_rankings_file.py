"""Files of rankings as they come: their dialects, and what is said of those that cannot be read."""

import csv
import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from precompute.enrichment.rankings_file import read_rankings
from precompute.errors import InputError

TEXT = 'gene,up,"down, with comma"\nA,1,-2.5\n B ,NA,1e-3\nC,0,7\n'
VALUES = np.array([[1, np.nan, 0], [-2.5, 1e-3, 7]])


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def check(path: Path) -> None:
    found = read_rankings(path)
    assert found.genes == ["A", "B", "C"] and found.names == ["up", "down, with comma"]
    (block,) = found.blocks
    assert np.array_equal(block, VALUES, equal_nan=True)


def refused(path: Path, content: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_rankings(write(path, content))
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


def as_tabs(text: str) -> str:
    return "\n".join("\t".join(row) for row in csv.reader(text.splitlines()))


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        "\ufeff" + TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        "\n" + TEXT.replace("A,1", "\n   \nA,1", 1).rstrip("\n"),
        TEXT.encode("utf-16"),
        gzip.compress(TEXT.encode()),
    ],
)
def test_dialects(tmp_path, content):
    check(write(tmp_path / "rankings.csv", content))


def test_gzip_by_its_usual_name(tmp_path):
    check(write(tmp_path / "rankings.csv.gz", gzip.compress(TEXT.encode())))


@pytest.mark.parametrize("name", ["r.tsv", "r.txt", "r.tsv.gz"])
def test_tabs_where_the_name_says_so(tmp_path, name):
    content = as_tabs(TEXT).encode()
    check(write(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content))


def test_tabs_where_the_header_has_no_comma(tmp_path):
    found = read_rankings(write(tmp_path / "r.csv", "\tup\tdown\nA\t1\t2\n"))
    assert found.genes == ["A"] and found.names == ["up", "down"]


def test_zip_and_workbooks_are_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as file:
        file.writestr("r.csv", TEXT)
    assert "is a zip archive" in refused(tmp_path / "r.csv", (tmp_path / "r.zip").read_bytes())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("gene;a;b\nA;0,5;1,5\nB;1;2,5\n", "one field, 'gene;a;b': semicolons seem to separate"),
        ("gene;a\nA;5\n", "one field, 'gene;a': semicolons seem to separate"),
        ('"a" "b"\n"A" 1 2\n', "spaces seem to separate the fields"),
        ("a,b\nA,1.5,2\nB,3.5,4\n", "every other line 3: the head of the gene column is missing"),
        ("a\nA,1\nB,3\n", "1 field(s) and every other line 2: the head of the gene column"),
        ("a\tb\tc\nA\t1\t2\t3\n", "every other line 4: the head of the gene column is missing"),
        ("gene,a,b\nA,0,5,1,5\nB,-1,5,2,5\n", "every other line 5: the numbers have decimal comm"),
        ("gene,a\nA,0,5\nB,-1,5\n", "col.names = NA), or the numbers have decimal commas"),
        ("gene\ta\nA\t0,5\n", "'0,5' for gene A in column 'a' is not a number"),
        ("gene\ta\nA\t0,5\n", "Decimals stand behind a point, not a comma."),
        ("gene\nA\nB\n", "1 fault(s):\n  - no column after the first: no ranking"),
        ("gene,a\nA,1_000\n", "'1_000' for gene A in column 'a' is not a number"),
        ("\n \n", "is no CSV table: it is empty"),
    ],
)
def test_what_is_wrong_with_every_line_is_said_once(tmp_path, content, told):
    assert told in refused(tmp_path / "rankings.csv", content)


def test_decimal_commas_are_not_blamed_for_points(tmp_path):
    assert "decimal commas" not in refused(tmp_path / "r.csv", "a,b\nA,1.5,2\nB,3.5,4\n")


def test_all_faults_are_counted_and_ten_are_named(tmp_path):
    lines = [f"G{i},high" for i in range(20)] + [f"G{i},1,2" for i in range(7)] + ["G1,1"]
    message = refused(tmp_path / "r.csv", "gene,a\n" + "\n".join(lines))
    assert "r.csv: 28 fault(s):" in message
    listed = [line for line in message.split("\n") if line.startswith("  - ")]
    assert len(listed) == 11 and listed[-1] == "  - …"
    assert listed[0] == "  - 'high' for gene G0 in column 'a' is not a number"


def test_long_cells_are_cut_in_messages(tmp_path):
    message = refused(tmp_path / "r.csv", f"gene,{'a' * 999}\n{'G' * 999},{'x' * 999}\n")
    assert len(message) < 500 and "G…" in message and "a…" in message and "x…" in message


def test_the_limit_of_fields_is_put_back(tmp_path):
    usual = csv.field_size_limit()
    check(write(tmp_path / "r.csv", TEXT))
    refused(tmp_path / "r.csv", "gene,a\nA,x\n")
    assert csv.field_size_limit() == usual


@given(st.text(st.sampled_from('AB1,;\t"\n\r -.eE_|\u2028'), max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_read_or_refused(tmp_path, text):
    path = write(tmp_path / "r.csv", text)
    try:
        found = read_rankings(path)
    except InputError:
        return
    (block,) = found.blocks
    assert block.shape == (len(found.names), len(found.genes)) and block.size
    assert len(set(found.genes)) == len(found.genes) and "" not in found.genes
    assert not np.isinf(block).any()


@given(
    st.lists(
        st.lists(st.floats(allow_infinity=False), min_size=2, max_size=2), min_size=1, max_size=8
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_numbers_are_read_as_they_were_written(tmp_path, rows):
    lines = [f"G{i},{a!r},{b!r}" for i, (a, b) in enumerate(rows)]
    found = read_rankings(write(tmp_path / "r.csv", "\n".join(["gene,a,b", *lines])))
    (block,) = found.blocks
    assert np.array_equal(block.T, np.array(rows), equal_nan=True)
