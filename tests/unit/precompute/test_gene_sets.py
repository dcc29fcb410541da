"""The fit of gene sets to a background of genes: sizes, names, and why nothing fits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precompute.enrichment.gene_lookup import GeneLookup, strip_version
from precompute.enrichment.gene_sets import (
    GeneSet,
    Library,
    load_libraries,
    make_lookup,
    match_sets,
    read_shipped,
)
from precompute.enrichment.name_table import NameTable, read_name_table
from precompute.errors import InputError

CD3D, LCK, TENT5C = "ENSG00000167286", "ENSG00000182866", "ENSG00000183508"


def library(name, **sets) -> Library:
    return Library(name, name, tuple(GeneSet(n, n, tuple(g)) for n, g in sets.items()))


def test_the_shipped_sets():
    (shipped,) = load_libraries(())
    assert shipped == read_shipped()
    assert len(shipped.gene_sets) >= 40
    names = [gene_set.name for gene_set in shipped.gene_sets]
    assert len(set(names)) == len(names)
    for gene_set in shipped.gene_sets:
        assert any(c.isdigit() for c in gene_set.description), f"{gene_set.name}: no source"
        assert len(set(gene_set.genes)) >= 10, gene_set.name
        assert all(g == g.strip() and " " not in g for g in gene_set.genes), gene_set.name


def test_sets_are_cut_to_the_background_and_to_their_size():
    sets = library("one", small="AX", fits="CBAXY", large="ABCDE")
    matched = match_sets([sets], list("ABCDE"), min_size=2, max_size=4)
    assert matched.names == ["fits"]
    assert [found.tolist() for found in matched.members] == [[0, 1, 2]]
    assert matched.library.tolist() == [0]


def test_no_overlap_shows_the_largest_there_is_and_both_sides():
    with pytest.raises(InputError) as caught:
        match_sets([library("one", a="AX", b="YZ")], list("ABC"), 2, 10)
    text = str(caught.value)
    assert "largest overlap of a set with the 3 genes is 1" in text
    assert "The sets name genes as 'A', 'X', 'Y'; the data as 'A', 'B', 'C'" in text


def test_only_sets_that_are_too_large():
    with pytest.raises(InputError, match=r"is 3 \(1 of 1 sets are larger than 2\)"):
        match_sets([library("one", a="ABC")], list("ABC"), 1, 2)


@pytest.mark.parametrize(
    ("in_sets", "in_data", "told"),
    [
        (
            ["Cd3d", "Lck", "Cd8a", "Nkg7"],
            ["CD3D", "LCK", "CD8A", "GNLY"],
            "3 of the sets' 4 genes would match in capitals: the sets look like mouse symbols "
            "(Cd3d), the data like human ones (CD3D)",
        ),
        (
            ["CD3D", "LCK", "CD8A", "NKG7"],
            ["Cd3d", "Lck", "Cd8a", "Gnly"],
            "would match in capitals: the data look like mouse symbols (Cd3d), the sets like",
        ),
        (
            ["cd3d", "lck", "cd8a", "nkg7"],
            ["CD3D", "LCK", "CD8A", "GNLY"],
            "3 of the sets' 4 genes would match in capitals",
        ),
        ([CD3D, LCK], ["CD3D", "LCK"], "The sets hold Ensembl ids, the data symbols: name the"),
        (["CD3D", "LCK"], [CD3D, LCK], "The sets hold symbols, the data Ensembl ids"),
        (["915", "3932"], ["CD3D", "LCK"], "The sets hold numbers, such as Entrez ids, the data"),
    ],
    ids=["mouse sets", "mouse data", "small letters", "ids in sets", "ids in data", "Entrez"],
)
def test_why_nothing_fits(in_sets, in_data, told):
    with pytest.raises(InputError) as caught:
        match_sets([library("one", a=in_sets)], in_data, 2, 10)
    assert told in str(caught.value)


def test_a_library_that_hardly_fits_is_told():
    genes = [f"G{i}" for i in range(30)]
    good = library("good", a=genes)
    poor = library("poor", b=[*genes[:2], *(gene.lower() for gene in genes)])
    matched = match_sets([good, poor], genes, 2, 100)
    assert matched.names == ["a", "b"]
    (notice,) = matched.notices
    assert notice.startswith("poor: only 2 of its 32 genes are among the 30 tested.")
    assert "30 of the sets' 32 genes would match in capitals" in notice


def test_a_small_background_is_no_misfit():
    genes = [f"G{i}" for i in range(300)]
    assert match_sets([library("large", a=genes)], genes[:20], 2, 100).notices == ()


def test_a_missing_column_of_descriptions_is_told():
    sets = Library("one", "one.gmt", tuple(GeneSet(n, "A", tuple("BCD")) for n in "xyz"))
    (notice,) = match_sets([sets], list("ABCD"), 2, 10).notices
    assert notice.startswith("one.gmt: in most sets the second column is a gene of the data")


def test_sets_of_several_libraries_keep_unique_names():
    pair = [library("one", t="AB", b="AB"), library("two", t="AB")]
    matched = match_sets(pair, list("AB"), 2, 10)
    assert matched.names == ["t [one]", "b", "t [two]"]
    assert matched.library.tolist() == [0, 0, 1]
    twice = match_sets([pair[1], pair[1]], list("AB"), 2, 10)
    assert twice.names == ["t [two]", "t [two] (2)"]


def test_provenance_has_each_library_with_its_digest_and_counts():
    one = Library("one", "one.gmt", (GeneSet("a", "", tuple("ABX")),), "0" * 64, ("told",))
    matched = match_sets([one, library("two", b="AB", c="A")], list("AB"), 2, 10)
    assert matched.provenance() == [
        {
            "name": "one",
            "source": "one.gmt",
            "sha256": "0" * 64,
            "n_gene_sets": 1,
            "n_kept": 1,
            "n_genes": 3,
            "found": {"symbol": 2},
            "ambiguous": 0,
            "notices": ["told"],
        },
        {
            "name": "two",
            "source": "two",
            "sha256": "",
            "n_gene_sets": 2,
            "n_kept": 1,
            "n_genes": 2,
            "found": {"symbol": 2},
            "ambiguous": 0,
            "notices": [],
        },
    ]
    assert "one.gmt: told" in matched.notices


def test_ids_of_the_data_with_and_without_versions():
    lookup = make_lookup(["CD3D", "LCK"], [f"{CD3D}.15", LCK])
    assert [lookup.find(name) for name in (CD3D, f"{CD3D}.15", f"{CD3D}.9", f"{LCK}.1", "LCK")] == [
        *(0, 0, 0, 1, 1)
    ]
    assert [lookup.how(name) for name in (CD3D, f"{CD3D}.15", LCK, "LCK", "GNLY")] == [
        *("unversioned", "id", "id", "symbol", "unknown")
    ]
    matched = match_sets([library("one", a=[CD3D, LCK])], lookup, 2, 10)
    assert matched.members[0].tolist() == [0, 1]
    assert matched.notices == (
        "one: of 2 genes were found 1 by id, 1 by Ensembl id without its version.",
    )


def test_two_versions_of_one_id_in_the_data_mean_none():
    lookup = make_lookup(["A", "B"], [f"{CD3D}.1", f"{CD3D}.2"])
    assert (lookup.find(CD3D), lookup.how(CD3D)) == (-1, "ambiguous")
    assert lookup.find(f"{CD3D}.2") == 1


def test_only_versions_of_ensembl_ids_are_cut():
    assert strip_version("ENSG00000167286.15") == CD3D
    assert strip_version("ENSMUSG00000032094.8") == "ENSMUSG00000032094"
    for name in ("AC012345.1", "ENSG00000167286.15_PAR_Y", "CD3D"):
        assert strip_version(name) == name


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "names.tsv"
    path.write_text(
        f"alias\tsymbol\nFAM46C\tTENT5C\n{TENT5C}\tTENT5C\n{CD3D}\tCD3D\n{LCK}\tLCK\n"
        "MLL\tKMT2A\nMLL\tMLLT1\nCD3D\tOTHER\nGNLY\t\n"
    )
    return str(path)


def test_a_former_symbol_is_found_whichever_side_has_it(table):
    assert make_lookup(["TENT5C"], aliases=table).find("FAM46C") == 0
    assert make_lookup(["FAM46C"], aliases=table).find("TENT5C") == 0
    assert make_lookup(["FAM46C"], aliases=table).find(TENT5C) == 0
    assert make_lookup(["TENT5C"], aliases=table).how("FAM46C") == "table"
    assert make_lookup(["TENT5C"]).find("FAM46C") == -1


def test_ids_and_symbols_meet_through_a_table(table):
    by_symbol = make_lookup(["CD3D", "LCK"], aliases=table)
    assert [by_symbol.find(name) for name in (CD3D, f"{LCK}.7")] == [0, 1]
    by_id = make_lookup([f"{CD3D}.15", LCK], aliases=table)
    assert [by_id.find(name) for name in ("CD3D", "LCK")] == [0, 1]


def test_an_alias_of_several_symbols_is_dropped_and_told(table):
    lookup = make_lookup(["KMT2A", "CD3D", "LCK"], aliases=table)
    assert (lookup.find("MLL"), lookup.how("MLL")) == (-1, "ambiguous")
    assert make_lookup(["CD3D"], aliases=table).how("MLL") == "unknown"
    matched = match_sets([library("one", a=["MLL", "CD3D", LCK])], lookup, 2, 10)
    assert matched.members[0].tolist() == [1, 2]
    assert matched.notices == (
        "one: of 3 genes were found 1 through the table of names.",
        "one: 1 name(s) that can mean several genes of the data were dropped (first: MLL).",
    )


def test_two_genes_of_the_data_with_one_meaning(table):
    both = make_lookup(["FAM46C", TENT5C], aliases=table)
    assert (both.find("TENT5C"), both.how("TENT5C")) == (-1, "ambiguous")
    # The gene that bears the symbol itself is meant, not the one with its former name.
    assert make_lookup(["FAM46C", "TENT5C"], aliases=table).find(TENT5C) == 1


def test_an_id_tells_better_than_a_symbol_what_a_gene_is_called_now(tmp_path):
    path = tmp_path / "ids.tsv"
    path.write_text(f"{LCK}\tNEW\n{CD3D}\tOLD\n")
    # The symbol OLD has passed from the gene of the data to another one.
    lookup = make_lookup(["OLD"], [LCK], str(path))
    assert (lookup.find("NEW"), lookup.find(CD3D)) == (0, -1)


def test_a_symbol_in_use_is_no_alias(table):
    assert make_lookup(["OTHER"], aliases=table).find("CD3D") == -1


def test_tables_of_names_and_their_faults(tmp_path, table):
    read = read_name_table(tmp_path / "names.tsv")
    assert read.symbols["MLL"] == {"KMT2A", "MLLT1"} and "GNLY" not in read.symbols
    assert "alias" not in read.symbols and len(read.digest) == 64
    path = tmp_path / "bad.tsv"
    path.write_text("FAM46C TENT5C\n\tTENT5C\n")
    with pytest.raises(InputError, match=r"bad.tsv: 2 fault\(s\)"):
        read_name_table(path)
    path.write_text("alias\tsymbol\n")
    with pytest.raises(InputError, match="holds no alias"):
        read_name_table(path)


@pytest.mark.shared
def test_a_real_table_of_ids(shared_data):
    read = read_name_table(shared_data / "gencode44_ensembl_symbol.tsv.gz")
    assert isinstance(read, NameTable) and len(read.symbols) > 60_000
    assert read.meanings(CD3D) == {"CD3D"} and "ensembl_id" not in read.symbols


NAMES = st.text("ABC", min_size=1, max_size=2)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(NAMES, min_size=1, max_size=6, unique=True),
    st.dictionaries(NAMES, st.frozensets(NAMES, min_size=1, max_size=2), max_size=6),
    NAMES,
    st.randoms(use_true_random=False),
)
def test_a_gene_is_found_by_its_symbol_and_by_no_order_of_things(symbols, meant, name, rng):
    lookup = GeneLookup(symbols, None, NameTable("x", "", meant))
    assert [lookup.find(symbol) for symbol in symbols] == list(range(len(symbols)))
    mixed = rng.sample(symbols, len(symbols))
    again = GeneLookup(
        mixed, None, NameTable("x", "", dict(rng.sample([*meant.items()], len(meant))))
    )
    assert again.how(name) == lookup.how(name)
    found = lookup.find(name)
    assert (again.find(name) < 0) == (found < 0)
    if found >= 0:
        assert mixed[again.find(name)] == symbols[found]
