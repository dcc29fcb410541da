"""A user's list in the concepts, and the concepts' gene sets as GMT."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from scconcepts_app.store.columns import encode_strings
from scconcepts_app.views.gene_lists import (
    find_ranked_genes,
    list_top_genes,
    name_ranking,
    place_in_expression,
    place_list,
    read_genes,
)
from scconcepts_app.views.gene_search import index_genes
from scconcepts_app.views.gene_set_files import gene_set_lines
from tests.unit.app.conftest import with_arrays

CD8 = "CD8A cd8b, GZMK;CD3G|CCL5\nENSG00000000010 NOSUCH GENE29"


def test_a_pasted_list_is_read(store):
    found = read_genes(store, index_genes(store), CD8)
    symbols = [store.gene_symbols[gene] for gene in found.genes]
    assert symbols == ["CD8A", "CD8B", "GZMK", "CD3G", "CCL5"]  # the id is that of CD8A
    assert found.unknown == ["NOSUCH"]
    assert found.outside == ["GENE29"]  # the model does not read the last three genes


def test_the_background_is_what_the_model_reads(store, plain_store):
    assert find_ranked_genes(store).sum() == 57
    assert find_ranked_genes(plain_store).sum() == 57  # what the comparison tested
    assert "Nearest inactive cells" in name_ranking(store)
    assert "differential expression" in name_ranking(plain_store)


def test_top_genes_have_presence(store):
    rows = store.attribution("neighbours").rows(2)
    n_positive = int((np.asarray(rows["presence"]) > 0).sum())
    assert len(list_top_genes(store, 2, 1000)) == n_positive < 57
    top = [store.gene_symbols[gene] for gene in list_top_genes(store, 2, 5)]
    assert top == ["CD8A", "CD8B", "GZMK", "CD3G", "CCL5"]


def test_a_list_is_placed_and_its_p_is_scipys(store):
    genes = read_genes(store, index_genes(store), CD8).genes
    rows = place_list(store, genes, 25)
    assert rows[0].id == "c0003"
    assert (rows[0].n_found, rows[0].n_top) == (5, 25)
    assert rows[0].expected == pytest.approx(25 * 5 / 57)
    assert rows[0].p == pytest.approx(hypergeom.sf(4, 57, 5, 25))
    assert rows[0].q == pytest.approx(min(1, rows[0].p * 6))
    assert rows[0].to_dict()["found"] == "CD8A CD8B GZMK CD3G CCL5"
    assert [row.p for row in rows] == sorted(row.p for row in rows)


def test_a_concept_without_genes_has_no_p(silent_store):
    rows = {row.id: row for row in place_list(silent_store, [0, 1], 25)}
    assert (rows["c0001"].n_top, rows["c0001"].p, rows["c0001"].fold) == (0, None, None)


def test_a_list_in_the_expression_of_a_set(store):
    ids = list(store.strings("genes/id"))
    z = [9.0, 8.0, None, 7.0, -3.0, 6.0]
    rows = [[store.gene_symbols[g], ids[g], value] for g, value in enumerate(z)]
    hit = place_in_expression(store, [1, 2, 4], rows, 3)
    # Five genes have a z, two of them on the list; the top three are genes 0, 1 and 3.
    assert (hit.n_found, hit.n_top, hit.found) == (1, 3, ["MS4A1"])
    assert hit.expected == pytest.approx(3 * 2 / 5)
    assert hit.p == pytest.approx(hypergeom.sf(0, 5, 2, 3))


def lines(store, n=5, labels=None, attribution=None):
    rows = gene_set_lines(store, labels or {}, n, attribution)
    return {(parts := line.rstrip("\n").split("\t"))[0]: parts[1:] for line in rows}


def test_gene_sets_of_presence_and_of_absence(store):
    found = lines(store, labels={"c0001": "B\tcells,\n naive"})
    assert found["c0001"] == ["B cells, naive", "CD79A", "MS4A1", "CD79B", "CD74", "HLA-DRA"]
    rows = store.attribution("neighbours").rows(0)
    order = np.argsort(-np.asarray(rows["absence"]))[:5]
    genes = [store.gene_symbols[g] for g in np.asarray(rows["gene"])[order]]
    assert found["c0001_absence"][1:] == genes
    assert found["c0002"][0] == "c0002"  # a description is never empty


def test_names_and_genes_cannot_break_the_format(store):
    symbols = ["GENE A\tB", *store.gene_symbols[1:]]
    parts = encode_strings(symbols)
    variant = with_arrays(store, {f"genes/symbol/{k}": v for k, v in parts.items()})
    variant.__dict__.pop("gene_symbols", None)
    assert lines(variant)["c0001"][1] == "GENE_A_B"


def test_without_attribution_the_sets_are_those_of_expression(plain_store):
    found = lines(plain_store)
    assert {"c0001_higher", "c0001_lower"} <= set(found)
    assert set(found["c0001_higher"][1:]) == {"CD79A", "MS4A1", "CD79B", "CD74", "HLA-DRA"}


def test_empty_sets_are_left_out(silent_store):
    assert not [name for name in lines(silent_store) if name.startswith("c0001")]
