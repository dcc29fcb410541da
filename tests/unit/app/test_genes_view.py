"""Genes of a concept: attribution beside DE, presence apart from absence."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.gene_search import find_gene, index_genes, search_genes
from scconcepts_app.views.genes import (
    default_attribution,
    list_genes,
    share_of_effect,
    why_no_attribution,
)
from tests.unit.app.conftest import with_arrays, with_rows


def rows_of(store, concept, key="neighbours"):
    rows = {k: np.asarray(v) for k, v in store.attribution(key).rows(concept).items()}
    return rows, [store.gene_symbols[g] for g in rows["gene"]]


@pytest.mark.parametrize(
    ("name", "column", "sign"),
    [("presence", "presence", 1), ("absence", "absence", 1), ("opposing", "effect", -1)],
)
def test_a_list_holds_the_strongest_of_its_part(store, name, column, sign):
    rows, symbols = rows_of(store, 1)
    strength = sign * rows[column]
    order = np.argsort(-strength, kind="stable")
    expected = [symbols[i] for i in order if strength[i] > 0]
    table = list_genes(store, 1, name, "neighbours", "inactive")
    assert [row.symbol for row in table.rows] == expected[:15]
    assert table.n_listed == len(expected)


def test_numbers_of_a_gene_are_those_of_the_store(store):
    rows, symbols = rows_of(store, 0)
    row = list_genes(store, 0, "presence", "neighbours", "inactive").rows[0]
    at = symbols.index(row.symbol)
    assert row.effect == pytest.approx(rows["presence"][at] + rows["absence"][at], abs=1e-6)
    assert row.standard_error == pytest.approx(0.02)
    assert row.exact == pytest.approx(rows["exact"][at])
    tests = store.differential("inactive").rows(0)
    z = dict(zip(tests["gene"].tolist(), tests["z"].tolist(), strict=True))
    assert row.z == pytest.approx(z[int(rows["gene"][at])])


def test_share_of_total_effect_and_q_by_hand(store):
    rows = {
        "gene": [3, 7, 9],
        "effect": [0.6, -0.3, 0.1],
        "presence": [0.6, 0, 0.1],
        "absence": [0, -0.3, 0],
        "q": [0.01, 0.2, 1.0],
    }
    table = list_genes(
        with_rows(store, "attribution/neighbours", rows), 0, "presence", "neighbours", None
    )
    assert [row.share for row in table.rows] == pytest.approx([0.6, 0.1])
    assert [row.effect_q for row in table.rows] == pytest.approx([0.01, 1.0])
    assert table.share == pytest.approx(0.7)


def test_a_store_of_version_1_has_shares_but_no_q(old_store):
    row = list_genes(old_store, 0, "presence", "neighbours", "inactive").rows[0]
    assert row.share > 0.1
    assert row.effect_q is None


def test_shares_of_effects_that_are_all_zero_are_zero(store):
    assert share_of_effect(np.zeros(3)).tolist() == [0, 0, 0]


def test_genes_not_measured_exactly_are_missing(store):
    table = list_genes(store, 0, "presence", "neighbours", "inactive", n=None)
    known = [row for row in table.rows if row.exact is not None]
    assert 0 < len(known) <= 15 < len(table.rows)


def test_a_gene_without_attribution_is_missing_in_the_list_by_de(store):
    tests = store.differential("inactive")
    gene = np.array(tests.columns["gene"])
    gene[0] = store.n_genes - 1  # the model does not see this one
    variant = with_arrays(store, {"differential/inactive/gene": gene})
    row = list_genes(variant, 0, "differential", "neighbours", "inactive").rows[0]
    assert row.symbol == store.gene_symbols[-1]
    assert row.effect is row.presence is row.exact is None
    assert row.z is not None


def test_counterfactuals_differ(store):
    first = list_genes(store, 0, "presence", "neighbours", "inactive").rows[0]
    other = list_genes(store, 0, "presence", "random_matched", "matched").rows[0]
    assert (first.effect, first.z) != (other.effect, other.z)


def test_an_unknown_key_is_an_error(store):
    with pytest.raises(KeyError):
        list_genes(store, 0, "presence", "nonsense", "inactive")


def test_without_attribution_the_reason_is_the_stores(plain_store):
    assert default_attribution(plain_store) is None
    assert why_no_attribution(plain_store) == "The embeddings came without their model."
    assert list_genes(plain_store, 0, "presence", None, "inactive").rows == []
    assert list_genes(plain_store, 0, "differential", None, "inactive").rows[0].z > 0


def test_a_concept_left_out_of_attribution_has_its_reason(store):
    record = {"counterfactuals": [{"name": "neighbours", "not_attributed": {"3": "too few"}}]}
    store.manifest.provenance["attribution"] = record
    try:
        assert why_no_attribution(store, 3) == "too few"
        assert why_no_attribution(store, 2) == "No gene was attributed for this concept."
    finally:
        del store.manifest.provenance["attribution"]


def test_genes_are_found_by_symbol_and_id_in_any_case(store):
    index = index_genes(store)
    assert find_gene(index, "CD79A") == find_gene(index, "cd79a") == 0
    assert find_gene(index, "ENSG00000000001") == 1
    assert find_gene(index, "no such gene") is None


def test_search_puts_what_begins_with_the_text_first(store):
    assert search_genes(store, "cd8")[:2] == ["CD8A", "CD8B"]
    assert search_genes(store, "xyz") == []
    assert len(search_genes(store, "")) == 50
