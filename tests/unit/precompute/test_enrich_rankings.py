"""The command enrich-rankings: its table, and what it says to files that are not in order."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from precompute.cli import main

GENES = [f"GENE{i}" for i in range(200)]
RNG = np.random.default_rng(0)


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path, Path]:
    """Two rankings, one with a planted set, and two GMT files."""
    table = pd.DataFrame(RNG.normal(size=(200, 2)), GENES, ["first", "second, with comma"])
    table.iloc[:15, 0] += 3
    table.iloc[20, 1] = np.nan
    table.to_csv(tmp_path / "rankings.csv")
    chosen = [RNG.choice(GENES, 12 + i, replace=False) for i in range(6)]
    for name, sets in (("a", [GENES[:15], *chosen[:3]]), ("b", chosen[3:])):
        lines = [f"{name}{i}\t-\t" + "\t".join(found) for i, found in enumerate(sets)]
        (tmp_path / f"{name}.gmt").write_text("\n".join(lines))
    return tmp_path / "rankings.csv", tmp_path / "a.gmt", tmp_path / "b.gmt"


def run(
    rankings: Path, *gmt: Path, options: tuple[str, ...] = (), name: str = "table.csv"
) -> tuple[int, Path]:
    out = rankings.parent / name
    named = [part for path in gmt for part in ("--gene-sets", str(path))]
    return main(["enrich-rankings", str(rankings), *named, "--out", str(out), *options]), out


def test_the_table_has_a_row_for_each_ranking_and_set(files, capsys):
    status, out = run(*files)
    assert status == 0 and "2 rankings x 7 gene sets" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert table.columns.tolist() == [
        *("ranking", "gene_set", "size", "es", "nes", "p", "q", "q_table", "leading_edge")
    ]
    assert table["ranking"].tolist() == ["first"] * 7 + ["second, with comma"] * 7
    best = table.iloc[0]
    assert (best["gene_set"], best["size"]) == ("a0", 15)
    assert best["es"] > 0.8 and best["p"] < 1e-6
    assert set(best["leading_edge"].split(";")) <= set(GENES[:15])
    for _, own in table.groupby("ranking"):
        assert own["p"].is_monotonic_increasing and set(own["gene_set"]) == set(table["gene_set"])
        assert np.allclose(own["q"], false_discovery_control(own["p"]), rtol=1e-4)
    assert np.allclose(table["q_table"], false_discovery_control(table["p"]), rtol=1e-4)
    assert sorted(path.name for path in out.parent.iterdir()) == [
        *("a.gmt", "b.gmt", "rankings.csv", "table.csv")
    ]


def test_gseapy_gives_the_same_scores(files):
    _, out = run(*files)
    batched = pd.read_csv(out).set_index(["ranking", "gene_set"]).sort_index()
    status, out = run(*files, options=("--method", "gseapy"), name="reference.csv")
    assert status == 0
    reference = pd.read_csv(out).set_index(["ranking", "gene_set"]).sort_index()
    assert np.allclose(batched["es"], reference["es"], atol=1e-6)
    assert batched["leading_edge"].tolist() == reference["leading_edge"].tolist()
    assert np.allclose(batched["nes"], reference["nes"], rtol=0.1)
    assert np.allclose(np.log10(batched["p"]), np.log10(reference["p"]), atol=1)


def damage(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("GENE7,", "GENE8,", "gene GENE8 stands 2 times"),
        ("GENE7,", ",", "1 line(s) without a gene"),
        ("GENE7,", "GENE7,high", "for gene GENE7 in column 'first' is not a number"),
        (",first,", ',"second, with comma",', "2 columns are named 'second, with comma'"),
        (",first,", ",first,third,", "line 2: 3 field(s), not the 4 of the header"),
        (",first,", ",,", "column 2 has no name in the header"),
        ("GENE7,", "GENE7,1_000,", "line 9: 4 field(s), not the 3 of the header"),
    ],
)
def test_damaged_rankings_are_named(files, capsys, old, new, told):
    damage(files[0], old, new)
    status, out = run(*files)
    message = capsys.readouterr().err
    assert status == 2 and not out.exists()
    assert "rankings.csv" in message and told in message


def test_only_finite_numbers_rank(files, capsys):
    table = pd.read_csv(files[0], index_col=0)
    table.loc["GENE9", "first"] = np.inf
    table.to_csv(files[0])
    assert run(*files)[0] == 2
    assert "'inf' for gene GENE9 in column 'first' is not a number" in capsys.readouterr().err


def test_rankings_without_rows_or_columns(files, capsys):
    files[0].write_text("gene,first\n")
    assert run(*files)[0] == 2 and "no gene" in capsys.readouterr().err
    files[0].write_text("gene\nGENE1\nGENE2\n")
    assert run(*files)[0] == 2 and "no ranking" in capsys.readouterr().err
    files[0].write_text("")
    assert run(*files)[0] == 2 and "is no CSV table" in capsys.readouterr().err
    files[0].write_bytes(b"gene,a\nG1,\xff\xfe\n")
    assert run(*files)[0] == 2 and "for gene G1 in column 'a'" in capsys.readouterr().err
    assert run(files[0].with_name("absent.csv"), *files[1:])[0] == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_file_that_is_there_stays(files, capsys):
    names = files[0].with_name("names.tsv")
    names.write_text("ENSG00000000001\tGENE1\n")
    kept = files[0].with_name("kept.csv")
    kept.write_text("mine")
    link = files[0].with_name("link.csv")
    link.symlink_to(files[0])
    told = {
        files[0]: "is the file of rankings",
        link: "is the file of rankings",
        files[1]: "is a file of gene sets",
        names: "is the table of names",
        kept: "is there already. Expected a new file",
    }
    before = {path: path.read_bytes() for path in told}
    for path, words in told.items():
        assert run(*files, options=("--aliases", str(names)), name=path.name)[0] == 2
        assert f"{path.name}: {words}" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in told} == before


def test_names_and_leading_edges_of_any_length(files):
    """Python's reader of CSV stops at 131,072 characters in a field."""
    long = "G" * 200_000
    damage(files[0], "GENE7,", f"{long},")
    damage(files[1], "GENE7\t", f"{long}\t")
    damage(files[1], "a0\t", "S" * 300_000 + "\t")
    status, out = run(*files)
    assert status == 0
    with out.open(newline="") as file:
        best = file.read().split("\n")[1]
    assert best.startswith("first," + "S" * 300_000 + ",15,") and long in best.rsplit(",", 1)[1]


@pytest.mark.parametrize("method", ["batched", "gseapy"])
def test_a_set_of_all_genes_says_nothing(files, method):
    files[1].write_text("whole\t-\t" + "\t".join(GENES))
    status, out = run(*files, options=("--method", method))
    whole = pd.read_csv(out).set_index("gene_set").loc["whole"]
    assert status == 0 and set(whole["p"]) == {1} and set(whole["nes"]) == {0}
    alone, out = run(*files[:2], options=("--method", method), name="alone.csv")
    assert alone == 0 and pd.read_csv(out)["p"].tolist() == [1, 1]


def test_rankings_that_say_nothing_are_named(files, caplog):
    table = pd.read_csv(files[0], index_col=0)
    table["constant"], table["empty"] = 2.5, np.nan
    table.to_csv(files[0])
    status, out = run(*files)
    found = pd.read_csv(out)
    assert status == 0 and set(found.loc[found["ranking"] == "empty", "p"]) == {1}
    assert "rankings.csv: 201 of 800 cells are empty and were taken as 0" in caplog.text
    assert "2 ranking(s) say nothing" in caplog.text
    assert "every set has p = 1: constant, empty" in caplog.text
    assert all(record.levelname == "WARNING" for record in caplog.records)


def test_rankings_in_order_bring_no_warning(files, caplog):
    pd.read_csv(files[0], index_col=0).fillna(0.5).to_csv(files[0])
    assert run(*files)[0] == 0 and caplog.text == ""


def test_concepts_and_their_rankings_are_of_a_store(files, capsys):
    for option in (("--concept", "c0001"), ("--ranking", "presence")):
        assert run(*files, options=option)[0] == 2
        assert "rankings.csv: is no folder, and --concept" in capsys.readouterr().err


def test_gene_sets_that_share_no_gene_or_are_damaged(files, capsys):
    files[1].write_text("a\t-\tGene1\tGene2")
    assert run(*files[:2])[0] == 2 and "largest overlap" in capsys.readouterr().err
    files[1].write_text("only a name")
    status, out = run(*files)
    assert status == 2 and "a.gmt: 1 fault(s)" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    "options",
    [("--min-size", "0"), ("--max-size", "3"), ("--seed", "-1"), ("--threads", "0")],
)
def test_options_that_mean_nothing(files, capsys, options):
    status, out = run(*files, options=options)
    assert status == 2 and "1 <= --min-size" in capsys.readouterr().err and not out.exists()


def test_a_closed_folder_is_refused_before_anything_is_computed(files, capsys):
    named = ["--gene-sets", str(files[1])]
    out = files[0].parent / "missing" / "table.csv"
    assert main(["enrich-rankings", str(files[0]), *named, "--out", str(out)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_names_are_found_through_a_table_and_told(files, capsys, caplog):
    names = files[0].with_name("names.tsv")
    names.write_text("".join(f"ENSG{i:011}\tGENE{i}\n" for i in range(200)))
    text = files[1].read_text()
    ids = "\t".join(f"ENSG{i:011}.4" for i in range(15))
    files[1].write_text(text.replace("\t".join(GENES[:15]), ids, 1))
    caplog.set_level("INFO", "precompute")
    status, out = run(*files[:2], options=("--aliases", str(names)))
    assert status == 0
    best = pd.read_csv(out).iloc[0]
    assert (best["gene_set"], best["size"]) == ("a0", 15)
    assert "a.gmt: of" in caplog.text and "15 through the table of names" in caplog.text
    assert run(*files[:2], options=("--aliases", "absent.tsv"), name="other.csv")[0] == 2
    assert "absent.tsv: cannot be read" in capsys.readouterr().err
